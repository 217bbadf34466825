// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.reconcile: the telephone system's calls held against the recordings.
#include "earshot/common/i18n.h"
#include "earshot/import/reconcile.h"
#include "json.h"
#include "operation.h"
#include "params.h"

#define TOLERANCE_MS 5000
#define LEAST_MS 1000

static const char *const kinds[] = {"missing", "partial", "unknown"};

static void on_warning(const char *message, gpointer user_data) {
  es_request_warning(user_data, "%s", message);
}

static JsonObject *pattern_json(const EsReconcilePattern *pattern) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "field", pattern->field);
  es_json_set_text(o, "value", pattern->value);
  json_object_set_int_member(o, "missing", pattern->missing);
  json_object_set_int_member(o, "calls", pattern->calls);
  es_json_set_time(o, "since", pattern->since_us);
  es_json_set_time(o, "until", pattern->until_us);
  return o;
}

static JsonObject *summary_json(const EsReconciliation *r) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "kind", "summary");
  json_object_set_int_member(o, "compared", r->compared);
  json_object_set_int_member(o, "recorded", r->recorded);
  json_object_set_int_member(o, "missing", r->missing);
  json_object_set_int_member(o, "partial", r->partial);
  json_object_set_int_member(o, "unknown", r->unknown);
  if (r->offset_known)
    json_object_set_int_member(o, "offset_ms", r->offset_ms);
  else
    json_object_set_null_member(o, "offset_ms");
  JsonArray *patterns = json_array_new();
  for (guint i = 0; i < r->patterns->len; i++)
    json_array_add_object_element(patterns, pattern_json(g_ptr_array_index(r->patterns, i)));
  json_object_set_array_member(o, "patterns", patterns);
  return o;
}

static JsonObject *call_json(const EsReconcileCall *call) {
  JsonObject *o = json_object_new();
  const EsCall *known = call->cdr ? call->cdr->call : NULL;
  const EsSegment *segment =
      known && known->segments->len ? g_ptr_array_index(known->segments, known->segments->len - 1) : NULL;
  es_json_set_text(o, "kind", kinds[call->kind]);
  es_json_set_time(o, "started_at", call->started_us);
  es_json_set_text(o, "caller", call->caller);
  es_json_set_text(o, "callee", call->callee);
  es_json_set_ms(o, "duration_ms", known ? known->duration_ms : ES_UNKNOWN);
  es_json_set_text(o, "direction", known ? known->direction : NULL);
  es_json_set_text(o, "agent", segment ? segment->agent : NULL);
  es_json_set_text(o, "queue", segment ? segment->queue : NULL);
  es_json_set_text(o, "pbx_id", known ? known->pbx_id : NULL);
  if (call->cdr)
    json_object_set_int_member(o, "line",
                               (gint64)((const EsCdrRow *)g_ptr_array_index(call->cdr->rows, 0))->line);
  else
    json_object_set_null_member(o, "line");
  es_json_set_text(o, "id", call->id);
  es_json_set_text(o, "reason", call->reason);
  return o;
}

static gboolean read_range(EsRequest *request, EsCdrOptions *cdr, EsReconcileOptions *options,
                           GError **error) {
  gint64 to_us, length_us = 0;
  if (!es_param_time(request, "from", &cdr->from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &length_us, error))
    return FALSE;
  cdr->until_us = to_us == ES_UNKNOWN ? ES_UNKNOWN : to_us + length_us;
  if (cdr->from_us != ES_UNKNOWN && cdr->until_us != ES_UNKNOWN && cdr->until_us <= cdr->from_us)
    return es_request_refuse(error, "to", _("“%s” lies before “%s”"), es_param_string(request, "to"),
                             es_param_string(request, "from"));
  options->from_us = cdr->from_us;
  options->until_us = cdr->until_us;
  return TRUE;
}

static gboolean run_reconcile(EsRequest *request, GError **error) {
  EsCdrOptions cdr_options = {
      .timezone = es_param_string(request, "timezone"), .warning = on_warning, .user_data = request};
  EsReconcileOptions options = {.tolerance_ms = es_param_int(request, "tolerance_ms", TOLERANCE_MS),
                                .least_ms = es_param_int(request, "min_duration_ms", LEAST_MS)};
  if (!read_range(request, &cdr_options, &options, error))
    return FALSE;
  g_autoptr(EsCdr) cdr = es_cdr_read(es_param_string(request, "cdr"), &cdr_options, error);
  g_autoptr(EsReconciliation) result = cdr ? es_reconcile(request->index, cdr, &options, error) : NULL;
  if (!result)
    return FALSE;
  es_request_row(request, summary_json(result));
  for (guint i = 0; i < result->calls->len; i++)
    es_request_row(request, call_json(g_ptr_array_index(result->calls, i)));
  return TRUE;
}

static const EsParam params[] = {
    {"cdr", ES_PARAM_STRING, TRUE, N_("the telephone system's call detail records")},
    {"from", ES_PARAM_STRING, FALSE, N_("calls that started then or later")},
    {"to", ES_PARAM_STRING, FALSE, N_("calls that started before the end of that")},
    {"timezone", ES_PARAM_STRING, FALSE, N_("of the times in the records; otherwise this machine's")},
    {"tolerance_ms", ES_PARAM_INT, FALSE, N_("how far the starts of one call may lie apart")},
    {"min_duration_ms", ES_PARAM_INT, FALSE, N_("shorter calls are not compared")},
    {0},
};
const EsOperation es_op_library_reconcile = {
    .info = {"library.reconcile", ES_PERMISSION_OPERATE, FALSE,
             N_("find calls of the telephone system that have no recording"), params},
    .run = run_reconcile,
};
