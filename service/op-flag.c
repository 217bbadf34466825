// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// flag.*: marks on calls, such as "training". Taking one back keeps its history.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"

static gboolean reply_flags(EsRequest *request, const char *id, GError **error) {
  g_autoptr(EsCall) changed = es_index_get_call(request->index, id, error);
  if (!changed)
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "id", changed->id);
  es_json_set_texts(row, "flags", changed->flags);
  es_request_row(request, row);
  return TRUE;
}

static gboolean run_add(EsRequest *request, GError **error) {
  gint64 start_ms, end_ms;
  g_autofree char *flag = es_param_label("flag", es_param_string(request, "flag"), error);
  g_autoptr(EsCall) call = flag ? es_request_get_call(request, error) : NULL;
  return call && es_param_range(request, call, &start_ms, &end_ms, error) &&
         es_index_add_flag(request->index, call->rowid, flag, es_param_string(request, "note"), start_ms,
                           end_ms, es_request_actor(request), request->now_us, error) &&
         reply_flags(request, call->id, error);
}

static const EsParam add_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"flag", ES_PARAM_STRING, TRUE, N_("flag")},
    {"note", ES_PARAM_TEXT, FALSE, N_("why")},
    {"start_ms", ES_PARAM_INT, FALSE, N_("start of the range in the recording")},
    {"end_ms", ES_PARAM_INT, FALSE, N_("end of the range")},
    {0},
};
const EsOperation es_op_flag_add = {
    .info = {"flag.add", ES_PERMISSION_JUDGE, TRUE, N_("flag a call or a stretch of it"), add_params},
    .run = run_add,
};

static gboolean run_remove(EsRequest *request, GError **error) {
  g_autofree char *flag = es_param_label("flag", es_param_string(request, "flag"), error);
  g_autofree char *reason = g_strstrip(g_strdup(es_param_string(request, "reason")));
  if (!flag)
    return FALSE;
  if (reason[0] == '\0')
    return es_request_refuse(error, "reason", _("must not be empty"));
  g_autoptr(EsCall) call = es_request_get_call(request, error);
  return call &&
         es_index_remove_flag(request->index, call->rowid, flag, reason, es_request_actor(request),
                              request->now_us, error) &&
         reply_flags(request, call->id, error);
}

static const EsParam remove_params[] = {
    {"id", ES_PARAM_STRING, TRUE, N_("call")},
    {"flag", ES_PARAM_STRING, TRUE, N_("flag")},
    {"reason", ES_PARAM_TEXT, TRUE, N_("why it is taken back")},
    {0},
};
const EsOperation es_op_flag_remove = {
    .info = {"flag.remove", ES_PERMISSION_JUDGE, TRUE, N_("take a flag back"), remove_params},
    .run = run_remove,
};
