// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent: the directory of who has which extension.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"

static const EsArg add_args[] = {
    {"latin", 0, ES_ARG_TEXT, "latin_name", N_("NAME"), N_("the same name in the other script"), NULL},
    {"team", 0, ES_ARG_TEXT, "team", N_("TEAM"), N_("team"), NULL},
    {"client", 0, ES_ARG_TEXT, "client", N_("CLIENT"), N_("client the agent works for"), NULL},
    {"language", 0, ES_ARG_TEXT, "language", N_("LANGUAGE"), N_("language the agent speaks with callers"),
     NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("has the extension from then on"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("has it until then"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("extension"), FALSE, 0, 0}, {N_("name"), FALSE, 8, 0},   {N_("other script"), FALSE, 8, 2},
    {N_("team"), FALSE, 6, 0},      {N_("client"), FALSE, 6, 0}, {N_("language"), FALSE, 0, 3},
    {N_("from"), FALSE, 0, 1},      {N_("until"), FALSE, 0, 1},
};

static gboolean run_add(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  json_object_set_string_member(params, "extension", es_context_word(context, 0));
  json_object_set_string_member(params, "name", es_context_word(context, 1));
  g_autoptr(GPtrArray) rows = es_context_rows(context, "agent.add", error);
  if (rows == NULL)
    return FALSE;
  if (!es_context_print_json(context, rows))
    printf(_("%s is %s\n"), es_context_word(context, 0), es_context_word(context, 1));
  return TRUE;
}

static gboolean run_list(EsContext *context, GError **error) {
  static const char *const fields[] = {"extension", "name", "latin_name", "team", "client", "language"};
  g_autoptr(GPtrArray) rows = es_context_rows(context, "agent.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *from = es_format_moment(row, "from");
    g_autofree char *to = es_format_moment(row, "to");
    es_table_row(table);
    for (gsize f = 0; f < G_N_ELEMENTS(fields); f++)
      es_table_cell(table, es_reply_text(row, fields[f]), ES_STYLE_NONE);
    es_table_cell(table, from, ES_STYLE_NONE);
    es_table_cell(table, to, ES_STYLE_NONE);
  }
  es_table_print(table, &context->screen);
  if (rows->len == 0)
    es_message(_("nobody is in the directory yet; earshot agent add EXTENSION NAME enters someone"));
  return TRUE;
}

static const EsCommand cmd_add = {
    .name = "add",
    .summary = N_("enter an agent"),
    .usage = N_("EXTENSION NAME"),
    .args = {add_args},
    .least = 2,
    .most = 2,
    .run = run_add,
};

static const EsCommand cmd_list = {
    .name = "list",
    .summary = N_("list the directory"),
    .args = {es_json_args},
    .run = run_list,
};

static const EsCommand *const subs[] = {&cmd_list, &cmd_add, NULL};

const EsCommand es_cmd_agent = {
    .name = "agent",
    .summary = N_("the directory: which extension is which person"),
    .description = N_("Calls show the name that an extension had at the time of the call. Names are found in "
                      "either script."),
    .sub = subs,
};
