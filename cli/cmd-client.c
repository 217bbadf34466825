// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot client: whose calls they are.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"

static const EsArg add_args[] = {
    {"name", 0, ES_ARG_TEXT, "name", N_("NAME"), N_("name for people, in any script"), NULL},
    {"latin", 0, ES_ARG_TEXT, "latin_name", N_("NAME"), N_("the same name in the other script"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_add(EsContext *context, GError **error) {
  json_object_set_string_member(es_context_params(context), "client", es_context_word(context, 0));
  g_autoptr(GPtrArray) rows = es_context_rows(context, "client.add", error);
  if (rows == NULL)
    return FALSE;
  if (!es_context_print_json(context, rows))
    printf(_("%s is entered\n"), es_context_word(context, 0));
  return TRUE;
}

static const EsColumn columns[] = {
    {N_("client"), FALSE, 6, 0}, {N_("name"), FALSE, 8, 0}, {N_("other script"), FALSE, 8, 2},
    {N_("calls"), TRUE, 0, 0},   {N_("last"), FALSE, 0, 1}, {N_("known from"), FALSE, 0, 0},
};

static const char *origin(JsonObject *row) {
  return es_reply_true(row, "entered")      ? _("entered")
         : es_reply_true(row, "configured") ? "earshot.conf"
         : es_reply_int(row, "calls") > 0   ? _("calls")
                                            : _("directory");
}

static gboolean run_list(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "client.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *last = es_format_minute(row, "last");
    es_table_row(table);
    es_table_cell(table, es_reply_text(row, "client"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "name"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "latin_name"), ES_STYLE_NONE);
    es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)MAX(es_reply_int(row, "calls"), 0));
    es_table_cell(table, last, ES_STYLE_NONE);
    es_table_cell(table, origin(row), ES_STYLE_NONE);
  }
  es_table_print(table, &context->screen);
  if (rows->len == 0)
    es_message(_("there are no clients yet; earshot client add NAME enters one"));
  return TRUE;
}

static const EsCommand cmd_add = {
    .name = "add",
    .summary = N_("enter a client, or give it other names"),
    .usage = N_("NAME"),
    .args = {add_args},
    .least = 1,
    .most = 1,
    .run = run_add,
};

static const EsCommand cmd_list = {
    .name = "list",
    .summary = N_("list the clients"),
    .args = {es_json_args},
    .run = run_list,
};

static const EsCommand *const subs[] = {&cmd_list, &cmd_add, NULL};

const EsCommand es_cmd_client = {
    .name = "client",
    .summary = N_("the clients whose calls they are"),
    .description = N_("Calls carry a client's short name. What is entered here adds its names for people; "
                      "search --client finds calls by any of them."),
    .sub = subs,
};
