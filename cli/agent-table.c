// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "agents.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"
#include "terms.h"

#include <string.h>

static const EsColumn columns[] = {
    {N_("change"), FALSE, 0, 0},       {N_("extension"), FALSE, 0, 0}, {N_("name"), FALSE, 8, 0},
    {N_("other script"), FALSE, 8, 4}, {N_("team"), FALSE, 6, 2},      {N_("client"), FALSE, 6, 3},
    {N_("language"), FALSE, 0, 6},     {N_("days"), FALSE, 0, 0},      {N_("hours"), FALSE, 0, 0},
    {N_("from"), FALSE, 0, 0},         {N_("until"), FALSE, 0, 0},     {N_("taken out"), FALSE, 0, 0},
    {N_("by"), FALSE, 0, 5},
};

static const char *action_term(const char *action) {
  return action == NULL                   ? NULL
         : strcmp(action, "added") == 0   ? _("new")
         : strcmp(action, "changed") == 0 ? _("changed")
                                          : _("ends");
}

void es_agents_print(GPtrArray *rows, const EsScreen *screen) {
  static const char *const fields[] = {"extension", "name",     "latin_name", "team",
                                       "client",    "language", "days",       "hours"};
  static const char *const moments[] = {"from", "to", "removed_at"};
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    es_table_row(table);
    es_table_cell(table, action_term(es_reply_text(row, "action")), ES_STYLE_NONE);
    for (gsize f = 0; f < G_N_ELEMENTS(fields); f++)
      es_table_cell(table, es_reply_text(row, fields[f]), ES_STYLE_NONE);
    for (gsize f = 0; f < G_N_ELEMENTS(moments); f++) {
      g_autofree char *moment = es_format_minute_short(row, moments[f]);
      es_table_cell(table, moment, ES_STYLE_NONE);
    }
    es_table_cell(table, es_reply_text(row, "removed_by"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}
