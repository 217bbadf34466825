// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// import.files: recordings that other systems made. import.transcript: what was said in a call that is there.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/import/import.h"
#include "earshot/index/transcript.h"
#include "json.h"
#include "operation.h"
#include "params.h"

static JsonObject *stats_json(const EsImportStats *stats, gboolean done) {
  const struct {
    const char *name;
    guint64 value;
  } counters[] = {
      {"files", stats->files},
      {"files_done", stats->files_done},
      {"total_bytes", stats->bytes},
      {"done_bytes", stats->bytes_done},
      {"calls_recorded", stats->recorded},
      {"calls_partial", stats->partial},
      {"calls_none", stats->none},
      {"calls_skipped", stats->known},
      {"files_failed", stats->failed},
      {"rows_wrong", stats->wrong},
      {"transcripts", stats->transcripts},
  };
  JsonObject *o = json_object_new();
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
    json_object_set_int_member(o, counters[i].name, (gint64)counters[i].value);
  json_object_set_boolean_member(o, "stopped", stats->stopped);
  json_object_set_boolean_member(o, "done", done);
  return o;
}

static void on_progress(const EsImportStats *stats, gpointer user_data) {
  es_request_progress(user_data, stats_json(stats, FALSE));
}

static void on_finished(const EsCall *call, gpointer user_data) {
  es_request_row(user_data, es_json_call(call));
}

static void on_warning(const char *message, gpointer user_data) {
  es_request_warning(user_data, "%s", message);
}

static gboolean import(EsRequest *request, EsImportOptions *options, GError **error) {
  const EsImportSink sink = {on_progress, on_finished, on_warning, request};
  EsImportStats stats = {0};
  gint stop = 0;
  options->stop = &stop;
  gulong watch = es_request_watch(request, &stop);
  gboolean ok = es_import_run(options, request->index, &sink, &stats, error);
  es_request_unwatch(request, watch);
  options->stop = NULL;
  es_request_progress(request, stats_json(&stats, TRUE));
  return ok;
}

static gboolean check_params(EsRequest *request, GError **error) {
  static const char *const roles[] = {"agent", "customer", "caller", "callee", NULL};
  const char *left = es_param_string(request, "left");
  if (left && !g_strv_contains(roles, left))
    return es_request_refuse(error, "left", _("must be one of %s"), "agent, customer, caller, callee");
  if (es_param_has(request, "asterisk") &&
      (es_param_has(request, "metadata") || es_param_has(request, "files")))
    return es_request_refuse(error, "asterisk", _("stands alone, without files and metadata"));
  if (!es_param_has(request, "files") && !es_param_has(request, "asterisk") &&
      !es_param_has(request, "metadata"))
    return es_request_refuse(error, "files", _("nothing to import"));
  return TRUE;
}

static gboolean run_files(EsRequest *request, GError **error) {
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL);
  if (!check_params(request, error))
    return FALSE;
  g_autoptr(EsConfig) config = es_config_load(path, error);
  if (!config)
    return FALSE;
  g_auto(GStrv) files = es_param_strings(request, "files");
  EsImportOptions options = {
      .library = es_request_library(request),
      .config = config,
      .paths = (const char *const *)files,
      .metadata = es_param_string(request, "metadata"),
      .asterisk = es_param_string(request, "asterisk"),
      .cdr = es_param_string(request, "cdr"),
      .transcripts = es_param_string(request, "transcripts"),
      .left = es_param_string(request, "left"),
      .timezone = es_param_string(request, "timezone"),
      .skip_wrong = es_param_bool(request, "skip_wrong"),
      .dry_run = es_param_bool(request, "dry_run"),
      .threads = (guint)es_param_int(request, "threads", 0),
  };
  return import(request, &options, error);
}

static const EsParam files_params[] = {
    {"files", ES_PARAM_STRINGS, FALSE, N_("recordings, and directories of them")},
    {"metadata", ES_PARAM_STRING, FALSE, N_("table of what is known of them, CSV or JSON")},
    {"asterisk", ES_PARAM_STRING, FALSE, N_("monitor folder of Asterisk or FreePBX")},
    {"cdr", ES_PARAM_STRING, FALSE, N_("call detail records of that system")},
    {"transcripts", ES_PARAM_STRING, FALSE, N_("folder with transcripts named like the recordings")},
    {"left", ES_PARAM_STRING, FALSE, N_("whose voice the left channel is: agent, customer, caller, callee")},
    {"timezone", ES_PARAM_STRING, FALSE, N_("of times that name none; otherwise this machine's")},
    {"skip_wrong", ES_PARAM_BOOL, FALSE,
     N_("leave out what the table has wrong instead of importing nothing")},
    {"dry_run", ES_PARAM_BOOL, FALSE, N_("only say what would be imported")},
    {"threads", ES_PARAM_INT, FALSE, N_("how many at once; otherwise as many as there are processors")},
    {0},
};
const EsOperation es_op_import_files = {
    .info = {"import.files", ES_PERMISSION_OPERATE, TRUE, N_("import recordings that other systems made"),
             files_params},
    .own_transactions = TRUE,
    .run = run_files,
};

static gboolean run_transcript(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (call && (g_strcmp0(call->consent_state, "refused") == 0 ||
               g_strcmp0(call->consent_state, "withdrawn") == 0)) { // words are the conversation too
    g_set_error(error, ES_ERROR, ES_ERROR_DENIED, _("call %s: consent was refused or withdrawn"), call->id);
    return FALSE;
  }
  g_autoptr(GPtrArray) cues = call ? es_transcript_read(es_param_string(request, "file"), error) : NULL;
  if (!cues || !es_index_put_transcript(request->index, call->rowid, cues, error))
    return FALSE;
  JsonObject *o = json_object_new();
  json_object_set_string_member(o, "id", call->id);
  json_object_set_int_member(o, "cues", cues->len);
  es_request_row(request, o);
  return TRUE;
}

static const EsParam transcript_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"file", ES_PARAM_STRING, TRUE, N_("transcript, WebVTT or JSON")},
    {0},
};
const EsOperation es_op_import_transcript = {
    .info = {"import.transcript", ES_PERMISSION_OPERATE, TRUE, N_("take in the transcript of a call"),
             transcript_params},
    .run = run_transcript,
};
