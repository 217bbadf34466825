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

void pack_json_text(const Pack *pack, JsonObject *object, const char *name, const char *text) {
  g_autofree char *masked = pack_mask_text(pack->mask, text);
  es_json_set_text(object, name, masked);
}

// ---- parts of a call

static JsonArray *legs(const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->legs && i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    JsonObject *object = json_object_new();
    es_json_set_text(object, "role", leg->role);
    es_json_set_ms(object, "filled_ms", leg->filled_ms);
    es_json_set_ms(object, "speech_ms", leg->speech_ms);
    json_object_set_array_member(object, "speech", es_json_intervals(leg->speech));
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
    es_json_set_ms(object, "start_ms", gap->start_ms);
    es_json_set_ms(object, "length_ms", gap->length_ms);
    es_json_set_text(object, "reason", es_gap_reason_name(gap->reason));
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
    es_json_set_ms(object, "start_ms", segment->start_ms);
    es_json_set_ms(object, "end_ms", segment->end_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

static JsonArray *consent(const Pack *pack, const EsCall *call) {
  JsonArray *array = json_array_new();
  for (guint i = 0; call->consent && i < call->consent->len; i++) {
    const EsConsentEvent *event = call->consent->pdata[i];
    JsonObject *object = json_object_new();
    es_json_set_time(object, "at", event->at_us);
    es_json_set_text(object, "state", event->state);
    es_json_set_text(object, "source", event->source);
    pack_json_text(pack, object, "notice", event->notice);
    pack_json_text(pack, object, "version", event->version);
    es_json_set_ms(object, "offset_ms", event->offset_ms);
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
    es_json_set_ms(object, "start_ms", flag->start_ms);
    es_json_set_ms(object, "end_ms", flag->end_ms);
    pack_json_text(pack, object, "by", flag->actor);
    es_json_set_time(object, "at", flag->at_us);
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
    es_json_set_time(object, "at", note->at_us);
    es_json_set_ms(object, "position_ms", note->position_ms);
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
    es_json_set_text(object, "file", clip->file);
    es_json_set_text(object, "sha256", clip->sha256);
    json_object_set_int_member(object, "start_ms", clip->start_ms);
    json_object_set_int_member(object, "end_ms", clip->end_ms);
    json_array_add_object_element(array, object);
  }
  return array;
}

// ---- a call, the pack

static void add_parties(const Pack *pack, JsonObject *object, const EsCall *call) {
  pack_json_text(pack, object, "client", call->client);
  es_json_set_text(object, "direction", call->direction);
  pack_json_text(pack, object, "caller", call->caller);
  pack_json_text(pack, object, "callee", call->callee);
  pack_json_text(pack, object, "caller_uri", call->caller_uri);
  pack_json_text(pack, object, "callee_uri", call->callee_uri);
  pack_json_text(pack, object, "caller_name", call->caller_name);
  pack_json_text(pack, object, "callee_name", call->callee_name);
}

static void add_course(JsonObject *object, const EsCall *call) {
  es_json_set_text(object, "disposition", call->disposition);
  es_json_set_text(object, "outcome", call->outcome);
  es_json_set_time(object, "started_at", call->started_us);
  es_json_set_time(object, "answered_at", call->answered_us);
  es_json_set_time(object, "ended_at", call->ended_us);
  es_json_set_text(object, "ended_by", call->ended_by);
  es_json_set_ms(object, "duration_ms", call->duration_ms);
  es_json_set_ms(object, "audio_ms", call->audio_ms);
  es_json_set_ms(object, "wait_ms", call->wait_ms);
  es_json_set_ms(object, "hold_ms", call->hold_ms);
  es_json_set_ms(object, "talk_over_ms", call->talk_over_ms);
  es_json_set_ms(object, "dead_air_ms", call->dead_air_ms);
  es_json_set_ms(object, "greeting_ms", call->greeting_ms);
  es_json_set_ms(object, "missing_ms", call->missing_ms);
  json_object_set_int_member(object, "channels", call->channels);
}

static JsonObject *call_json(const Pack *pack, const PackCall *one) {
  const EsCall *call = one->call;
  JsonObject *object = json_object_new();
  es_json_set_text(object, "id", call->id);
  es_json_set_text(object, "short_id", es_id_short(call->id));
  add_parties(pack, object, call);
  add_course(object, call);
  json_object_set_array_member(object, "segments", segments(pack, call));
  es_json_set_text(object, "consent_state", es_consent_state(call->consent));
  json_object_set_array_member(object, "consent", consent(pack, call));
  json_object_set_array_member(object, "tags", tags(pack, call));
  es_json_set_number(object, "score", call->score);
  json_object_set_array_member(object, "legs", legs(call));
  json_object_set_array_member(object, "gaps", gaps(call));
  json_object_set_array_member(object, "talk_over", es_json_intervals(call->talk_over));
  json_object_set_array_member(object, "dead_air", es_json_intervals(call->dead_air));
  json_object_set_array_member(object, "flags", flags(pack, one));
  json_object_set_array_member(object, "notes", notes(pack, one));
  json_object_set_array_member(object, "evaluations", evaluations(pack, one));
  json_object_set_array_member(object, "clips", clips(one));
  return object;
}

// ---- the trainer's order

static const PackClip *clip_of(const PackCall *one, const EsPlaylistEntry *entry) {
  gint64 start = entry->start_ms == ES_UNKNOWN ? 0 : entry->start_ms;
  gint64 end = entry->start_ms == ES_UNKNOWN ? one->call->audio_ms : MIN(entry->end_ms, one->call->audio_ms);
  for (guint i = 0; i < one->clips->len; i++) {
    const PackClip *clip = one->clips->pdata[i];
    if (clip->start_ms == start && clip->end_ms == end)
      return clip;
  }
  return NULL;
}

static JsonObject *entry_json(const Pack *pack, const EsPlaylistEntry *entry) {
  for (guint i = 0; i < pack->calls->len; i++) {
    const PackCall *one = pack->calls->pdata[i];
    const PackClip *clip = g_ptr_array_find(one->entries, entry, NULL) ? clip_of(one, entry) : NULL;
    if (!clip)
      continue;
    JsonObject *object = json_object_new();
    es_json_set_text(object, "id", one->call->id);
    es_json_set_text(object, "file", clip->file);
    json_object_set_int_member(object, "start_ms", clip->start_ms);
    json_object_set_int_member(object, "end_ms", clip->end_ms);
    pack_json_text(pack, object, "text", entry->text);
    return object;
  }
  return NULL; // its call was left out
}

static void add_playlist(const Pack *pack, JsonObject *object) {
  const EsPlaylist *playlist = pack->options->playlist;
  if (!playlist) {
    json_object_set_null_member(object, "playlist");
    return;
  }
  JsonObject *list = json_object_new();
  JsonArray *entries = json_array_new();
  for (guint i = 0; i < playlist->entries->len; i++) {
    JsonObject *entry = entry_json(pack, playlist->entries->pdata[i]);
    if (entry)
      json_array_add_object_element(entries, entry);
  }
  pack_json_text(pack, list, "title", playlist->title);
  pack_json_text(pack, list, "text", playlist->text);
  json_object_set_array_member(list, "entries", entries);
  json_object_set_object_member(object, "playlist", list);
}

static JsonArray *left_out(const Pack *pack) {
  JsonArray *array = json_array_new();
  for (guint i = 0; i < pack->result->left_out->len; i++) {
    const EsLeftOut *one = pack->result->left_out->pdata[i];
    JsonObject *object = json_object_new();
    es_json_set_text(object, "id", one->id);
    es_json_set_text(object, "reason", one->reason);
    json_array_add_object_element(array, object);
  }
  return array;
}

static void add_head(const Pack *pack, JsonObject *object) {
  json_object_set_string_member(object, "format", "earshot-coaching-pack");
  json_object_set_int_member(object, "format_version", FORMAT_VERSION);
  es_json_set_time(object, "created_at", pack->options->now_us);
  pack_json_text(pack, object, "created_by", pack->options->actor);
  pack_json_text(pack, object, "flag", pack->options->flag);
  es_json_set_text(object, "language", pack->language);
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
  add_playlist(pack, object);
  json_object_set_array_member(object, "exported", ids);
  json_object_set_array_member(object, "left_out", left_out(pack));
  json_object_set_array_member(object, "calls", calls);
  JsonNode *node = json_node_new(JSON_NODE_OBJECT);
  json_node_take_object(node, object);
  return node;
}
