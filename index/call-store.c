// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Storing a call with all its parts in one transaction.
//
// Its row id is the moment it started; when that is taken, the next free one above. Runs of taken ids are
// jumped over by doubling steps and then halving, so a capture whose packets all claim one moment stays
// cheap.
//
// A row that a killed run left (outcome_reason "interrupted") is replaced by the same call seen whole: id,
// row id, annotations and consent events stay, everything measured is written anew. In the same way the row
// that a telephone system's log made (outcome_reason "no recording") is replaced by its recording, known by
// pbx_id; what the log knew and the recording does not is kept.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "index-private.h"
#include "intervals.h"
#include "number.h"

static gboolean look_up(EsIndex *index, const char *source_key, EsSeen *seen, gint64 *rowid, char **id,
                        GError **error) {
  *seen = ES_SEEN_NO;
  if (!source_key)
    return TRUE;
  g_autoptr(EsStatement) s = es_statement(index->db, "call-seen", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":source_key", source_key);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW) {
    *rowid = es_column_int(s, 0);
    *id = es_column_dup(s, 1);
    *seen = es_column_int(s, 2) == 1 ? ES_SEEN_INTERRUPTED : ES_SEEN_COMPLETE;
  }
  return step != ES_STEP_FAILED;
}

gboolean es_index_seen(EsIndex *index, const char *source_key, EsSeen *seen, char **id, GError **error) {
  gint64 rowid;
  g_autofree char *found = NULL;
  if (!look_up(index, source_key, seen, &rowid, &found, error))
    return FALSE;
  if (id)
    *id = g_steal_pointer(&found);
  return TRUE;
}

gboolean es_index_seen_near(EsIndex *index, const char *call_id, gint64 time_us, const char *tag,
                            EsSeen *seen, char **key, char **id, GError **error) {
  g_autofree char *low = g_strdup_printf("%s|%" G_GINT64_FORMAT, call_id, time_us - ES_SEEN_NEAR_US);
  g_autofree char *high = g_strdup_printf("%s|%" G_GINT64_FORMAT "}", call_id, time_us + ES_SEEN_NEAR_US);
  g_autofree char *tail = g_strconcat("|", tag, NULL); // '}' comes after '|'
  *seen = ES_SEEN_NO;
  *key = g_strdup_printf("%s|%" G_GINT64_FORMAT "|%s", call_id, time_us, tag);
  g_autoptr(EsStatement) s = es_statement(index->db, "call-seen-near", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":low", low);
  es_bind_text(s, ":high", high);
  es_bind_text(s, ":tail", tail);
  es_bind_int(s, ":time", time_us);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW) {
    *id = es_column_dup(s, 1);
    *seen = es_column_int(s, 2) == 1   ? ES_SEEN_INTERRUPTED
            : es_column_int(s, 4) == 1 ? ES_SEEN_OVER
                                       : ES_SEEN_COMPLETE;
    g_free(*key);
    *key = es_column_dup(s, 3);
  }
  return step != ES_STEP_FAILED;
}

gboolean es_index_find_dialog(EsIndex *index, const char *call_id, const char *tag, char **id,
                              GError **error) {
  g_autofree char *low = g_strconcat(call_id, "|", NULL), *high = g_strconcat(call_id, "|}", NULL);
  g_autofree char *field = g_strconcat("|", tag, "|", NULL); // '}' comes after '|'
  g_autoptr(EsStatement) s = es_statement(index->db, "call-of-dialog", error);
  *id = NULL;
  if (!s)
    return FALSE;
  es_bind_text(s, ":low", low);
  es_bind_text(s, ":high", high);
  es_bind_text(s, ":tag", field);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW)
    *id = es_column_dup(s, 0);
  return step != ES_STEP_FAILED;
}

static gboolean is_taken(EsIndex *index, gint64 rowid, gboolean *taken, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "call-taken", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":id", rowid);
  EsStep step = es_step(s, error);
  *taken = step == ES_STEP_ROW;
  return step != ES_STEP_FAILED;
}

static gboolean choose_rowid(EsIndex *index, gint64 started_us, gint64 *rowid, GError **error) {
  gint64 used = MAX(started_us, 1) - 1, step = 1;
  gboolean taken;
  for (;; step *= 2) { // used is taken (or below the start), used + step may be free
    if (!is_taken(index, used + step, &taken, error))
      return FALSE;
    if (!taken)
      break;
    used += step;
  }
  for (; step > 1; step /= 2) { // used + step is free
    if (!is_taken(index, used + step / 2, &taken, error))
      return FALSE;
    if (taken)
      used += step / 2;
  }
  *rowid = used + 1;
  return TRUE;
}

// ---- parts

gboolean es_call_put_segments(EsIndex *index, gint64 rowid, EsCall *call, GError **error) {
  for (guint i = 0; call->segments && i < call->segments->len; i++) {
    EsSegment *segment = g_ptr_array_index(call->segments, i);
    if (!es_segment_name_agent(index, segment, call->started_us, error))
      return FALSE;
    g_autoptr(EsStatement) s = es_statement(index->db, "segment-insert", error);
    if (!s)
      return FALSE;
    es_bind_int(s, ":call", rowid);
    es_bind_int(s, ":n", i);
    es_bind_text(s, ":agent", segment->agent);
    es_bind_text(s, ":agent_name", segment->agent_name);
    es_bind_text(s, ":team", segment->team);
    es_bind_text(s, ":queue", segment->queue);
    es_bind_known(s, ":start_ms", segment->start_ms);
    es_bind_known(s, ":end_ms", segment->end_ms);
    if (!es_run(s, error) || !es_facet_segment(index, rowid, segment, TRUE, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean put_activity(EsIndex *index, gint64 rowid, const char *kind, int leg, const GArray *intervals,
                             GError **error) {
  if (!intervals || intervals->len == 0)
    return TRUE;
  g_autoptr(EsStatement) s = es_statement(index->db, "activity-insert", error);
  if (!s)
    return FALSE;
  g_autoptr(GByteArray) bytes = es_intervals_pack(intervals);
  es_bind_int(s, ":call", rowid);
  es_bind_text(s, ":kind", kind);
  es_bind_int(s, ":leg", leg);
  es_bind_blob(s, ":intervals", bytes->data, bytes->len);
  return es_run(s, error);
}

static gboolean put_streams(EsIndex *index, gint64 rowid, guint leg, const GArray *streams, GError **error) {
  for (guint i = 0; streams && i < streams->len; i++) {
    const EsStreamLedger *stream = &g_array_index(streams, EsStreamLedger, i);
    g_autoptr(EsStatement) s = es_statement(index->db, "stream-insert", error);
    if (!s)
      return FALSE;
    es_bind_int(s, ":call", rowid);
    es_bind_int(s, ":leg", leg);
    es_bind_int(s, ":n", i);
    es_bind_int(s, ":ssrc", stream->ssrc);
    es_bind_text(s, ":codec", stream->codec);
    es_bind_text(s, ":source", stream->source);
    es_bind_int(s, ":expected", (gint64)stream->expected);
    es_bind_int(s, ":received", (gint64)stream->received);
    es_bind_int(s, ":lost", (gint64)stream->lost);
    es_bind_int(s, ":late", (gint64)stream->late);
    es_bind_int(s, ":duplicate", (gint64)stream->duplicate);
    es_bind_int(s, ":reordered", (gint64)stream->reordered);
    es_bind_int(s, ":undecodable", (gint64)stream->undecodable);
    es_bind_text(s, ":problem", stream->problem);
    if (!es_run(s, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean put_leg(EsIndex *index, gint64 rowid, guint n, const EsCallLeg *leg, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "leg-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", rowid);
  es_bind_int(s, ":n", n);
  es_bind_text(s, ":role", leg->role);
  es_bind_known(s, ":filled_ms", leg->filled_ms);
  es_bind_real(s, ":drift_ppm", leg->drift_ppm);
  es_bind_known(s, ":speech_ms", leg->speech_ms);
  es_bind_known(s, ":greeting_ms", leg->greeting_ms);
  es_bind_real(s, ":loudness_lufs", leg->loudness_lufs);
  es_bind_known(s, ":raised_ms", leg->raised_ms);
  return es_run(s, error) && put_streams(index, rowid, n, leg->streams, error) &&
         put_activity(index, rowid, "speech", (int)n, leg->speech, error);
}

static gboolean put_legs(EsIndex *index, gint64 rowid, const EsCall *call, GError **error) {
  for (guint i = 0; call->legs && i < call->legs->len; i++)
    if (!put_leg(index, rowid, i, g_ptr_array_index(call->legs, i), error))
      return FALSE;
  return put_activity(index, rowid, "talk-over", -1, call->talk_over, error) &&
         put_activity(index, rowid, "dead-air", -1, call->dead_air, error);
}

static gboolean put_gaps(EsIndex *index, gint64 rowid, const GArray *gaps, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "gap-insert", error);
  if (!s)
    return FALSE;
  for (guint i = 0; gaps && i < gaps->len; i++) {
    const EsGap *gap = &g_array_index(gaps, EsGap, i);
    es_bind_int(s, ":call", rowid);
    es_bind_int(s, ":n", i);
    es_bind_int(s, ":leg", gap->leg);
    es_bind_int(s, ":start_ms", gap->start_ms);
    es_bind_int(s, ":length_ms", gap->length_ms);
    es_bind_text(s, ":reason", es_gap_reason_name(gap->reason));
    if (!es_run(s, error))
      return FALSE;
  }
  return TRUE;
}

gboolean es_call_put_events(EsIndex *index, gint64 rowid, const GPtrArray *events, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "event-insert", error);
  if (!s)
    return FALSE;
  for (guint i = 0; events && i < events->len; i++) {
    const EsCallEvent *event = g_ptr_array_index(events, i);
    es_bind_int(s, ":call", rowid);
    es_bind_int(s, ":n", i);
    es_bind_int(s, ":at_ms", event->at_ms);
    es_bind_text(s, ":kind", event->kind);
    es_bind_int(s, ":leg", event->leg);
    es_bind_text(s, ":detail", event->detail);
    if (!es_run(s, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean same_event(const EsConsentEvent *a, const EsConsentEvent *b) {
  return a->at_us == b->at_us && g_strcmp0(a->state, b->state) == 0 && g_strcmp0(a->source, b->source) == 0;
}

// Events that the interrupted run had already stored are there; consent is never stored twice nor deleted.
static gboolean put_consent(EsIndex *index, gint64 rowid, EsCall *call, GError **error) {
  g_autoptr(GPtrArray) stored = es_load_consent(index, rowid, error);
  if (!stored)
    return FALSE;
  for (guint i = 0; call->consent && i < call->consent->len; i++) {
    EsConsentEvent *event = g_ptr_array_index(call->consent, i);
    gboolean known = FALSE;
    for (guint j = 0; j < stored->len && !known; j++)
      known = same_event(event, g_ptr_array_index(stored, j));
    if (!known && !es_consent_insert(index, rowid, event, error))
      return FALSE;
  }
  const char *state;
  if (!es_consent_refresh(index, rowid, &state, error))
    return FALSE;
  g_free(call->consent_state);
  call->consent_state = g_strdup(state);
  return TRUE;
}

// ---- the whole

static gboolean clear_measured(EsIndex *index, gint64 rowid, gint64 started_us, GError **error) {
  g_autoptr(GPtrArray) segments = es_load_segments(index, rowid, started_us, error);
  if (!segments)
    return FALSE;
  for (guint i = 0; i < segments->len; i++)
    if (!es_facet_segment(index, rowid, g_ptr_array_index(segments, i), FALSE, error))
      return FALSE;
  static const char *const names[] = {"clear-segment", "clear-stream", "clear-leg",
                                      "clear-gap",     "clear-event",  "clear-activity"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (!es_run_for_call(index, names[i], rowid, error))
      return FALSE;
  return TRUE;
}

static gint64 missing_ms(const GArray *gaps) {
  gint64 sum = 0;
  for (guint i = 0; i < gaps->len; i++) {
    const EsGap *gap = &g_array_index(gaps, EsGap, i);
    if (es_gap_reason_is_missing(gap->reason))
      sum += gap->length_ms;
  }
  return sum;
}

static gboolean put_row(EsIndex *index, const char *statement, gint64 rowid, EsCall *call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, statement, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":id", rowid);
  es_call_bind(s, call);
  return es_run(s, error);
}

static gboolean refuse_second(EsIndex *index, const EsCall *call, const char *id, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: the call with Call-ID “%s” is there already (%s)"),
              es_db_path(index->db), call->call_id ? call->call_id : "", id);
  return FALSE;
}

// The row that a log made for this recording.
static gboolean look_up_log(EsIndex *index, EsCall *call, EsSeen *seen, gint64 *rowid, char **id,
                            GError **error) {
  if (*seen != ES_SEEN_NO || !call->pbx_id)
    return TRUE;
  if (!es_call_find_unrecorded(index, call->pbx_id, rowid, id, error))
    return FALSE;
  if (!*id)
    return TRUE;
  g_autoptr(EsCall) earlier = es_call_load(index, *rowid, TRUE, error);
  if (earlier)
    es_call_inherit(call, earlier);
  *seen = ES_SEEN_INTERRUPTED;
  return earlier != NULL;
}

static gboolean put(EsIndex *index, EsCall *call, gint64 *rowid, GError **error) {
  EsSeen seen;
  g_autofree char *old_id = NULL;
  if (!look_up(index, call->source_key, &seen, rowid, &old_id, error) ||
      !look_up_log(index, call, &seen, rowid, &old_id, error))
    return FALSE;
  if (seen == ES_SEEN_COMPLETE)
    return refuse_second(index, call, old_id, error);
  gboolean is_new = seen == ES_SEEN_NO;
  if (is_new && !choose_rowid(index, call->started_us, rowid, error))
    return FALSE;
  if (!is_new) {
    g_free(call->id);
    call->id = g_steal_pointer(&old_id);
    if (!clear_measured(index, *rowid, call->started_us, error))
      return FALSE;
  }
  if (call->gaps && call->missing_ms == ES_UNKNOWN &&
      !call->original_sha256) // of another's recording nobody knows
    call->missing_ms = missing_ms(call->gaps);
  return put_row(index, is_new ? "call-insert" : "call-replace", *rowid, call, error) &&
         es_repeats_count(index, *rowid, call, is_new, error) &&
         es_call_put_segments(index, *rowid, call, error) && put_legs(index, *rowid, call, error) &&
         put_gaps(index, *rowid, call->gaps, error) &&
         es_call_put_events(index, *rowid, call->events, error) && put_consent(index, *rowid, call, error) &&
         es_text_update(index, *rowid, is_new, error) &&
         (is_new || es_corrections_keep(index, *rowid, error));
}

static gboolean check(const EsCall *call, GError **error) {
  const char *missing = !call->id || !es_id_is_whole(call->id) ? "id"
                        : call->started_us <= 0                ? "started_at"
                        : !call->disposition                   ? "disposition"
                        : !call->outcome                       ? "outcome"
                        : !call->direction                     ? "direction"
                        : !call->client                        ? "client"
                                                               : NULL;
  if (!missing)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("a call without a valid %s cannot be stored"), missing);
  return FALSE;
}

gboolean es_index_put_call(EsIndex *index, EsCall *call, GError **error) {
  es_call_cut_texts(call);
  if (!check(call, error) || !es_db_enter(index->db, error))
    return FALSE;
  gint64 rowid = 0;
  gboolean ok = put(index, call, &rowid, error);
  if (!es_db_leave(index->db, ok, error)) {
    g_prefix_error(error, _("call %s: "), call->id);
    return FALSE;
  }
  call->rowid = rowid;
  return TRUE;
}

static gboolean set_group(EsIndex *index, const char *statement, const char *group, const char *parameter,
                          const char *value, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, statement, error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":group", group);
  es_bind_text(s, parameter, value);
  return es_run(s, error);
}

static gboolean regroup(EsIndex *index, const char *id, const char *group, const char *former,
                        GError **error) {
  return set_group(index, "call-group", group, ":uuid", id, error) &&
         (!former || set_group(index, "call-group-former", group, ":former", former, error)) &&
         es_repeats_regroup(index, group, error);
}

gboolean es_index_set_group(EsIndex *index, const char *id, const char *group, const char *former,
                            GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = regroup(index, id, group, former, error);
  return es_db_leave(index->db, ok, error);
}

gboolean es_index_put_calls(EsIndex *index, const GPtrArray *calls, guint n, GError **error) {
  if (!es_index_begin(index, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!es_index_put_call(index, calls->pdata[i], error)) {
      es_index_rollback(index);
      return FALSE;
    }
  return es_index_commit(index, error);
}
