// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// record-tool [--again] [--config FILE] LIBRARY FILE...: records captures into a library and prints each
// finished call as one JSON object a line, warnings and the error on standard error. What the tests of
// capture/ look at.
#include "earshot/capture/capture.h"
#include "earshot/common/error.h"
#include "earshot/index/directory.h"
#include <glib.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <signal.h>

static gint stop_flag;

static void text(JsonBuilder *b, const char *name, const char *value) {
  json_builder_set_member_name(b, name);
  if (value)
    json_builder_add_string_value(b, value);
  else
    json_builder_add_null_value(b);
}

static void number(JsonBuilder *b, const char *name, gint64 value) {
  json_builder_set_member_name(b, name);
  if (value == ES_UNKNOWN)
    json_builder_add_null_value(b);
  else
    json_builder_add_int_value(b, value);
}

static void begin_array(JsonBuilder *b, const char *name) {
  json_builder_set_member_name(b, name);
  json_builder_begin_array(b);
}

static void add_stream(JsonBuilder *b, const EsStreamLedger *s) {
  g_autofree char *ssrc = g_strdup_printf("%08x", s->ssrc);
  json_builder_begin_object(b);
  text(b, "ssrc", ssrc);
  text(b, "codec", s->codec);
  text(b, "source", s->source);
  text(b, "problem", s->problem);
  number(b, "expected", (gint64)s->expected);
  number(b, "received", (gint64)s->received);
  number(b, "lost", (gint64)s->lost);
  number(b, "duplicate", (gint64)s->duplicate);
  number(b, "reordered", (gint64)s->reordered);
  number(b, "undecodable", (gint64)s->undecodable);
  json_builder_end_object(b);
}

static void add_legs(JsonBuilder *b, const EsCall *call) {
  begin_array(b, "legs");
  for (guint i = 0; i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    json_builder_begin_object(b);
    text(b, "role", leg->role);
    number(b, "speech_ms", leg->speech_ms);
    begin_array(b, "streams");
    for (guint s = 0; s < leg->streams->len; s++)
      add_stream(b, &g_array_index(leg->streams, EsStreamLedger, s));
    json_builder_end_array(b);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void add_lists(JsonBuilder *b, const EsCall *call) {
  begin_array(b, "gaps");
  for (guint i = 0; i < call->gaps->len; i++) {
    const EsGap *gap = &g_array_index(call->gaps, EsGap, i);
    json_builder_begin_object(b);
    number(b, "leg", gap->leg);
    number(b, "start_ms", gap->start_ms);
    number(b, "length_ms", gap->length_ms);
    text(b, "reason", es_gap_reason_name(gap->reason));
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
  begin_array(b, "events");
  for (guint i = 0; i < call->events->len; i++) {
    const EsCallEvent *event = call->events->pdata[i];
    json_builder_begin_object(b);
    number(b, "at_ms", event->at_ms);
    text(b, "kind", event->kind);
    number(b, "leg", event->leg == -1 ? -2 : event->leg);
    text(b, "detail", event->detail);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
  begin_array(b, "consent");
  for (guint i = 0; i < call->consent->len; i++) {
    const EsConsentEvent *event = call->consent->pdata[i];
    json_builder_begin_object(b);
    number(b, "at_us", event->at_us);
    number(b, "offset_ms", event->offset_ms);
    text(b, "state", event->state);
    text(b, "source", event->source);
    text(b, "notice", event->notice);
    text(b, "version", event->version);
    text(b, "detail", event->detail);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
}

static void add_segments(JsonBuilder *b, const EsCall *call) {
  begin_array(b, "segments");
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *segment = call->segments->pdata[i];
    json_builder_begin_object(b);
    text(b, "agent", segment->agent);
    text(b, "queue", segment->queue);
    number(b, "start_ms", segment->start_ms);
    number(b, "end_ms", segment->end_ms);
    json_builder_end_object(b);
  }
  json_builder_end_array(b);
  json_builder_set_member_name(b, "mapping");
  json_builder_add_value(b, json_from_string(call->mapping_json ? call->mapping_json : "null", NULL));
}

static void add_texts(JsonBuilder *b, const EsCall *call) {
  const EsSegment *segment = call->segments->pdata[0];
  const struct {
    const char *name, *value;
  } texts[] = {
      {"id", call->id},
      {"call_id", call->call_id},
      {"source", call->source},
      {"client", call->client},
      {"direction", call->direction},
      {"caller", call->caller},
      {"callee", call->callee},
      {"caller_name", call->caller_name},
      {"disposition", call->disposition},
      {"outcome", call->outcome},
      {"outcome_reason", call->outcome_reason},
      {"ended_by", call->ended_by},
      {"file", call->file},
      {"sha256", call->file_sha256},
      {"codec", call->codec},
      {"consent_state", call->consent_state},
      {"business_id", call->business_id},
      {"group_id", call->group_id},
      {"agent", segment->agent},
      {"agent_name", segment->agent_name},
      {"queue", segment->queue},
  };
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    text(b, texts[i].name, texts[i].value);
}

static void add_numbers(JsonBuilder *b, const EsCall *call) {
  const EsSegment *segment = call->segments->pdata[0];
  const struct {
    const char *name;
    gint64 value;
  } numbers[] = {
      {"sip_status", call->sip_status},   {"started_us", call->started_us},
      {"answered_us", call->answered_us}, {"ended_us", call->ended_us},
      {"duration_ms", call->duration_ms}, {"audio_offset_ms", call->audio_offset_ms},
      {"audio_ms", call->audio_ms},       {"hold_ms", call->hold_ms},
      {"wait_ms", call->wait_ms},         {"greeting_ms", call->greeting_ms},
      {"missing_ms", call->missing_ms},   {"sample_rate_hz", call->sample_rate_hz},
      {"channels", call->channels},       {"segment_end_ms", segment->end_ms},
  };
  for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
    number(b, numbers[i].name, numbers[i].value);
}

static void print_call(const EsCall *call, gpointer user_data) {
  g_autoptr(JsonBuilder) b = json_builder_new();
  json_builder_begin_object(b);
  add_texts(b, call);
  add_numbers(b, call);
  add_legs(b, call);
  add_lists(b, call);
  add_segments(b, call);
  json_builder_end_object(b);
  g_autoptr(JsonNode) root = json_builder_get_root(b);
  g_autofree char *line = json_to_string(root, FALSE);
  g_print("%s\n", line);
}

static void print_warning(const char *message, gpointer user_data) {
  g_printerr("warning: %s\n", message);
}

static gboolean add_agent(EsIndex *index, const char *entry, GError **error) {
  g_auto(GStrv) words = g_strsplit(entry, "=", 2);
  EsAgent agent = {.extension = words[0],
                   .name = words[1] ? words[1] : words[0],
                   .client = (char *)"acme",
                   .from_us = ES_UNKNOWN,
                   .until_us = ES_UNKNOWN};
  return es_index_add_agent(index, &agent, "test", error);
}

static void on_signal(int number) {
  g_atomic_int_set(&stop_flag, 1);
}

static int fail(const GError *error) {
  g_printerr("error: %s\n", error->message);
  return es_error_exit_status(error);
}

int main(int argc, char **argv) {
  setlocale(LC_ALL, "");
  gboolean again = FALSE;
  g_autofree char *config_path = NULL, *agent = NULL;
  g_auto(GStrv) rest = NULL;
  const GOptionEntry options[] = {{"again", 0, 0, G_OPTION_ARG_NONE, &again, NULL, NULL},
                                  {"config", 0, 0, G_OPTION_ARG_FILENAME, &config_path, NULL, NULL},
                                  {"agent", 0, 0, G_OPTION_ARG_STRING, &agent, NULL, NULL},
                                  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, NULL},
                                  {NULL, 0, 0, 0, NULL, NULL, NULL}};
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_autoptr(GError) error = NULL;
  g_option_context_add_main_entries(context, options, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &error) || !rest || !rest[0])
    return 2;
  const struct sigaction action = {.sa_handler =
                                       on_signal}; // without SA_RESTART: it breaks into a read that waits
  sigaction(SIGTERM, &action, NULL);
  g_autoptr(EsConfig) config =
      config_path ? es_config_load(config_path, &error) : es_config_parse("earshot.conf", "", 0, &error);
  g_autoptr(EsIndex) index = config ? es_index_open(rest[0], ES_INDEX_CREATE, &error) : NULL;
  if (!index || (agent && !add_agent(index, agent, &error)))
    return fail(error);
  EsCaptureOptions run = {.library = rest[0],
                          .config = config,
                          .files = (const char *const *)rest + 1,
                          .again = again,
                          .stop = &stop_flag};
  EsCaptureSink sink = {.finished = print_call, .warning = print_warning};
  EsCaptureStats stats = {0};
  gboolean ok = es_capture_run(&run, index, &sink, &stats, &error);
  g_printerr("stats: sip %" G_GUINT64_FORMAT " rtp %" G_GUINT64_FORMAT " other %" G_GUINT64_FORMAT
             " skipped %" G_GUINT64_FORMAT " repaired %" G_GUINT64_FORMAT " copies %" G_GUINT64_FORMAT "\n",
             stats.sip, stats.rtp, stats.other, stats.calls_skipped, stats.calls_repaired, stats.copies);
  return ok ? 0 : fail(error);
}
