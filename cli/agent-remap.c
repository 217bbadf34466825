// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent remap: past calls as the directory is now.
#include "agents.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"
#include "terms.h"

static const EsArg remap_args[] = {
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("calls from then on"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("only calls up to then"), NULL},
    {"dry-run", 'n', ES_ARG_NONE, "dry_run", NULL, N_("show what would change, change nothing"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("field"), FALSE, 0, 0},
    {N_("was"), FALSE, 8, 0},
    {N_("becomes"), FALSE, 8, 0},
    {N_("calls"), TRUE, 0, 0},
};

static void add_value(EsTable *table, JsonObject *row, const char *name) {
  const char *value = es_reply_text(row, name);
  gboolean person = g_strcmp0(es_reply_text(row, "field"), "agent_name") == 0;
  es_table_cell(table,
                value != NULL ? value
                : person      ? _("nobody")
                              : "—",
                value != NULL ? ES_STYLE_NONE : ES_STYLE_DIM);
}

static void print_changes(GPtrArray *rows, const EsScreen *screen) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i + 1 < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    es_table_row(table);
    es_table_cell(table, es_term(es_reply_text(row, "field")), ES_STYLE_NONE);
    add_value(table, row, "old");
    add_value(table, row, "new");
    es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)es_reply_int(row, "calls"));
  }
  es_table_print(table, screen);
}

static gboolean run_remap(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_agents_rows(context, "agent.remap", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  gboolean trial = json_object_has_member(es_context_params(context), "dry_run");
  JsonObject *summary = g_ptr_array_index(rows, rows->len - 1);
  int changed = (int)MAX(es_reply_int(summary, "calls_changed"), 0);
  print_changes(rows, &context->screen);
  printf(_("calls looked at: %d  changed: %d\n"), (int)MAX(es_reply_int(summary, "calls"), 0), changed);
  if (trial)
    es_message(_("nothing was changed: this was a trial"));
  if (changed > 0)
    es_message(_("evaluations stay with the agent for whom they were made"));
  return TRUE;
}

const EsCommand es_cmd_agent_remap = {
    .name = "remap",
    .summary = N_("apply the directory to past calls"),
    .description = N_("Names, teams and clients of calls that came from the directory become what it says "
                      "now. What a mapping rule or a person set stays. Each change is kept in the history "
                      "of its call; Ctrl-C is safe, the same command goes on."),
    .args = {remap_args},
    .required = "from",
    .run = run_remap,
};
