// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include "earshot/index/tension.h"

static JsonArray *segments_json(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->segments && i < call->segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(call->segments, i);
    JsonObject *o = json_object_new();
    es_json_set_text(o, "agent", segment->agent);
    es_json_set_text(o, "agent_name", segment->agent_name);
    es_json_set_text(o, "team", segment->team);
    es_json_set_text(o, "queue", segment->queue);
    es_json_set_ms(o, "start_ms", segment->start_ms);
    es_json_set_ms(o, "end_ms", segment->end_ms);
    json_array_add_object_element(array, o);
  }
  return array;
}

static void set_parties(JsonObject *o, const EsCall *call) {
  es_json_set_text(o, "direction", call->direction);
  es_json_set_text(o, "caller", call->caller);
  es_json_set_text(o, "callee", call->callee);
  es_json_set_text(o, "caller_uri", call->caller_uri);
  es_json_set_text(o, "callee_uri", call->callee_uri);
  es_json_set_text(o, "caller_name", call->caller_name);
  es_json_set_text(o, "callee_name", call->callee_name);
}

static void set_course(JsonObject *o, const EsCall *call) {
  es_json_set_text(o, "disposition", call->disposition);
  es_json_set_ms(o, "sip_status", call->sip_status > 0 ? call->sip_status : ES_UNKNOWN);
  es_json_set_text(o, "outcome", call->outcome);
  es_json_set_text(o, "outcome_reason", call->outcome_reason);
  es_json_set_time(o, "started_at", call->started_us);
  es_json_set_time(o, "answered_at", call->answered_us);
  es_json_set_time(o, "ended_at", call->ended_us);
  es_json_set_text(o, "ended_by", call->ended_by);
  es_json_set_ms(o, "duration_ms", call->duration_ms);
  es_json_set_ms(o, "audio_offset_ms", call->audio_offset_ms);
  es_json_set_ms(o, "audio_ms", call->audio_ms);
  es_json_set_ms(o, "wait_ms", call->wait_ms);
  es_json_set_ms(o, "hold_ms", call->hold_ms);
}

static void set_agents(JsonObject *o, const EsCall *call) {
  guint n = call->segments ? call->segments->len : 0;
  const EsSegment *last = n ? g_ptr_array_index(call->segments, n - 1) : NULL;
  json_object_set_array_member(o, "segments", segments_json(call));
  es_json_set_text(o, "agent", last ? last->agent : NULL);
  es_json_set_text(o, "agent_name", last ? last->agent_name : NULL);
}

static void set_recording(JsonObject *o, const EsCall *call) {
  es_json_set_text(o, "file", call->file);
  es_json_set_text(o, "codec", call->codec);
  es_json_set_ms(o, "sample_rate_hz", call->sample_rate_hz > 0 ? call->sample_rate_hz : ES_UNKNOWN);
  es_json_set_ms(o, "channels", call->channels > 0 ? call->channels : ES_UNKNOWN);
}

static JsonObject *tension_json(const EsCall *call) {
  EsTensionParts parts = es_call_tension_parts(call);
  JsonObject *o = json_object_new();
  es_json_set_number(o, "talk_over", parts.talk_over);
  es_json_set_number(o, "dead_air", parts.dead_air);
  es_json_set_number(o, "raised", parts.raised);
  es_json_set_number(o, "repeats", parts.repeats);
  return o;
}

static void set_judgement(JsonObject *o, const EsCall *call) {
  es_json_set_text(o, "consent_state", call->consent_state);
  es_json_set_texts(o, "flags", call->flags);
  es_json_set_texts(o, "tags", call->tags);
  es_json_set_number(o, "score", call->score);
  es_json_set_ms(o, "missing_ms", call->missing_ms);
  es_json_set_ms(o, "talk_over_ms", call->talk_over_ms);
  es_json_set_ms(o, "dead_air_ms", call->dead_air_ms);
  es_json_set_ms(o, "greeting_ms", call->greeting_ms);
  es_json_set_ms(o, "raised_ms", call->raised_ms);
  es_json_set_ms(o, "repeats", call->repeats);
  es_json_set_number(o, "tension", call->tension);
  json_object_set_object_member(o, "tension_parts", tension_json(call));
}

static void set_origin(JsonObject *o, const EsCall *call) {
  es_json_set_text(o, "source", call->source);
  es_json_set_text(o, "pbx_id", call->pbx_id);
  es_json_set_text(o, "business_id", call->business_id);
  es_json_set_text(o, "original_name", call->original_name);
  es_json_set_text(o, "original_sha256", call->original_sha256);
  es_json_set_text(o, "original_format", call->original_format);
  es_json_set_ms(o, "dropped_packets", call->dropped_packets);
}

JsonObject *es_json_call(const EsCall *call) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "id", call->id);
  es_json_set_text(o, "group_id", call->group_id);
  es_json_set_text(o, "call_id", call->call_id);
  es_json_set_text(o, "client", call->client);
  set_parties(o, call);
  set_course(o, call);
  set_agents(o, call);
  set_recording(o, call);
  set_judgement(o, call);
  set_origin(o, call);
  return o;
}

const char *es_call_joined_by(const EsCall *call) {
  static const struct {
    const char *event, *joined_by;
  } kinds[] = {// the first that a call has
               {"follow-up", "follow-up"},
               {"transferred", "transfer"},
               {"picked-up", "pick-up"},
               {"conference", "conference"},
               {"duplicate", "same-conversation"},
               {"same-conversation", "same-conversation"},
               {"linked", "linked"}};
  if (g_strcmp0(call->outcome_reason, "answered elsewhere") == 0)
    return "fork";
  for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
    for (guint i = 0; call->events && i < call->events->len; i++)
      if (strcmp(((EsCallEvent *)call->events->pdata[i])->kind, kinds[k].event) == 0)
        return kinds[k].joined_by;
  return NULL;
}

JsonObject *es_json_related(const EsCall *call) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "id", call->id);
  es_json_set_time(o, "started_at", call->started_us);
  es_json_set_text(o, "caller", call->caller);
  es_json_set_text(o, "callee", call->callee);
  set_agents(o, call);
  es_json_set_time(o, "ended_at", call->ended_us);
  es_json_set_ms(o, "duration_ms", call->duration_ms);
  es_json_set_text(o, "disposition", call->disposition);
  es_json_set_text(o, "outcome", call->outcome);
  es_json_set_text(o, "outcome_reason", call->outcome_reason);
  es_json_set_text(o, "joined_by", es_call_joined_by(call));
  return o;
}

static JsonObject *stream_json(const EsStreamLedger *stream) {
  JsonObject *o = json_object_new();
  g_autofree char *ssrc = g_strdup_printf("0x%08X", stream->ssrc);
  json_object_set_string_member(o, "ssrc", ssrc);
  es_json_set_text(o, "codec", stream->codec[0] ? stream->codec : NULL);
  es_json_set_text(o, "source", stream->source[0] ? stream->source : NULL);
  json_object_set_int_member(o, "expected", (gint64)stream->expected);
  json_object_set_int_member(o, "received", (gint64)stream->received);
  json_object_set_int_member(o, "lost", (gint64)stream->lost);
  json_object_set_int_member(o, "late", (gint64)stream->late);
  json_object_set_int_member(o, "duplicate", (gint64)stream->duplicate);
  json_object_set_int_member(o, "reordered", (gint64)stream->reordered);
  json_object_set_int_member(o, "undecodable", (gint64)stream->undecodable);
  es_json_set_text(o, "problem", stream->problem[0] ? stream->problem : NULL);
  return o;
}

static JsonObject *leg_json(const EsCallLeg *leg) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "role", leg->role);
  es_json_set_ms(o, "filled_ms", leg->filled_ms);
  es_json_set_number(o, "drift_ppm", leg->drift_ppm);
  es_json_set_ms(o, "speech_ms", leg->speech_ms);
  es_json_set_number(o, "loudness_lufs", leg->loudness_lufs);
  es_json_set_ms(o, "greeting_ms", leg->greeting_ms);
  es_json_set_ms(o, "raised_ms", leg->raised_ms);
  JsonArray *streams = json_array_new();
  for (guint i = 0; leg->streams && i < leg->streams->len; i++)
    json_array_add_object_element(streams, stream_json(&g_array_index(leg->streams, EsStreamLedger, i)));
  json_object_set_array_member(o, "streams", streams);
  json_object_set_array_member(o, "speech", es_json_intervals(leg->speech));
  return o;
}

JsonArray *es_json_legs(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->legs && i < call->legs->len; i++)
    json_array_add_object_element(array, leg_json(g_ptr_array_index(call->legs, i)));
  return array;
}

JsonArray *es_json_gaps(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->gaps && i < call->gaps->len; i++) {
    const EsGap *gap = &g_array_index(call->gaps, EsGap, i);
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "leg", gap->leg);
    json_object_set_int_member(o, "start_ms", gap->start_ms);
    json_object_set_int_member(o, "length_ms", gap->length_ms);
    json_object_set_string_member(o, "reason", es_gap_reason_name(gap->reason));
    json_array_add_object_element(array, o);
  }
  return array;
}

JsonArray *es_json_events(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->events && i < call->events->len; i++) {
    const EsCallEvent *event = g_ptr_array_index(call->events, i);
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "at_ms", event->at_ms);
    es_json_set_text(o, "kind", event->kind);
    es_json_set_ms(o, "leg", event->leg >= 0 ? event->leg : ES_UNKNOWN);
    es_json_set_text(o, "detail", event->detail);
    json_array_add_object_element(array, o);
  }
  return array;
}

static int by_start(gconstpointer a, gconstpointer b) {
  const EsInterval *x = a, *y = b;
  return x->start_ms < y->start_ms ? -1 : x->start_ms > y->start_ms;
}

JsonArray *es_json_speech(const EsCall *call) {
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  for (guint i = 0; call->legs && i < call->legs->len; i++) {
    const EsCallLeg *leg = g_ptr_array_index(call->legs, i);
    if (leg->speech && leg->speech->len)
      g_array_append_vals(all, leg->speech->data, leg->speech->len);
  }
  g_array_sort(all, by_start);
  guint kept = 0;
  for (guint i = 0; i < all->len; i++) {
    const EsInterval next = g_array_index(all, EsInterval, i);
    EsInterval *last = kept ? &g_array_index(all, EsInterval, kept - 1) : NULL;
    if (last && next.start_ms <= last->end_ms)
      last->end_ms = MAX(last->end_ms, next.end_ms);
    else
      g_array_index(all, EsInterval, kept++) = next;
  }
  g_array_set_size(all, kept);
  return es_json_intervals(all);
}

JsonObject *es_json_consent_event(const EsConsentEvent *event) {
  JsonObject *o = json_object_new();
  es_json_set_time(o, "at", event->at_us);
  es_json_set_text(o, "state", event->state);
  es_json_set_text(o, "source", event->source);
  es_json_set_text(o, "notice", event->notice);
  es_json_set_text(o, "version", event->version);
  es_json_set_text(o, "detail", event->detail);
  es_json_set_text(o, "actor", event->actor);
  es_json_set_ms(o, "offset_ms", event->offset_ms);
  es_json_set_time(o, "recorded_at", event->recorded_us);
  return o;
}

JsonArray *es_json_consent(const GPtrArray *events) {
  JsonArray *array = json_array_new();
  for (guint i = 0; events && i < events->len; i++)
    json_array_add_object_element(array, es_json_consent_event(g_ptr_array_index(events, i)));
  return array;
}
