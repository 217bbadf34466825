// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// call.mapping: which rule set what in a call. mapping is null for calls without a trace: imported ones, and
// those recorded before traces were kept. What today's rules would say cannot be told: the messages of the
// call are not kept.
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"

static gboolean run_mapping(EsRequest *request, GError **error) {
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  if (!call)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", call->id);
  es_json_set_text(row, "source", call->source);
  if (call->mapping_json)
    es_json_set_parsed(row, "mapping", call->mapping_json);
  else
    json_object_set_null_member(row, "mapping");
  es_request_row(request, row);
  return TRUE;
}

static const EsParam mapping_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {0},
};
const EsOperation es_op_call_mapping = {
    .info = {"call.mapping", ES_PERMISSION_LISTEN, FALSE, N_("which rule set what in a call"),
             mapping_params},
    .run = run_mapping,
};
