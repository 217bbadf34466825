// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// audit.list: who did what, newest first.
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"

#define DEFAULT_ROWS 50
#define MAX_ROWS 1000000

static gboolean run_list(EsRequest *request, GError **error) {
  gint64 limit = es_param_int(request, "limit", DEFAULT_ROWS);
  if (limit < 1 || limit > MAX_ROWS)
    return es_request_refuse(error, "limit", _("must be from %d to %d"), 1, MAX_ROWS);
  g_autoptr(GPtrArray) entries = es_index_list_audit(request->index, (guint)limit, error);
  if (!entries)
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    es_request_row(request, es_json_audit(g_ptr_array_index(entries, i)));
  return TRUE;
}

static const EsParam list_params[] = {
    {"limit", ES_PARAM_INT, FALSE, N_("entries at most")},
    {0},
};
const EsOperation es_op_audit_list = {
    .info = {"audit.list", ES_PERMISSION_OPERATE, FALSE, N_("who did what"), list_params},
    .run = run_list,
};
