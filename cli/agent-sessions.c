// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent sessions: who was logged in to the queues, from when until when, and paused how long.
#include "agents.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "filters.h"
#include "format.h"
#include "table.h"

static const EsArg sessions_args[] = {
    {"today", 0, ES_ARG_NONE, NULL, NULL, N_("today"), NULL},
    {"yesterday", 0, ES_ARG_NONE, NULL, NULL, N_("yesterday"), NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("logged in then or later"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("logged in before the end of that"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("agent"), FALSE, 6, 0}, {N_("name"), FALSE, 6, 3},    {N_("from"), FALSE, 0, 0},
    {N_("until"), FALSE, 0, 0}, {N_("duration"), TRUE, 0, 0}, {N_("paused"), TRUE, 0, 0},
    {N_("pauses"), TRUE, 0, 2}, {N_("queues"), FALSE, 8, 1},
};

static void add_row(EsTable *table, JsonObject *row) {
  g_autofree char *from = es_format_minute(row, "from"), *until = es_format_minute(row, "until");
  g_autofree char *length = es_format_length(row, "length_ms"), *paused = es_format_length(row, "paused_ms");
  g_autofree char *queues = es_reply_join(row, "queues", _(", "));
  es_table_row(table);
  es_table_cell(table, es_reply_text(row, "agent"), ES_STYLE_NONE);
  es_table_cell(table, es_reply_text(row, "agent_name"), ES_STYLE_NONE);
  es_table_cell(table, from, ES_STYLE_NONE);
  es_table_cell(table, *until ? until : _("still logged in"), *until ? ES_STYLE_NONE : ES_STYLE_GOOD);
  es_table_cell(table, length, ES_STYLE_NONE);
  es_table_cell(table, paused, ES_STYLE_NONE);
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)MAX(es_reply_int(row, "pauses"), 0));
  es_table_cell(table, queues, ES_STYLE_NONE);
}

static gboolean run_sessions(EsContext *context, GError **error) {
  if (!es_filter_days(context, error))
    return FALSE;
  g_autoptr(GPtrArray) rows = es_context_rows(context, "agent.sessions", error);
  if (rows == NULL)
    return FALSE;
  if (rows->len == 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                        _("no log-ins are known; earshot import --queue-log reads them"));
    return FALSE;
  }
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++)
    add_row(table, g_ptr_array_index(rows, i));
  es_table_print(table, &context->screen);
  return TRUE;
}

const EsCommand es_cmd_agent_sessions = {
    .name = "sessions",
    .summary = N_("show who was logged in to the queues, and paused"),
    .description = N_("As the telephone system's queue log has it: log-ins, log-outs and pauses."),
    .args = {sessions_args},
    .run = run_sessions,
};
