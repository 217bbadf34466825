// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a telephone system's log says of calls that are stored: segments, events, moments. Single values go
// through es_index_correct.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/correction.h"
#include "earshot/index/queue-event.h"
#include "index-private.h"

static void call_free(gpointer call) {
  es_call_free(call);
}

GPtrArray *es_index_find_pbx_calls(EsIndex *index, const char *pbx_id, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "pbx-calls", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":pbx_id", pbx_id);
  g_autoptr(GArray) rowids = g_array_new(FALSE, FALSE, sizeof(gint64));
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    gint64 rowid = es_column_int(s, 0);
    g_array_append_val(rowids, rowid);
  }
  if (step != ES_STEP_DONE)
    return NULL;
  g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func(call_free);
  for (guint i = 0; i < rowids->len; i++) {
    EsCall *call = es_call_load(index, g_array_index(rowids, gint64, i), TRUE, error);
    if (!call)
      return NULL;
    g_ptr_array_add(calls, call);
  }
  return g_steal_pointer(&calls);
}

// For people: "2001 sales 0:12-1:00, 2005 1:00-1:30".
static char *describe(const GPtrArray *segments) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(segments, i);
    g_autofree char *start = es_duration_format(segment->start_ms, FALSE);
    g_autofree char *end = es_duration_format(segment->end_ms, FALSE);
    g_string_append_printf(text, "%s%s%s%s%s%s-%s", i ? ", " : "", segment->agent ? segment->agent : "",
                           segment->agent ? " " : "", segment->queue ? segment->queue : "",
                           segment->queue ? " " : "", start, end);
  }
  return g_string_free(text, FALSE);
}

static gboolean same_segments(const GPtrArray *a, const GPtrArray *b) {
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const EsSegment *x = g_ptr_array_index(a, i), *y = g_ptr_array_index(b, i);
    gboolean named = !x->agent && g_strcmp0(x->agent_name, y->agent_name) != 0;
    if (named || g_strcmp0(x->agent, y->agent) != 0 || g_strcmp0(x->queue, y->queue) != 0 ||
        x->start_ms != y->start_ms || x->end_ms != y->end_ms)
      return FALSE;
  }
  return TRUE;
}

static gboolean append(EsIndex *index, gint64 call, const EsCorrection *correction, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "correction-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_known(s, ":segment", ES_UNKNOWN);
  es_bind_text(s, ":field", correction->field);
  es_bind_text(s, ":old", correction->old_value);
  es_bind_text(s, ":new", correction->new_value);
  es_bind_text(s, ":reason", correction->reason);
  es_bind_text(s, ":source", correction->source);
  es_bind_text(s, ":actor", correction->actor);
  es_bind_int(s, ":at_us", correction->at_us);
  return es_run(s, error);
}

static gboolean clear_parts(EsIndex *index, const char *statement, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, statement, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  return es_run(s, error);
}

static gboolean replace_segments(EsIndex *index, const EsCall *before, GPtrArray *segments,
                                 const EsCorrection *correction, GError **error) {
  EsCall after = *before;
  after.segments = segments;
  return es_facet_segments(index, before, FALSE, error) &&
         clear_parts(index, "clear-segment", before->rowid, error) &&
         es_call_put_segments(index, before->rowid, &after, error) &&
         append(index, before->rowid, correction, error) &&
         es_text_update(index, before->rowid, FALSE, error);
}

gboolean es_index_set_segments(EsIndex *index, gint64 call, GPtrArray *segments, const char *reason,
                               const char *source, const char *actor, gint64 at_us, gboolean *changed,
                               GError **error) {
  g_autoptr(EsCall) before = es_call_load(index, call, FALSE, error);
  if (!before)
    return FALSE;
  *changed = !same_segments(before->segments, segments);
  if (!*changed)
    return TRUE;
  g_autofree char *was = before->segments->len ? describe(before->segments) : NULL;
  g_autofree char *is = segments->len ? describe(segments) : NULL;
  EsCorrection correction = {.field = (char *)"segments",
                             .old_value = was,
                             .new_value = is,
                             .reason = (char *)reason,
                             .source = (char *)source,
                             .actor = (char *)actor,
                             .at_us = at_us};
  if (!es_db_enter(index->db, error))
    return FALSE;
  return es_db_leave(index->db, replace_segments(index, before, segments, &correction, error), error);
}

gboolean es_index_set_events(EsIndex *index, gint64 call, const GPtrArray *events, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok =
      clear_parts(index, "clear-event", call, error) && es_call_put_events(index, call, events, error);
  return es_db_leave(index->db, ok, error);
}

gboolean es_index_set_times(EsIndex *index, gint64 call, const EsCall *facts, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "call-set-times", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  es_bind_known(s, ":answered_us", facts->answered_us);
  es_bind_known(s, ":ended_us", facts->ended_us);
  es_bind_known(s, ":duration_ms", facts->duration_ms);
  es_bind_known(s, ":audio_offset_ms", facts->audio_offset_ms);
  return es_run(s, error);
}
