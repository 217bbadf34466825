// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// record.pcap and record.live: calls from capture files, or from an interface and from recording clients
// (SIPREC), into the library.
#include "capture-module.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"
#include "predecessors.h"
#include "watch.h"

#include <math.h>

static JsonObject *stats_json(const EsCaptureStats *stats, gboolean done) {
  JsonObject *o = json_object_new();
  es_json_set_stats(o, stats);
  es_json_set_time(o, "last_packet_at", stats->last_packet_us);
  es_json_set_time(o, "last_call_at", stats->last_call_us);
  json_object_set_boolean_member(o, "done", done);
  return o;
}

typedef struct {
  EsRequest *request;
  EsWatch *watch;
} Recording;

static void on_progress(const EsCaptureStats *stats, gpointer user_data) {
  const Recording *recording = user_data;
  es_watch_tell(recording->watch, stats);
  es_request_progress(recording->request, stats_json(stats, FALSE));
}

static void on_finished(const EsCall *call, gpointer user_data) {
  const Recording *recording = user_data;
  es_watch_call(recording->watch, call);
  es_request_row(recording->request, es_json_call(call));
}

static void on_event(EsLogEvent event, const char *message, gpointer user_data) {
  es_request_event(((const Recording *)user_data)->request, event, NULL, "%s", message);
}

static void on_warning(const char *message, gpointer user_data) {
  on_event(ES_LOG_OTHER, message, user_data);
}

static gboolean capture(EsRequest *request, const EsCaptureModule *module, EsCaptureOptions *options,
                        GError **error) {
  EsWatch *watch = es_watch_start(request, options, error);
  g_autoptr(GError) failed = NULL;
  if (!watch)
    return FALSE;
  options->successors = es_watch_successors(watch);
  Recording recording = {request, watch};
  const EsCaptureSink sink = {on_progress, on_finished, on_warning, &recording, on_event};
  EsCaptureStats stats = {.capture_us = ES_UNKNOWN,
                          .last_packet_us = ES_UNKNOWN,
                          .last_call_us = ES_UNKNOWN,
                          .ring_fill = NAN,
                          .complexity = ES_UNKNOWN,
                          .least_complexity = ES_UNKNOWN,
                          .encode_load = NAN};
  gboolean ok = module->run(options, request->index, &sink, &stats, &failed);
  es_request_progress(request, stats_json(&stats, TRUE));
  es_watch_stop(watch, failed);
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&failed));
  return ok;
}

// What files and interfaces have in common.
static gboolean record(EsRequest *request, EsCaptureOptions *options, GError **error) {
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL);
  const EsCaptureModule *module = es_capture_module(error);
  g_autoptr(EsConfig) config = module ? es_config_load(path, error) : NULL;
  if (!config || !module->check_config(config, error))
    return FALSE;
  gint stop = 0;
  options->library = es_request_library(request);
  options->config = config;
  options->filter = es_param_string(request, "filter");
  options->stop = &stop;
  gulong watch = es_request_watch(request, &stop);
  gboolean ok = capture(request, module, options, error);
  es_request_unwatch(request, watch);
  options->stop = NULL;
  return ok;
}

static gboolean run_pcap(EsRequest *request, GError **error) {
  g_auto(GStrv) files = es_param_strings(request, "files");
  EsCaptureOptions options = {.files = (const char *const *)files, .again = es_param_bool(request, "again")};
  return record(request, &options, error);
}

// Before the new one can be found itself.
static gboolean take_over(EsRequest *request, EsCaptureOptions *options, GError **error) {
  g_autoptr(GArray) found =
      es_predecessors_find(es_request_library(request), options->interface, options->siprec, error);
  if (!found)
    return FALSE;
  if (found->len == 0)
    es_request_warning(request, "%s",
                       _("no recorder of this library listens there; there is nothing to take over"));
  options->predecessors = (const int *)(gpointer)found->data;
  options->n_predecessors = found->len;
  return record(request, options, error);
}

static gboolean run_live(EsRequest *request, GError **error) {
  g_auto(GStrv) siprec = es_param_strings(request, "siprec");
  EsCaptureOptions options = {.interface = es_param_string(request, "interface"),
                              .siprec = siprec && *siprec ? (const char *const *)siprec : NULL,
                              .reload = es_request_reload(request)};
  if (options.interface || options.siprec)
    return es_param_bool(request, "take_over") ? take_over(request, &options, error)
                                               : record(request, &options, error);
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, _("neither interface nor siprec is given"));
  return FALSE;
}

static const EsParam pcap_params[] = {
    {"files", ES_PARAM_STRINGS, TRUE, N_("capture files in order; - is standard input")},
    {"filter", ES_PARAM_STRING, FALSE, N_("packets to look at, an expression of pcap-filter(7)")},
    {"again", ES_PARAM_BOOL, FALSE, N_("record calls that are already in the library a second time")},
    {0},
};
const EsOperation es_op_record_pcap = {
    .info = {"record.pcap", ES_PERMISSION_OPERATE, TRUE, N_("record the calls of capture files"),
             pcap_params},
    .own_transactions = TRUE,
    .run = run_pcap,
};

static const EsParam live_params[] = {
    {"interface", ES_PARAM_STRING, FALSE, N_("network interface, or any")},
    {"siprec", ES_PARAM_STRINGS, FALSE,
     N_("where to listen for recording clients: udp:ADDRESS:PORT, tcp:… or tls:…")},
    {"filter", ES_PARAM_STRING, FALSE, N_("packets to look at, an expression of pcap-filter(7)")},
    {"take_over", ES_PARAM_BOOL, FALSE,
     N_("take the place of the recorder that runs: it finishes its calls, and ends")},
    {0},
};
const EsOperation es_op_record_live = {
    .info = {"record.live", ES_PERMISSION_OPERATE, TRUE,
             N_("record the calls that a network interface carries or recording clients send, until stopped"),
             live_params},
    .own_transactions = TRUE,
    .run = run_live,
};
