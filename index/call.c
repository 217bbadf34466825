// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls in memory, and the rule that turns consent events into a state.
#include "earshot/index/call.h"

#include <math.h>

static void consent_free(gpointer event) {
  es_consent_event_free(event);
}

static void segment_free(gpointer segment) {
  es_segment_free(segment);
}

static void leg_free(gpointer leg) {
  es_call_leg_free(leg);
}

static void event_free(gpointer event) {
  es_call_event_free(event);
}

EsCall *es_call_new(void) {
  EsCall *call = g_new0(EsCall, 1);
  call->client = g_strdup("default");
  call->direction = g_strdup("unknown");
  call->consent_state = g_strdup("unknown");
  call->started_us = call->answered_us = call->ended_us = ES_UNKNOWN;
  call->duration_ms = call->audio_offset_ms = call->audio_ms = call->wait_ms = call->hold_ms = ES_UNKNOWN;
  call->file_bytes = ES_UNKNOWN;
  call->talk_over_ms = call->dead_air_ms = call->greeting_ms = call->missing_ms = ES_UNKNOWN;
  call->dropped_packets = call->raised_ms = call->repeats = ES_UNKNOWN;
  call->score = call->tension = (double)NAN;
  call->segments = g_ptr_array_new_with_free_func(segment_free);
  call->legs = g_ptr_array_new_with_free_func(leg_free);
  call->gaps = g_array_new(FALSE, FALSE, sizeof(EsGap));
  call->talk_over = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  call->dead_air = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  call->events = g_ptr_array_new_with_free_func(event_free);
  call->consent = g_ptr_array_new_with_free_func(consent_free);
  return call;
}

static void free_texts(EsCall *call) {
  char *texts[] = {call->id,
                   call->group_id,
                   call->call_id,
                   call->source_key,
                   call->source,
                   call->client,
                   call->direction,
                   call->caller,
                   call->callee,
                   call->caller_uri,
                   call->callee_uri,
                   call->caller_name,
                   call->callee_name,
                   call->disposition,
                   call->outcome,
                   call->outcome_reason,
                   call->ended_by,
                   call->file,
                   call->file_sha256,
                   call->codec,
                   call->consent_state,
                   call->pbx_id,
                   call->business_id,
                   call->original_name,
                   call->original_sha256,
                   call->original_format,
                   call->mapping_json};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    g_free(texts[i]);
}

void es_call_free(EsCall *call) {
  if (!call)
    return;
  free_texts(call);
  g_strfreev(call->flags);
  g_strfreev(call->tags);
  g_clear_pointer(&call->segments, g_ptr_array_unref);
  g_clear_pointer(&call->legs, g_ptr_array_unref);
  g_clear_pointer(&call->gaps, g_array_unref);
  g_clear_pointer(&call->talk_over, g_array_unref);
  g_clear_pointer(&call->dead_air, g_array_unref);
  g_clear_pointer(&call->events, g_ptr_array_unref);
  g_clear_pointer(&call->consent, g_ptr_array_unref);
  g_free(call);
}

EsSegment *es_segment_new(void) {
  EsSegment *segment = g_new0(EsSegment, 1);
  segment->end_ms = ES_UNKNOWN;
  return segment;
}

void es_segment_free(EsSegment *segment) {
  if (!segment)
    return;
  g_free(segment->agent);
  g_free(segment->agent_name);
  g_free(segment->team);
  g_free(segment->queue);
  g_free(segment);
}

EsCallLeg *es_call_leg_new(const char *role) {
  EsCallLeg *leg = g_new0(EsCallLeg, 1);
  leg->role = g_strdup(role);
  leg->drift_ppm = leg->loudness_lufs = (double)NAN;
  leg->speech_ms = leg->greeting_ms = leg->raised_ms = ES_UNKNOWN;
  leg->streams = g_array_new(FALSE, TRUE, sizeof(EsStreamLedger));
  leg->speech = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  return leg;
}

void es_call_leg_free(EsCallLeg *leg) {
  if (!leg)
    return;
  g_free(leg->role);
  g_clear_pointer(&leg->streams, g_array_unref);
  g_clear_pointer(&leg->speech, g_array_unref);
  g_free(leg);
}

EsCallEvent *es_call_event_new(gint64 at_ms, const char *kind, int leg, const char *detail) {
  EsCallEvent *event = g_new0(EsCallEvent, 1);
  event->at_ms = at_ms;
  event->kind = g_strdup(kind);
  event->leg = leg;
  event->detail = g_strdup(detail);
  return event;
}

void es_call_event_free(EsCallEvent *event) {
  if (!event)
    return;
  g_free(event->kind);
  g_free(event->detail);
  g_free(event);
}

EsConsentEvent *es_consent_event_new(gint64 at_us, const char *state, const char *source) {
  EsConsentEvent *event = g_new0(EsConsentEvent, 1);
  event->at_us = at_us;
  event->state = g_strdup(state);
  event->source = g_strdup(source);
  event->offset_ms = event->recorded_us = ES_UNKNOWN;
  return event;
}

void es_consent_event_free(EsConsentEvent *event) {
  if (!event)
    return;
  g_free(event->state);
  g_free(event->source);
  g_free(event->notice);
  g_free(event->version);
  g_free(event->detail);
  g_free(event->actor);
  g_free(event);
}

// ---- consent

gboolean es_consent_state_is_valid(const char *state) {
  static const char *const states[] = {"unknown", "requested", "given", "refused", "withdrawn", "expired"};
  for (guint i = 0; i < G_N_ELEMENTS(states); i++)
    if (g_strcmp0(state, states[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean is_no(const char *state) {
  return g_strcmp0(state, "refused") == 0 || g_strcmp0(state, "withdrawn") == 0;
}

static gboolean lifts_no(const EsConsentEvent *event) {
  return g_strcmp0(event->state, "given") == 0 &&
         (g_strcmp0(event->source, "dtmf") == 0 || g_strcmp0(event->source, "manual") == 0);
}

// Insertion sort: stable, so that of two events of one moment the one recorded later decides, and quick for
// the two or three events that a call has, which nearly always come in order.
static void sort_by_time(const EsConsentEvent **events, guint count) {
  for (guint i = 1; i < count; i++) {
    const EsConsentEvent *event = events[i];
    guint at = i;
    for (; at > 0 && events[at - 1]->at_us > event->at_us; at--)
      events[at] = events[at - 1];
    events[at] = event;
  }
}

const char *es_consent_state(const GPtrArray *events) {
  const char *state = "unknown";
  if (!events || events->len == 0)
    return state;
  g_autofree const EsConsentEvent **sorted = g_new(const EsConsentEvent *, events->len);
  for (guint i = 0; i < events->len; i++)
    sorted[i] = g_ptr_array_index(events, i);
  sort_by_time(sorted, events->len);
  for (guint i = 0; i < events->len; i++)
    if (!is_no(state) || is_no(sorted[i]->state) || lifts_no(sorted[i]))
      state = sorted[i]->state;
  return state;
}
