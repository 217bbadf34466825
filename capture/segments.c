// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "segments.h"

#define SHORTEST_MS 1000

static gboolean is_same(const EsSegment *segment, const char *agent, const char *queue) {
  return g_strcmp0(segment->agent, agent) == 0 && g_strcmp0(segment->queue, queue) == 0;
}

static void fill(EsSegment *segment, const char *agent, const char *queue) {
  g_free(segment->agent);
  segment->agent = g_strdup(agent);
  g_free(segment->queue);
  segment->queue = g_strdup(queue);
}

static void add(EsCall *call, const char *agent, const char *queue, gint64 start_ms) {
  EsSegment *segment = es_segment_new();
  segment->start_ms = start_ms;
  fill(segment, agent, queue);
  g_ptr_array_add(call->segments, segment);
}

static EsSegment *last_of(const EsCall *call) {
  return call->segments->pdata[call->segments->len - 1];
}

// A stretch that turned out to be like the one before it.
static void merge_last(EsCall *call) {
  guint n = call->segments->len;
  const EsSegment *last = last_of(call);
  if (n > 1 && is_same(call->segments->pdata[n - 2], last->agent, last->queue)) {
    g_ptr_array_set_size(call->segments, (gint)n - 1);
    last_of(call)->end_ms = ES_UNKNOWN;
  }
}

void es_segments_set(EsCall *call, const char *agent, const char *queue, gint64 now_us) {
  gint64 at_ms = MAX(now_us - call->started_us, 0) / ES_US_PER_MS;
  if (call->segments->len == 0) {
    add(call, agent, queue, 0);
    return;
  }
  EsSegment *last = last_of(call);
  if (is_same(last, agent, queue))
    return;
  gint64 from_ms = MAX(last->start_ms, (call->answered_us - call->started_us) / ES_US_PER_MS);
  if (call->answered_us == ES_UNKNOWN || at_ms - from_ms < SHORTEST_MS ||
      call->segments->len >= ES_CALL_MAX_SEGMENTS) {
    fill(last, agent, queue);
    merge_last(call);
    return;
  }
  last->end_ms = at_ms;
  add(call, agent, queue, at_ms);
}

void es_segments_end(EsCall *call) {
  gint64 end_ms = MAX(call->ended_us - call->started_us, 0) / ES_US_PER_MS;
  if (call->segments->len == 0)
    add(call, NULL, NULL, 0);
  while (call->segments->len > 1 && last_of(call)->start_ms >= end_ms)
    g_ptr_array_set_size(call->segments, (gint)call->segments->len - 1);
  last_of(call)->end_ms = end_ms;
}
