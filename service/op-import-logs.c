// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// import.queue_log, import.cdr: the telephone system's own records, joined to the calls of the library.
#include "earshot/common/i18n.h"
#include "earshot/import/logs.h"
#include "json.h"
#include "operation.h"
#include "params.h"

static void on_warning(const char *message, gpointer user_data) {
  es_request_warning(user_data, "%s", message);
}

static void on_progress(guint64 done, guint64 total, gpointer user_data) {
  JsonObject *state = json_object_new();
  json_object_set_int_member(state, "calls_done", (gint64)done);
  json_object_set_int_member(state, "calls", (gint64)total);
  es_request_progress(user_data, state);
}

static JsonObject *stats_json(const EsLogsStats *stats) {
  const struct {
    const char *name;
    guint64 value;
  } counters[] = {
      {"lines", stats->lines},     {"new_lines", stats->new_lines}, {"wrong_lines", stats->wrong_lines},
      {"calls", stats->calls},     {"joined", stats->joined},       {"made", stats->made},
      {"changed", stats->changed}, {"ambiguous", stats->ambiguous},
  };
  JsonObject *o = json_object_new();
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
    json_object_set_int_member(o, counters[i].name, (gint64)counters[i].value);
  json_object_set_boolean_member(o, "stopped", stats->stopped);
  return o;
}

static JsonObject *queue_json(const EsQueueSummary *queue) {
  const struct {
    const char *name;
    guint64 value;
  } counters[] = {
      {"offered", queue->offered},         {"answered", queue->answered},
      {"abandoned", queue->abandoned},     {"timed_out", queue->timed_out},
      {"left_by_key", queue->left_by_key}, {"left_empty", queue->left_empty},
      {"ring_attempts", queue->rung},      {"transferred", queue->transferred},
      {"recorded", queue->recorded},       {"unrecorded", queue->unrecorded},
  };
  JsonObject *o = json_object_new();
  es_json_set_text(o, "queue", queue->queue);
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
    json_object_set_int_member(o, counters[i].name, (gint64)counters[i].value);
  gboolean known = queue->waits > 0;
  es_json_set_ms(o, "wait_ms", known ? queue->wait_ms : ES_UNKNOWN);
  es_json_set_ms(o, "mean_wait_ms", known ? queue->wait_ms / (gint64)queue->waits : ES_UNKNOWN);
  es_json_set_ms(o, "longest_wait_ms", known ? queue->longest_wait_ms : ES_UNKNOWN);
  return o;
}

static void reply(EsRequest *request, const EsLogsStats *stats, const GPtrArray *queues) {
  JsonObject *row = stats_json(stats);
  JsonArray *list = queues ? json_array_new() : NULL;
  for (guint i = 0; queues && i < queues->len; i++)
    json_array_add_object_element(list, queue_json(g_ptr_array_index(queues, i)));
  if (list)
    json_object_set_array_member(row, "queues", list);
  es_request_row(request, row);
}

static gboolean run(EsRequest *request, gboolean is_queue_log, GError **error) {
  g_auto(GStrv) files = es_param_strings(request, "files");
  g_autoptr(GPtrArray) queues = NULL;
  gint stop = 0;
  EsLogsStats stats;
  const EsLogsOptions options = {
      .files = (const char *const *)files,
      .timezone = es_param_string(request, "timezone"),
      .actor = es_request_actor(request),
      .now_us = request->now_us,
      .stop = &stop,
      .warning = on_warning,
      .progress = on_progress,
      .user_data = request,
  };
  gulong watch = es_request_watch(request, &stop);
  gboolean ok = is_queue_log ? es_queue_log_import(request->index, &options, &stats, &queues, error)
                             : es_cdr_import(request->index, &options, &stats, error);
  es_request_unwatch(request, watch);
  if (ok)
    reply(request, &stats, queues);
  return ok;
}

static gboolean run_queue_log(EsRequest *request, GError **error) {
  return run(request, TRUE, error);
}

static gboolean run_cdr(EsRequest *request, GError **error) {
  return run(request, FALSE, error);
}

static const EsParam params[] = {
    {"files", ES_PARAM_STRINGS, TRUE, N_("files of the telephone system; - is standard input")},
    {"timezone", ES_PARAM_STRING, FALSE, N_("of the times in them; otherwise this machine's")},
    {0},
};
const EsOperation es_op_import_queue_log = {
    .info = {"import.queue_log", ES_PERMISSION_OPERATE, TRUE, N_("take in the telephone system's queue log"),
             params},
    .own_transactions = TRUE,
    .run = run_queue_log,
};
const EsOperation es_op_import_cdr = {
    .info = {"import.cdr", ES_PERMISSION_OPERATE, TRUE,
             N_("take in the telephone system's call detail records"), params},
    .own_transactions = TRUE,
    .run = run_cdr,
};
