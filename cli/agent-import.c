// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent import: a floor's directory from a table.
#include "agents.h"
#include "earshot/common/i18n.h"
#include "next-step.h"

#include <string.h>

static const EsArg import_args[] = {
    {"dry-run", 'n', ES_ARG_NONE, "dry_run", NULL, N_("show what would change, change nothing"), NULL},
    {"replace", 0, ES_ARG_NONE, "replace", NULL, N_("end the entries of others at the start of the new ones"),
     NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("start of the rows that name none"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_import(EsContext *context, GError **error) {
  json_object_set_string_member(es_context_params(context), "file", es_context_word(context, 0));
  g_autoptr(GPtrArray) rows = es_agents_rows(context, "agent.import", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  gboolean trial = json_object_has_member(es_context_params(context), "dry_run");
  g_autoptr(JsonObject) summary = json_object_ref(g_ptr_array_index(rows, rows->len - 1));
  g_ptr_array_set_size(rows, (int)rows->len - 1);
  if (trial)
    es_agents_print(rows, &context->screen);
  int added = (int)es_reply_count(summary, "added"), changed = (int)es_reply_count(summary, "changed");
  int ended = (int)es_reply_count(summary, "ended"), unchanged = (int)es_reply_count(summary, "unchanged");
  g_autofree char *line = g_strdup_printf(_("new: %d  changed: %d  ended: %d  unchanged: %d\n"), added,
                                          changed, ended, unchanged);
  fputs(line, stdout);
  if (trial)
    es_message(_("nothing was changed: this was a trial"));
  else
    es_next_step(context, "earshot agent list", "earshot agent unknown", NULL);
  return TRUE;
}

const EsCommand es_cmd_agent_import = {
    .name = "import",
    .summary = N_("enter a table of agents"),
    .usage = N_("FILE"),
    .description = N_("The file is CSV with the columns extension, name, latin_name, team, client, language, "
                      "from, to, hours, days; headings may be Arabic, only the first two are needed; - is "
                      "standard input. All rows are entered, or with a mistake in any of them none."),
    .args = {import_args},
    .least = 1,
    .most = 1,
    .run = run_import,
};
