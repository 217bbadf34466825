// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "calls-overload.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "shared-sink.h"

#define UNWRITTEN_US (60 * G_USEC_PER_SEC)

static int by_start(gconstpointer a, gconstpointer b) {
  const EsLiveCall *one = *(EsLiveCall *const *)a, *other = *(EsLiveCall *const *)b;
  return (one->row->started_us > other->row->started_us) - (one->row->started_us < other->row->started_us);
}

// Calls that are recorded, in the order of their beginning.
static GPtrArray *recorded_calls(EsWorker *w) {
  g_autoptr(GPtrArray) open = es_call_table_list(es_worker_table(w));
  GPtrArray *recorded = g_ptr_array_new();
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    if (call->audio && !call->skip && es_live_call_is_up(call))
      g_ptr_array_add(recorded, call);
  }
  g_ptr_array_sort(recorded, by_start);
  return recorded;
}

static gboolean shed_call(EsCallsOverload *o, EsWorker *w, EsLiveCall *call, EsBound bound, GError **error) {
  call->shed = es_bound_reason(bound);
  o->shed++;
  return es_worker_end_call(w, call, ES_END_OVERLOAD, error);
}

static gboolean shed_some(EsCallsOverload *o, EsWorker *w, EsBound bound, GError **error) {
  g_autoptr(GPtrArray) recorded = recorded_calls(w);
  guint n = (recorded->len + ES_OVERLOAD_SHARE - 1) / ES_OVERLOAD_SHARE;
  gboolean oldest = es_worker_context(w)->settings->overload.oldest_first;
  for (guint i = 0; i < n; i++)
    if (!shed_call(o, w, recorded->pdata[oldest ? i : recorded->len - 1 - i], bound, error))
      return FALSE;
  return TRUE;
}

gboolean es_calls_follow_overload(EsCallsOverload *o, EsWorker *w, EsBound *bound, GError **error) {
  if (!o->shedding)
    return TRUE;
  EsOverload now = es_shedding_look(o->shedding, NULL);
  *bound = now.bound;
  if (now.rounds == o->rounds)
    return TRUE;
  o->rounds = now.rounds;
  return shed_some(o, w, now.bound, error);
}

gboolean es_calls_shed_torn(EsCallsOverload *o, EsWorker *w, GError **error) {
  g_autoptr(GPtrArray) recorded = recorded_calls(w);
  for (guint i = 0; i < recorded->len; i++) {
    EsLiveCall *call = recorded->pdata[i];
    if (es_audio_is_torn(call->audio) && !shed_call(o, w, call, ES_BOUND_MEMORY, error))
      return FALSE;
  }
  return TRUE;
}

void es_calls_tell_unwritten(EsCallsOverload *o, EsWorker *w, const EsCaptureSink *sink) {
  g_autoptr(GError) failed = es_audio_pool_failure(es_worker_context(w)->audio);
  gint64 now_us = g_get_monotonic_time();
  if (!failed || g_error_matches(failed, ES_ERROR, ES_ERROR_BUSY))
    return; // for want of descriptors: that is told by itself
  gboolean told = o->unwritten_us && now_us - o->unwritten_us < UNWRITTEN_US;
  o->unwritten_us = now_us;
  if (told)
    return;
  g_autofree char *text =
      g_strdup_printf(_("%s; calls that cannot be written go on in the journal, and are made from it later"),
                      failed->message);
  es_sink_tell(sink, ES_LOG_UNWRITTEN, text);
}
