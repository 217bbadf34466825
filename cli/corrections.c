// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "corrections.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"
#include "terms.h"

static const EsColumn columns[] = {
    {N_("when"), FALSE, 0, 2},
    {N_("who"), FALSE, 0, 0},
    {N_("field"), FALSE, 0, 0},
    {N_("was"), FALSE, 8, 0},
    {N_("became"), FALSE, 8, 0},
    {N_("source"), FALSE, 0, 1},
    {N_("reason"), FALSE, 12, ES_TABLE_WRAP},
};

// "agent (2)": of the second segment.
static char *field_text(JsonObject *row) {
  const char *field = es_term(es_reply_text(row, "field"));
  gint64 segment = es_reply_int(row, "segment");
  return segment == ES_UNKNOWN ? g_strdup(field) : g_strdup_printf("%s (%d)", field, (int)segment + 1);
}

static void add_value(EsTable *table, JsonObject *row, const char *name) {
  const char *value = es_reply_text(row, name);
  es_table_cell(table, value != NULL ? value : "—", value != NULL ? ES_STYLE_NONE : ES_STYLE_DIM);
}

void es_corrections_print(GPtrArray *rows, int indent, const EsScreen *screen) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), indent);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *at = es_format_minute(row, "at");
    g_autofree char *field = field_text(row);
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "actor"), ES_STYLE_NONE);
    es_table_cell(table, field, ES_STYLE_NONE);
    add_value(table, row, "old");
    add_value(table, row, "new");
    es_table_cell(table, es_term(es_reply_text(row, "source")), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "reason"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}
