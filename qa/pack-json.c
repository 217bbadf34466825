// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// calls.json, which is also the data of the page. Names are those of `earshot show --json` where they mean
// the same. Every text of people goes through the mask; SIP Call-IDs, addresses of streams and capture names
// stay behind, since coaching needs none of them.
#include "earshot/common/clock.h"
#include "earshot/common/id.h"
#include "pack-internal.h"
#include "words.h"

#include <math.h>

#define FORMAT_VERSION 1

void pack_json_plain(JsonObject *object, const char *name, const char *text) {
  if (text)
    json_object_set_string_member(object, name, text);
  else
    json_object_set_null_member(object, name);
}

void pack_json_text(const Pack *pack, JsonObject *object, const char *name, const char *text) {
  g_autofree char *masked = pack_mask_text(pack->mask, text);
  pack_json_plain(object, name, masked);
}

void pack_json_time(JsonObject *object, const char *name, gint64 time_us) {
  g_autofree char *text = es_time_format_utc(time_us);
  pack_json_plain(object, name, text);
}

static void add_length(JsonObject *object, const char *name, gint64 length_ms) {
  if (length_ms == ES_UNKNOWN)
    json_object_set_null_member(object, name);
  else
    json_object_set_int_member(object, name, length_ms);
}

void pack_json_number(JsonObject *object, const char *name, double number) {
  if (isnan(number))
    json_object_set_null_member(object, name);
  else
    json_object_set_double_member(object, name, number);
}

// ---- parts of a call

static JsonArray *intervals(const GArray *list) {
  JsonArray *array = json_array_new();
  for (guint i = 0; list && i < list->len; i++) {
    const EsInterval *interval = &g_array_index(list, EsInterval, i);
    JsonArray *pair = json_array_new();
    json_array_add_int_element(pair, interval->start_ms);
    json_array_add_int_element(pair, interval->end_ms);
    json_array_add_array_element(array, pair);
  }
  return array;
}

static JsonArray *legs(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->legs && i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_plain(object, "role", leg->role);
    add_length(object, "filled_ms", leg->filled_ms);
    add_length(object, "speech_ms", leg->speech_ms);
    json_object_set_array_member(object, "speech", intervals(leg->speech));
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *gaps(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->gaps && i < call->gaps->len; i++) {
    const EsGap *gap = &g_array_index(call->gaps, EsGap, i);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "leg", gap->leg);
    add_length(object, "start_ms", gap->start_ms);
    add_length(object, "length_ms", gap->length_ms);
    pack_json_plain(object, "reason", es_gap_reason_name(gap->reason));
    json_object_set_boolean_member(object, "missing", es_gap_reason_is_missing(gap->reason));
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *segments(const Pack *pack, const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->segments && i < call->segments->len; i++) {
    const EsSegment *segment = call->segments->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_text(pack, object, "agent", segment->agent);
    pack_json_text(pack, object, "agent_name", segment->agent_name);
    pack_json_text(pack, object, "team", segment->team);
    pack_json_text(pack, object, "queue", segment->queue);
    add_length(object, "start_ms", segment->start_ms);
    add_length(object, "end_ms", segment->end_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *consent(const Pack *pack, const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->consent && i < call->consent->len; i++) {
    const EsConsentEvent *event = call->consent->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_time(object, "at", event->at_us);
    pack_json_plain(object, "state", event->state);
    pack_json_plain(object, "source", event->source);
    pack_json_text(pack, object, "notice", event->notice);
    pack_json_text(pack, object, "version", event->version);
    add_length(object, "offset_ms", event->offset_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *tags(const Pack *pack, const EsCall *call) {
  JsonArray *array = json_array_new();
  for (char **tag = call->tags; tag && *tag; tag++) {
    g_autofree char *masked = pack_mask_text(pack->mask, *tag);
    json_array_add_string_element(array, masked);
  }
  return array;
}

// ---- what people added

static JsonArray *flags(const Pack *pack, const PackCall *one) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < one->flags->len; i++) {
    const EsFlag *flag = one->flags->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_text(pack, object, "flag", flag->flag);
    pack_json_text(pack, object, "note", flag->note);
    add_length(object, "start_ms", flag->start_ms);
    add_length(object, "end_ms", flag->end_ms);
    pack_json_text(pack, object, "by", flag->actor);
    pack_json_time(object, "at", flag->at_us);
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *notes(const Pack *pack, const PackCall *one) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < one->notes->len; i++) {
    const EsNote *note = one->notes->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_text(pack, object, "text", note->text);
    pack_json_text(pack, object, "by", note->actor);
    pack_json_time(object, "at", note->at_us);
    add_length(object, "position_ms", note->position_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *evaluations(const Pack *pack, const PackCall *one) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < one->evaluations->len; i++)
    json_array_add_object_element(array, pack_evaluation_json(pack, one->evaluations->pdata[i]));
  return array;
}

static JsonArray *clips(const PackCall *one) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < one->clips->len; i++) {
    const PackClip *clip = one->clips->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_plain(object, "file", clip->file);
    pack_json_plain(object, "sha256", clip->sha256);
    json_object_set_int_member(object, "start_ms", clip->start_ms);
    json_object_set_int_member(object, "end_ms", clip->end_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

// ---- a call, the pack

static void add_parties(const Pack *pack, JsonObject *object, const EsCall *call) {
  pack_json_text(pack, object, "client", call->client);
  pack_json_plain(object, "direction", call->direction);
  pack_json_text(pack, object, "caller", call->caller);
  pack_json_text(pack, object, "callee", call->callee);
  pack_json_text(pack, object, "caller_uri", call->caller_uri);
  pack_json_text(pack, object, "callee_uri", call->callee_uri);
  pack_json_text(pack, object, "caller_name", call->caller_name);
  pack_json_text(pack, object, "callee_name", call->callee_name);
}

static void add_course(JsonObject *object, const EsCall *call) {
  pack_json_plain(object, "disposition", call->disposition);
  pack_json_plain(object, "outcome", call->outcome);
  pack_json_time(object, "started_at", call->started_us);
  pack_json_time(object, "answered_at", call->answered_us);
  pack_json_time(object, "ended_at", call->ended_us);
  pack_json_plain(object, "ended_by", call->ended_by);
  add_length(object, "duration_ms", call->duration_ms);
  add_length(object, "audio_ms", call->audio_ms);
  add_length(object, "wait_ms", call->wait_ms);
  add_length(object, "hold_ms", call->hold_ms);
  add_length(object, "talk_over_ms", call->talk_over_ms);
  add_length(object, "dead_air_ms", call->dead_air_ms);
  add_length(object, "greeting_ms", call->greeting_ms);
  add_length(object, "missing_ms", call->missing_ms);
  json_object_set_int_member(object, "channels", call->channels);
}

static JsonObject *call_json(const Pack *pack, const PackCall *one) {
  const EsCall *call = one->call;
  JsonObject *object = json_object_new();
  pack_json_plain(object, "id", call->id);
  pack_json_plain(object, "short_id", es_id_short(call->id));
  add_parties(pack, object, call);
  add_course(object, call);
  json_object_set_array_member(object, "segments", segments(pack, call));
  pack_json_plain(object, "consent_state", es_consent_state(call->consent));
  json_object_set_array_member(object, "consent", consent(pack, call));
  json_object_set_array_member(object, "tags", tags(pack, call));
  pack_json_number(object, "score", call->score);
  json_object_set_array_member(object, "legs", legs(call));
  json_object_set_array_member(object, "gaps", gaps(call));
  json_object_set_array_member(object, "talk_over", intervals(call->talk_over));
  json_object_set_array_member(object, "dead_air", intervals(call->dead_air));
  json_object_set_array_member(object, "flags", flags(pack, one));
  json_object_set_array_member(object, "notes", notes(pack, one));
  json_object_set_array_member(object, "evaluations", evaluations(pack, one));
  json_object_set_array_member(object, "clips", clips(one));
  return object;
}

static JsonArray *left_out(const Pack *pack) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < pack->result->left_out->len; i++) {
    const EsLeftOut *one = pack->result->left_out->pdata[i];
    JsonObject *object = json_object_new();
    pack_json_plain(object, "id", one->id);
    pack_json_plain(object, "reason", one->reason);
    json_array_add_object_element(array, object);
  }
  return array;
}

static void add_head(const Pack *pack, JsonObject *object) {
  json_object_set_string_member(object, "format", "earshot-coaching-pack");
  json_object_set_int_member(object, "format_version", FORMAT_VERSION);
  pack_json_time(object, "created_at", pack->options->now_us);
  pack_json_text(pack, object, "created_by", pack->options->actor);
  pack_json_text(pack, object, "flag", pack->options->flag);
  pack_json_plain(object, "language", pack->language);
  json_object_set_boolean_member(object, "ranges_only", pack->options->ranges_only);
  json_object_set_boolean_member(object, "numbers_masked", pack->options->mask_numbers);
}

JsonNode *pack_json(const Pack *pack) {
  JsonObject *object = json_object_new();
  JsonArray *ids = json_array_new(), *calls = json_array_new();
  for (guint i = 0; i < pack->calls->len; i++) {
    const PackCall *one = pack->calls->pdata[i];
    json_array_add_string_element(ids, one->call->id);
    json_array_add_object_element(calls, call_json(pack, one));
  }
  add_head(pack, object);
  json_object_set_array_member(object, "exported", ids);
  json_object_set_array_member(object, "left_out", left_out(pack));
  json_object_set_array_member(object, "calls", calls);
  JsonNode *node = json_node_new(JSON_NODE_OBJECT);
  json_node_take_object(node, object);
  return node;
}
