// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The .meta files of the spool: a call so far as one JSON object. Only what a row cannot do without is
// written; what can be measured again from the audio is not.
#include "call.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "segments.h"
#include "spool.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define LAST_MOMENT_US (G_GINT64_CONSTANT(253402300800) * ES_US_PER_S) // the year 10000

// Texts of EsCall and their names; the same list writes and reads.
static const struct {
  const char *name;
  gsize offset;
} TEXTS[] = {
    {"id", G_STRUCT_OFFSET(EsCall, id)},
    {"source_key", G_STRUCT_OFFSET(EsCall, source_key)},
    {"source", G_STRUCT_OFFSET(EsCall, source)},
    {"call_id", G_STRUCT_OFFSET(EsCall, call_id)},
    {"client", G_STRUCT_OFFSET(EsCall, client)},
    {"direction", G_STRUCT_OFFSET(EsCall, direction)},
    {"caller", G_STRUCT_OFFSET(EsCall, caller)},
    {"callee", G_STRUCT_OFFSET(EsCall, callee)},
    {"caller_uri", G_STRUCT_OFFSET(EsCall, caller_uri)},
    {"callee_uri", G_STRUCT_OFFSET(EsCall, callee_uri)},
    {"caller_name", G_STRUCT_OFFSET(EsCall, caller_name)},
    {"callee_name", G_STRUCT_OFFSET(EsCall, callee_name)},
    {"disposition", G_STRUCT_OFFSET(EsCall, disposition)},
    {"ended_by", G_STRUCT_OFFSET(EsCall, ended_by)},
    {"group_id", G_STRUCT_OFFSET(EsCall, group_id)},
    {"business_id", G_STRUCT_OFFSET(EsCall, business_id)},
    {"mapping_json", G_STRUCT_OFFSET(EsCall, mapping_json)},
};
static const char *const DIRECTIONS[] = {"inbound", "outbound", "internal", "unknown", NULL};
static const char *const DISPOSITIONS[] = {"answered", "missed", "abandoned", "busy", "failed", NULL};
static const char *const CONSENT_TEXTS[] = {"state", "source", "notice", "version", "detail"};

// The same of EsSettlement.
static const struct {
  const char *name;
  gsize offset;
} FLAGS[] = {
    {"mixed", G_STRUCT_OFFSET(EsSettlement, mixed)},
    {"joined", G_STRUCT_OFFSET(EsSettlement, joined)},
    {"unsignalled", G_STRUCT_OFFSET(EsSettlement, unsignalled)},
    {"replaces", G_STRUCT_OFFSET(EsSettlement, replaces)},
    {"elsewhere", G_STRUCT_OFFSET(EsSettlement, elsewhere)},
    {"too_many", G_STRUCT_OFFSET(EsSettlement, too_many)},
    {"failed", G_STRUCT_OFFSET(EsSettlement, failed)},
    {"disk_full", G_STRUCT_OFFSET(EsSettlement, disk_full)},
};
static const char *const ROLES[] = {"caller", "callee", "agent", "customer", "participant", "mixed"};

static gboolean *settlement_flag(EsSettlement *settlement, guint i) {
  return (gboolean *)(gpointer)((guint8 *)settlement + FLAGS[i].offset);
}

static char **call_text(EsCall *call, guint i) {
  return (char **)((guint8 *)call + TEXTS[i].offset);
}

static char **consent_text(EsConsentEvent *event, guint i) {
  char **const fields[] = {&event->state, &event->source, &event->notice, &event->version, &event->detail};
  return fields[i];
}

static void write_text(JsonBuilder *b, const char *name, const char *text) {
  if (!text)
    return;
  json_builder_set_member_name(b, name);
  json_builder_add_string_value(b, text);
}

static void write_number(JsonBuilder *b, const char *name, gint64 number) {
  json_builder_set_member_name(b, name);
  json_builder_add_int_value(b, number);
}

static void write_segments(JsonBuilder *b, const EsCall *call) {
  json_builder_set_member_name(b, "segments");
  json_builder_begin_array(b);
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *segment = call->segments->pdata[i];
    json_builder_begin_object(b);
    write_text(b, "agent", segment->agent);
    write_text(b, "queue", segment->queue);
    write_number(b, "start_ms", segment->start_ms);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_consent(JsonBuilder *b, const EsCall *call) {
  json_builder_set_member_name(b, "consent");
  json_builder_begin_array(b);
  for (guint i = 0; i < call->consent->len; i++) {
    EsConsentEvent *event = call->consent->pdata[i];
    json_builder_begin_object(b);
    write_number(b, "at_us", event->at_us);
    for (guint t = 0; t < G_N_ELEMENTS(CONSENT_TEXTS); t++)
      write_text(b, CONSENT_TEXTS[t], *consent_text(event, t));
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_stream(JsonBuilder *b, const EsStreamLedger *s) {
  json_builder_begin_object(b);
  write_number(b, "ssrc", s->ssrc);
  write_text(b, "codec", s->codec);
  write_text(b, "source", s->source);
  write_text(b, "problem", s->problem);
  write_number(b, "expected", (gint64)s->expected);
  write_number(b, "received", (gint64)s->received);
  write_number(b, "lost", (gint64)s->lost);
  write_number(b, "late", (gint64)s->late);
  write_number(b, "duplicate", (gint64)s->duplicate);
  write_number(b, "reordered", (gint64)s->reordered);
  write_number(b, "undecodable", (gint64)s->undecodable);
  json_builder_end_object(b);
}

static void write_legs(JsonBuilder *b, const EsCall *call) {
  json_builder_set_member_name(b, "legs");
  json_builder_begin_array(b);
  for (guint i = 0; call->legs && i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    json_builder_begin_object(b);
    write_text(b, "role", leg->role);
    json_builder_set_member_name(b, "streams");
    json_builder_begin_array(b);
    for (guint s = 0; s < leg->streams->len; s++)
      write_stream(b, &g_array_index(leg->streams, EsStreamLedger, s));
    json_builder_end_array(b);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_flags(JsonBuilder *b, const EsSettlement *settlement) {
  for (guint i = 0; i < G_N_ELEMENTS(FLAGS); i++) {
    json_builder_set_member_name(b, FLAGS[i].name);
    json_builder_add_boolean_value(b, *settlement_flag((EsSettlement *)settlement, i));
  }
}

static void write_voices(JsonBuilder *b, const EsSettlement *settlement) {
  json_builder_set_member_name(b, "voices");
  json_builder_begin_array(b);
  for (guint i = 0; i < settlement->voices->len; i++) {
    const EsSettleVoice *voice = &g_array_index(settlement->voices, EsSettleVoice, i);
    json_builder_begin_object(b);
    write_text(b, "role", voice->role);
    write_number(b, "heard", voice->heard);
    write_number(b, "may_send", voice->may_send);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_problems(JsonBuilder *b, const EsSettlement *settlement) {
  json_builder_set_member_name(b, "problems");
  json_builder_begin_array(b);
  for (guint i = 0; i < settlement->problems->len; i++) {
    const EsSettleProblem *problem = &g_array_index(settlement->problems, EsSettleProblem, i);
    json_builder_begin_object(b);
    write_number(b, "leg", problem->leg);
    write_number(b, "ssrc", problem->ssrc);
    write_text(b, "problem", problem->text);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_events(JsonBuilder *b, const EsCall *call) {
  json_builder_set_member_name(b, "events");
  json_builder_begin_array(b);
  for (guint i = 0; i < call->events->len; i++) {
    const EsCallEvent *event = call->events->pdata[i];
    json_builder_begin_object(b);
    write_number(b, "at_ms", event->at_ms);
    write_text(b, "kind", event->kind);
    write_number(b, "leg", event->leg);
    write_text(b, "detail", event->detail);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void write_settlement(JsonBuilder *b, const EsSettlement *settlement) {
  write_flags(b, settlement);
  write_number(b, "hold_us", settlement->hold_us);
  write_number(b, "hold_since_us", settlement->hold_since_us);
  write_number(b, "events_dropped", settlement->events_dropped);
  write_text(b, "cut_short", settlement->cut_short);
  write_voices(b, settlement);
  write_problems(b, settlement);
  write_events(b, settlement->row);
}

char *es_spool_json(const EsCall *call, const EsSpoolMoments *moments, gint64 run,
                    const EsSettlement *settlement) {
  g_autoptr(JsonBuilder) b = json_builder_new();
  json_builder_begin_object(b);
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
    write_text(b, TEXTS[i].name, *call_text((EsCall *)call, i));
  write_number(b, "started_us", call->started_us);
  write_number(b, "answered_us", call->answered_us);
  write_number(b, "sip_status", call->sip_status);
  write_number(b, "dropped_packets", call->dropped_packets);
  write_number(b, "audio_start_us", moments->audio_start_us);
  write_number(b, "seen_us", moments->seen_us);
  write_number(b, "ended_us", moments->ended_us);
  write_number(b, "run", run);
  write_segments(b, call);
  write_consent(b, call);
  if (settlement)
    write_settlement(b, settlement);
  else
    write_legs(b, call);
  json_builder_end_object(b);
  g_autoptr(JsonNode) root = json_builder_get_root(b);
  return json_to_string(root, FALSE);
}

static gboolean write_whole(const char *path, const char *text, GError **error) {
  int fd = g_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return es_set_errno(error, errno, "%s", path);
  gsize length = strlen(text);
  while (length > 0) {
    ssize_t written = write(fd, text, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0) {
      int saved = errno;
      close(fd);
      g_unlink(path);
      return es_set_errno(error, saved, "%s", path);
    }
    text += written;
    length -= (gsize)written;
  }
  return close(fd) == 0 || es_set_errno(error, errno, "%s", path);
}

// The rename makes it whole or absent; no flush of its own, the whole spool is flushed every second.
gboolean es_spool_save(EsSpool *spool, const EsCall *call, const EsSpoolMoments *moments, GError **error) {
  g_autofree char *path = es_spool_path(spool, call->id, ".meta");
  g_autofree char *fresh = es_spool_path(spool, call->id, ".meta-new");
  g_autofree char *text = es_spool_json(call, moments, es_spool_run(spool), NULL);
  if (!write_whole(fresh, text, error))
    return FALSE;
  return g_rename(fresh, path) == 0 || es_set_errno(error, errno, "%s", path);
}

// ---- reading

static const char *read_text(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
             ? json_node_get_string(node)
             : NULL;
}

static gint64 read_number(JsonObject *object, const char *name, gint64 fallback) {
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : fallback;
}

// A moment of our calendar, so that reckoning with it cannot overflow.
static gint64 read_moment(JsonObject *object, const char *name, gint64 fallback) {
  gint64 moment = read_number(object, name, fallback);
  return moment > 0 && moment < LAST_MOMENT_US ? moment : fallback;
}

static JsonArray *read_array(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static JsonObject *array_object(JsonArray *array, guint i) {
  JsonNode *node = json_array_get_element(array, i);
  return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void read_consent(JsonObject *root, EsCall *call) {
  JsonArray *array = read_array(root, "consent");
  for (guint i = 0; array && i < json_array_get_length(array); i++) {
    JsonObject *object = array_object(array, i);
    const char *state = object ? read_text(object, "state") : NULL;
    if (!state || !es_consent_state_is_valid(state) || !read_text(object, "source"))
      continue;
    EsConsentEvent *event = es_consent_event_new(read_moment(object, "at_us", call->started_us), state,
                                                 read_text(object, "source"));
    for (guint t = 2; t < G_N_ELEMENTS(CONSENT_TEXTS); t++)
      *consent_text(event, t) = g_strdup(read_text(object, CONSENT_TEXTS[t]));
    g_ptr_array_add(call->consent, event);
  }
}

static void read_stream(JsonObject *object, EsStreamLedger *s) {
  *s = (EsStreamLedger){.ssrc = (guint32)read_number(object, "ssrc", 0),
                        .expected = (guint64)read_number(object, "expected", 0),
                        .received = (guint64)read_number(object, "received", 0),
                        .lost = (guint64)read_number(object, "lost", 0),
                        .late = (guint64)read_number(object, "late", 0),
                        .duplicate = (guint64)read_number(object, "duplicate", 0),
                        .reordered = (guint64)read_number(object, "reordered", 0),
                        .undecodable = (guint64)read_number(object, "undecodable", 0)};
  const char *codec = read_text(object, "codec"), *source = read_text(object, "source"),
             *problem = read_text(object, "problem");
  g_strlcpy(s->codec, codec ? codec : "", sizeof s->codec);
  g_strlcpy(s->source, source ? source : "", sizeof s->source);
  g_strlcpy(s->problem, problem ? problem : "", sizeof s->problem);
}

static void read_legs(JsonObject *root, EsCall *call) {
  JsonArray *legs = read_array(root, "legs");
  for (guint i = 0; legs && i < json_array_get_length(legs) && i < ES_CALL_MAX_LEGS; i++) {
    JsonObject *object = array_object(legs, i);
    if (!object)
      continue;
    const char *role = read_text(object, "role");
    EsCallLeg *leg = es_call_leg_new(role ? role : i == 0 ? "caller" : "callee");
    JsonArray *streams = read_array(object, "streams");
    for (guint s = 0; streams && s < json_array_get_length(streams); s++) {
      JsonObject *each = array_object(streams, s);
      EsStreamLedger ledger;
      if (!each)
        continue;
      read_stream(each, &ledger);
      g_array_append_val(leg->streams, ledger);
    }
    g_ptr_array_add(call->legs, leg);
  }
}

// What begins no later than the one before it is dropped; the first begins with the call.
static void read_segments(JsonObject *root, EsCall *call) {
  JsonArray *segments = read_array(root, "segments");
  gint64 before_ms = -1;
  for (guint i = 0; segments && i < json_array_get_length(segments) && i < ES_CALL_MAX_SEGMENTS; i++) {
    JsonObject *object = array_object(segments, i);
    gint64 start_ms = object ? read_number(object, "start_ms", 0) : -1;
    if (start_ms <= before_ms || (before_ms < 0 && start_ms != 0) || start_ms > G_MAXINT32)
      continue;
    if (call->segments->len)
      ((EsSegment *)call->segments->pdata[call->segments->len - 1])->end_ms = start_ms;
    EsSegment *segment = es_segment_new();
    segment->agent = g_strdup(read_text(object, "agent"));
    segment->queue = g_strdup(read_text(object, "queue"));
    segment->start_ms = before_ms = start_ms;
    g_ptr_array_add(call->segments, segment);
  }
}

static EsCall *from_json(JsonObject *root, EsSpoolMoments *moments) {
  g_autoptr(EsCall) call = es_call_new();
  for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
    const char *text = read_text(root, TEXTS[i].name);
    if (text) {
      g_free(*call_text(call, i));
      *call_text(call, i) = g_strdup(text);
    }
  }
  call->started_us = read_moment(root, "started_us", ES_UNKNOWN);
  call->answered_us = read_moment(root, "answered_us", ES_UNKNOWN);
  call->sip_status = (int)CLAMP(read_number(root, "sip_status", 0), 0, 999);
  call->dropped_packets = CLAMP(read_number(root, "dropped_packets", ES_UNKNOWN), ES_UNKNOWN, G_MAXINT32);
  moments->audio_start_us = read_moment(root, "audio_start_us", ES_UNKNOWN);
  moments->seen_us = read_moment(root, "seen_us", call->started_us);
  moments->ended_us = read_moment(root, "ended_us", ES_UNKNOWN);
  moments->run = read_number(root, "run", ES_UNKNOWN);
  if (!call->id || !es_id_is_whole(call->id) || !call->source_key || call->started_us == ES_UNKNOWN ||
      !g_strv_contains(DIRECTIONS, call->direction) ||
      (call->disposition && !g_strv_contains(DISPOSITIONS, call->disposition)))
    return NULL;
  if (call->group_id && !es_id_is_whole(call->group_id))
    g_clear_pointer(&call->group_id, g_free);
  read_segments(root, call);
  read_consent(root, call);
  read_legs(root, call);
  return g_steal_pointer(&call);
}

// ---- what a settlement needs

static const char *read_role(JsonObject *object, guint i) {
  const char *role = read_text(object, "role");
  for (guint known = 0; role && known < G_N_ELEMENTS(ROLES); known++)
    if (strcmp(role, ROLES[known]) == 0)
      return ROLES[known];
  return ROLES[MIN(i, 1)];
}

static void read_voices(JsonObject *root, EsSettlement *settlement) {
  JsonArray *voices = read_array(root, "voices");
  for (guint i = 0; voices && i < json_array_get_length(voices) && i < ES_CALL_MAX_LEGS; i++) {
    JsonObject *object = array_object(voices, i);
    EsSettleVoice voice = {ROLES[MIN(i, 1)], FALSE, FALSE};
    if (object)
      voice = (EsSettleVoice){read_role(object, i), read_number(object, "heard", 0) != 0,
                              read_number(object, "may_send", 0) != 0};
    g_array_append_val(settlement->voices, voice);
  }
}

static void read_problems(JsonObject *root, EsSettlement *settlement) {
  JsonArray *problems = read_array(root, "problems");
  for (guint i = 0; problems && i < json_array_get_length(problems) && i < ES_CALL_MAX_STREAMS; i++) {
    JsonObject *object = array_object(problems, i);
    const char *text = object ? read_text(object, "problem") : NULL;
    if (!text)
      continue;
    EsSettleProblem problem = {(guint)read_number(object, "leg", 0), (guint32)read_number(object, "ssrc", 0),
                               ""};
    g_strlcpy(problem.text, text, sizeof problem.text);
    g_array_append_val(settlement->problems, problem);
  }
}

static void read_events(JsonObject *root, EsCall *call) {
  JsonArray *events = read_array(root, "events");
  for (guint i = 0; events && i < json_array_get_length(events) && i <= ES_CALL_MAX_EVENTS; i++) {
    JsonObject *object = array_object(events, i);
    const char *kind = object ? read_text(object, "kind") : NULL;
    if (!kind)
      continue;
    gint64 leg = CLAMP(read_number(object, "leg", -1), -1, ES_CALL_MAX_LEGS - 1);
    gint64 at_ms = CLAMP(read_number(object, "at_ms", 0), 0, G_MAXINT32);
    g_ptr_array_add(call->events, es_call_event_new(at_ms, kind, (int)leg, read_text(object, "detail")));
  }
}

static gboolean read_flag(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

static EsSettlement *read_settlement(JsonObject *root, EsCall *call) {
  EsSettlement *settlement = es_settlement_new(call);
  for (guint i = 0; i < G_N_ELEMENTS(FLAGS); i++)
    *settlement_flag(settlement, i) = read_flag(root, FLAGS[i].name);
  settlement->hold_us = CLAMP(read_number(root, "hold_us", 0), 0, LAST_MOMENT_US);
  settlement->hold_since_us = read_moment(root, "hold_since_us", ES_UNKNOWN);
  settlement->events_dropped = (guint)CLAMP(read_number(root, "events_dropped", 0), 0, G_MAXINT32);
  settlement->cut_short = g_strdup(read_text(root, "cut_short"));
  read_voices(root, settlement);
  read_problems(root, settlement);
  read_events(root, call);
  return settlement;
}

EsCall *es_spool_parse(const char *text, gsize length, EsSpoolMoments *moments, EsSettlement **settlement) {
  g_autoptr(JsonParser) parser = json_parser_new_immutable();
  EsCall *call = NULL;
  if (json_parser_load_from_data(parser, text, (gssize)length, NULL) && json_parser_get_root(parser) &&
      JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
    call = from_json(json_node_get_object(json_parser_get_root(parser)), moments);
  if (call)
    *settlement = read_settlement(json_node_get_object(json_parser_get_root(parser)), call);
  return call;
}

EsCall *es_spool_load(const char *path, EsSpoolMoments *moments, GError **error) {
  g_autoptr(JsonParser) parser = json_parser_new_immutable();
  g_autoptr(GError) wrong = NULL;
  EsCall *call = NULL;
  if (json_parser_load_from_file(parser, path, &wrong) && json_parser_get_root(parser) &&
      JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
    call = from_json(json_node_get_object(json_parser_get_root(parser)), moments);
  if (!call)
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: not the metadata of a call"), path);
  return call;
}
