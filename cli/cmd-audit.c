// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot audit: who did what, newest first.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "format.h"
#include "table.h"

#include <string.h>

static const EsArg audit_args[] = {
    {"limit", 'l', ES_ARG_COUNT, "limit", N_("ROWS"), N_("at most that many rows (50)"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("when"), FALSE, 0, 0}, {N_("who"), FALSE, 6, 0},    {N_("operation"), FALSE, 0, 0},
    {N_("call"), FALSE, 0, 0}, {N_("result"), FALSE, 8, 0}, {N_("parameters"), FALSE, 12, 1},
};

// params comes as the JSON text it is kept as, or as an object.
static char *params_text(JsonObject *row) {
  JsonNode *node = json_object_get_member(row, "params");
  if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
    return es_reply_line(json_node_get_object(node));
  return g_strdup(es_reply_text(row, "params"));
}

static gboolean run_audit(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  if (!json_object_has_member(params, "limit"))
    json_object_set_int_member(params, "limit", 50);
  g_autoptr(GPtrArray) rows = es_context_rows(context, "audit.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *at = es_format_moment(row, "at");
    g_autofree char *text = params_text(row);
    const char *call = es_reply_text(row, "call");
    gboolean ok = g_strcmp0(es_reply_text(row, "result"), "ok") == 0;
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "actor"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "operation"), ES_STYLE_NONE);
    es_table_cell(table, call != NULL && strlen(call) >= ES_ID_SHORT ? es_id_short(call) : call,
                  ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "result"), ok ? ES_STYLE_NONE : ES_STYLE_BAD);
    es_table_cell(table, text, ES_STYLE_DIM);
  }
  es_table_print(table, &context->screen);
  return TRUE;
}

const EsCommand es_cmd_audit = {
    .name = "audit",
    .summary = N_("list who did what, newest first"),
    .description = N_("Every operation leaves a row, also one that failed."),
    .args = {audit_args},
    .run = run_audit,
};
