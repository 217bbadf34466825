// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading a call back with its parts, and finding it by a piece of its id.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "index-private.h"
#include "intervals.h"

#include <string.h>

#define ID_DIGITS 32
#define TAIL_DIGITS 12
#define ID_DIGITS_MIN 4

static EsStatement *of_call(EsIndex *index, const char *name, gint64 call, GError **error) {
  EsStatement *statement = es_statement(index->db, name, error);
  if (statement)
    es_bind_int(statement, ":call", call);
  return statement;
}

char **es_load_texts(EsIndex *index, const char *name, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, name, call, error);
  if (!s)
    return NULL;
  g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    if (es_column_text(s, 0))
      g_strv_builder_add(texts, es_column_text(s, 0));
  return step == ES_STEP_DONE ? g_strv_builder_end(texts) : NULL;
}

GPtrArray *es_load_segments(EsIndex *index, gint64 call, gint64 started_us, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "segment-list", call, error);
  if (!s)
    return NULL;
  g_autoptr(GPtrArray) segments = g_ptr_array_new_with_free_func((GDestroyNotify)es_segment_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsSegment *segment = es_segment_new();
    g_ptr_array_add(segments, segment);
    segment->agent = es_column_dup(s, 0);
    segment->agent_name = es_column_dup(s, 1);
    segment->team = es_column_dup(s, 2);
    segment->queue = es_column_dup(s, 3);
    segment->start_ms = es_column_int(s, 4);
    segment->end_ms = es_column_int(s, 5);
    if (!es_segment_name_agent(index, segment, started_us, error))
      return NULL;
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&segments) : NULL;
}

static gboolean load_legs(EsIndex *index, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "leg-list", call->rowid, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    EsCallLeg *leg = es_call_leg_new(es_column_word(s, 0));
    leg->filled_ms = es_column_int(s, 1);
    leg->drift_ppm = es_column_real(s, 2);
    leg->speech_ms = es_column_int(s, 3);
    leg->greeting_ms = es_column_int(s, 4);
    leg->loudness_lufs = es_column_real(s, 5);
    leg->raised_ms = es_column_int(s, 6);
    g_ptr_array_add(call->legs, leg);
  }
  return step == ES_STEP_DONE;
}

static gboolean load_streams(EsIndex *index, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "stream-list", call->rowid, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    guint64 leg = (guint64)es_column_int(s, 0);
    if (leg >= call->legs->len)
      continue;
    EsStreamLedger stream = {
        .ssrc = (guint32)es_column_int(s, 1),
        .expected = (guint64)es_column_int(s, 4),
        .received = (guint64)es_column_int(s, 5),
        .lost = (guint64)es_column_int(s, 6),
        .late = (guint64)es_column_int(s, 7),
        .duplicate = (guint64)es_column_int(s, 8),
        .reordered = (guint64)es_column_int(s, 9),
        .undecodable = (guint64)es_column_int(s, 10),
    };
    g_strlcpy(stream.codec, es_column_word(s, 2), sizeof stream.codec);
    g_strlcpy(stream.source, es_column_word(s, 3), sizeof stream.source);
    g_strlcpy(stream.problem, es_column_word(s, 11), sizeof stream.problem);
    g_array_append_val(((EsCallLeg *)g_ptr_array_index(call->legs, leg))->streams, stream);
  }
  return step == ES_STEP_DONE;
}

static gboolean load_gaps(EsIndex *index, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "gap-list", call->rowid, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    EsGap gap = {
        .leg = (guint)es_column_int(s, 0), .start_ms = es_column_int(s, 1), .length_ms = es_column_int(s, 2)};
    if (es_gap_reason_parse(es_column_word(s, 3), &gap.reason))
      g_array_append_val(call->gaps, gap);
  }
  return step == ES_STEP_DONE;
}

static gboolean load_events(EsIndex *index, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "event-list", call->rowid, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(call->events, es_call_event_new(es_column_int(s, 0), es_column_word(s, 1),
                                                    (int)es_column_int(s, 2), es_column_text(s, 3)));
  return step == ES_STEP_DONE;
}

static GArray *activity_target(EsCall *call, const char *kind, gint64 leg) {
  if (g_str_equal(kind, "talk-over"))
    return call->talk_over;
  if (g_str_equal(kind, "dead-air"))
    return call->dead_air;
  if (leg < 0 || leg >= (gint64)call->legs->len)
    return NULL;
  return ((EsCallLeg *)g_ptr_array_index(call->legs, leg))->speech;
}

static gboolean load_activity(EsIndex *index, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = of_call(index, "activity-list", call->rowid, error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    // es_column_int gives -1 for the whole call and for NULL alike, which is what is wanted here.
    GArray *target = activity_target(call, es_column_word(s, 0), es_column_int(s, 1));
    gsize size;
    const guint8 *data = es_column_blob(s, 2, &size);
    if (target && !es_intervals_unpack(data, size, target)) {
      g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the activity of call %s is damaged"),
                  es_db_path(index->db), call->id);
      return FALSE;
    }
  }
  return step == ES_STEP_DONE;
}

static gboolean load_parts(EsIndex *index, EsCall *call, GError **error) {
  g_clear_pointer(&call->consent, g_ptr_array_unref);
  call->consent = es_load_consent(index, call->rowid, error);
  return call->consent && load_legs(index, call, error) && load_streams(index, call, error) &&
         load_gaps(index, call, error) && load_events(index, call, error) &&
         load_activity(index, call, error);
}

static void drop_parts(EsCall *call) {
  g_clear_pointer(&call->legs, g_ptr_array_unref);
  g_clear_pointer(&call->gaps, g_array_unref);
  g_clear_pointer(&call->talk_over, g_array_unref);
  g_clear_pointer(&call->dead_air, g_array_unref);
  g_clear_pointer(&call->events, g_ptr_array_unref);
  g_clear_pointer(&call->consent, g_ptr_array_unref);
}

static gboolean load_annotations(EsIndex *index, EsCall *call, GError **error) {
  g_clear_pointer(&call->segments, g_ptr_array_unref);
  call->segments = es_load_segments(index, call->rowid, call->started_us, error);
  call->tags = call->segments ? es_load_texts(index, "tag-list", call->rowid, error) : NULL;
  call->flags = call->tags ? es_load_texts(index, "flag-names", call->rowid, error) : NULL;
  return call->flags != NULL;
}

EsCall *es_call_load(EsIndex *index, gint64 rowid, gboolean whole, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "call-row", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":id", rowid);
  if (es_step(s, error) != ES_STEP_ROW)
    return NULL;
  g_autoptr(EsCall) call = es_call_new();
  es_call_read(s, call);
  if (!whole)
    drop_parts(call);
  if (!load_annotations(index, call, error) || (whole && !load_parts(index, call, error)))
    return NULL;
  return g_steal_pointer(&call);
}

// ---- by a piece of the id

// Lower-case hexadecimal digits without dashes; NULL if it is anything else.
static char *id_digits(const char *text) {
  g_autoptr(GString) digits = g_string_new(NULL);
  for (const char *at = text; *at; at++) {
    if (*at == '-')
      continue;
    if (!g_ascii_isxdigit(*at) || digits->len == ID_DIGITS)
      return NULL;
    g_string_append_c(digits, g_ascii_tolower(*at));
  }
  return digits->len >= ID_DIGITS_MIN ? g_strdup(digits->str) : NULL;
}

static char *with_dashes(const char *digits) {
  GString *id = g_string_new(NULL);
  for (const char *at = digits; *at; at++) {
    if (id->len == 8 || id->len == 13 || id->len == 18 || id->len == 23)
      g_string_append_c(id, '-');
    g_string_append_c(id, *at);
  }
  return g_string_free(id, FALSE);
}

static char *backwards_tail(const char *digits) {
  gsize length = strlen(digits);
  return g_strreverse(g_strdup(length > TAIL_DIGITS ? digits + length - TAIL_DIGITS : digits));
}

// Adds what a statement finds in [low, low~): '~' stands above every digit and the dash.
static gboolean find(EsIndex *index, const char *name, const char *low, const char *digits, GHashTable *found,
                     GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, name, error);
  if (!s)
    return FALSE;
  g_autofree char *high = g_strconcat(low, "~", NULL);
  es_bind_text(s, ":low", low);
  es_bind_text(s, ":high", high);
  if (es_statement_has(s, ":digits"))
    es_bind_text(s, ":digits", digits);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_hash_table_insert(found, es_column_dup(s, 1), GSIZE_TO_POINTER((gsize)es_column_int(s, 0)));
  return step == ES_STEP_DONE;
}

static void set_ambiguous(GHashTable *found, const char *id, GError **error) {
  g_autoptr(GString) some = g_string_new(NULL);
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init(&iter, found);
  for (guint i = 0; i < 3 && g_hash_table_iter_next(&iter, &name, NULL); i++)
    g_string_append_printf(some, "%s%s", i ? ", " : "", (const char *)name);
  g_set_error(error, ES_ERROR, ES_ERROR_AMBIGUOUS, _("“%s” fits several calls: %s%s"), id, some->str,
              g_hash_table_size(found) > 3 ? ", …" : "");
}

EsCall *es_index_get_call(EsIndex *index, const char *id, GError **error) {
  g_autofree char *digits = id_digits(id);
  if (!digits) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
                _("“%s” is no id: at least %d digits 0-9 and a-f of its beginning or end are needed"), id,
                ID_DIGITS_MIN);
    return NULL;
  }
  g_autofree char *prefix = with_dashes(digits);
  g_autofree char *tail = backwards_tail(digits);
  g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!find(index, "call-by-prefix", prefix, digits, found, error) ||
      !find(index, "call-by-suffix", tail, digits, found, error))
    return NULL;
  if (g_hash_table_size(found) > 1) {
    set_ambiguous(found, id, error);
    return NULL;
  }
  GHashTableIter iter;
  gpointer rowid;
  g_hash_table_iter_init(&iter, found);
  if (!g_hash_table_iter_next(&iter, NULL, &rowid)) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("no call has the id “%s”"), id);
    return NULL;
  }
  return es_call_load(index, (gint64)GPOINTER_TO_SIZE(rowid), TRUE, error);
}

gboolean es_index_count_calls(EsIndex *index, gint64 *count, GError **error) {
  return es_db_number(index->db, "call-count", 0, count, error);
}
