// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls known again by what the telephone system called them.
#include "index-private.h"

#include <string.h>

gboolean es_call_find_unrecorded(EsIndex *index, const char *pbx_id, gint64 *rowid, char **id,
                                 GError **error) {
  *id = NULL;
  g_autoptr(EsStatement) s = es_statement(index->db, "call-unrecorded", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":pbx_id", pbx_id);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW) {
    *rowid = es_column_int(s, 0);
    *id = es_column_dup(s, 1);
  }
  return step != ES_STEP_FAILED;
}

gboolean es_index_find_unrecorded(EsIndex *index, const char *pbx_id, char **id, GError **error) {
  gint64 rowid;
  return es_call_find_unrecorded(index, pbx_id, &rowid, id, error);
}

// ---- what an earlier row knows

static void inherit_text(char **text, const char *earlier, const char *unknown) {
  if (!earlier || (*text && g_strcmp0(*text, unknown) != 0))
    return;
  g_free(*text);
  *text = g_strdup(earlier);
}

static void inherit_parties(EsCall *call, const EsCall *earlier) {
  const struct {
    char **text;
    const char *earlier, *unknown;
  } texts[] = {
      {&call->group_id, earlier->group_id, NULL},       {&call->call_id, earlier->call_id, NULL},
      {&call->client, earlier->client, "default"},      {&call->direction, earlier->direction, "unknown"},
      {&call->caller, earlier->caller, NULL},           {&call->callee, earlier->callee, NULL},
      {&call->caller_uri, earlier->caller_uri, NULL},   {&call->callee_uri, earlier->callee_uri, NULL},
      {&call->caller_name, earlier->caller_name, NULL}, {&call->callee_name, earlier->callee_name, NULL},
      {&call->disposition, earlier->disposition, NULL}, {&call->ended_by, earlier->ended_by, NULL},
      {&call->business_id, earlier->business_id, NULL}, {&call->mapping_json, earlier->mapping_json, NULL},
  };
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    inherit_text(texts[i].text, texts[i].earlier, texts[i].unknown);
}

static void inherit_times(EsCall *call, const EsCall *earlier) {
  const struct {
    gint64 *value, earlier;
  } times[] = {
      {&call->started_us, earlier->started_us}, {&call->answered_us, earlier->answered_us},
      {&call->ended_us, earlier->ended_us},     {&call->duration_ms, earlier->duration_ms},
      {&call->wait_ms, earlier->wait_ms},       {&call->hold_ms, earlier->hold_ms},
  };
  for (guint i = 0; i < G_N_ELEMENTS(times); i++)
    if (*times[i].value == ES_UNKNOWN)
      *times[i].value = times[i].earlier;
}

static gboolean names_somebody(const GPtrArray *segments) {
  for (guint i = 0; i < segments->len; i++) {
    const EsSegment *segment = segments->pdata[i];
    if (segment->agent || segment->queue)
      return TRUE;
  }
  return FALSE;
}

// Both rows count from their own start.
static gint64 moved(gint64 at_ms, const EsCall *call, const EsCall *earlier) {
  if (at_ms == ES_UNKNOWN || call->started_us == ES_UNKNOWN || earlier->started_us == ES_UNKNOWN)
    return at_ms;
  return MAX(at_ms + (earlier->started_us - call->started_us) / ES_US_PER_MS, 0);
}

static void inherit_segments(EsCall *call, const EsCall *earlier) {
  if (names_somebody(call->segments) || !names_somebody(earlier->segments))
    return;
  g_ptr_array_set_size(call->segments, 0);
  for (guint i = 0; i < earlier->segments->len; i++) {
    const EsSegment *from = earlier->segments->pdata[i];
    EsSegment *segment = es_segment_new();
    segment->agent = g_strdup(from->agent);
    segment->agent_name = g_strdup(from->agent_name);
    segment->team = g_strdup(from->team);
    segment->queue = g_strdup(from->queue);
    segment->start_ms = moved(from->start_ms, call, earlier);
    segment->end_ms = moved(from->end_ms, call, earlier);
    g_ptr_array_add(call->segments, segment);
  }
}

static gboolean has_event(const GPtrArray *events, const EsCallEvent *event, gint64 at_ms) {
  for (guint i = 0; i < events->len; i++) {
    const EsCallEvent *other = events->pdata[i];
    if (other->at_ms == at_ms && strcmp(other->kind, event->kind) == 0 &&
        g_strcmp0(other->detail, event->detail) == 0)
      return TRUE;
  }
  return FALSE;
}

static void inherit_events(EsCall *call, const EsCall *earlier) {
  for (guint i = 0; earlier->events && i < earlier->events->len; i++) {
    const EsCallEvent *from = earlier->events->pdata[i];
    gint64 at_ms = moved(from->at_ms, call, earlier);
    if (!has_event(call->events, from, at_ms))
      g_ptr_array_add(call->events, es_call_event_new(at_ms, from->kind, from->leg, from->detail));
  }
}

void es_call_inherit(EsCall *call, const EsCall *earlier) {
  inherit_parties(call, earlier);
  inherit_times(call, earlier);
  inherit_segments(call, earlier);
  inherit_events(call, earlier);
}
