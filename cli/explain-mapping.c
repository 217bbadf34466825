// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "explain-mapping.h"
#include "earshot/common/i18n.h"
#include "last-search.h"
#include "table.h"
#include "terms.h"

#include <string.h>

static const EsColumn columns[] = {{N_("field"), FALSE, 0, 0},
                                   {N_("value"), FALSE, 8, ES_TABLE_WRAP},
                                   {N_("rule"), FALSE, 10, ES_TABLE_WRAP},
                                   {N_("what it read"), FALSE, 10, ES_TABLE_WRAP},
                                   {N_("result"), FALSE, 0, 0}};

static const char *field_name(const char *field) {
  static const struct {
    const char *field, *name;
  } names[] = {{"agent", N_("agent")},
               {"queue", N_("queue")},
               {"client", N_("client")},
               {"direction", N_("direction")},
               {"business_id", N_("business id")}};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_strcmp0(field, names[i].field) == 0)
      return _(names[i].name);
  return field;
}

static const char *result_text(const char *outcome, EsStyle *style) {
  static const struct {
    const char *outcome, *text;
    EsStyle style;
  } results[] = {{"set", N_("holds"), ES_STYLE_GOOD},
                 {"lost", N_("a rule further up won"), ES_STYLE_DIM},
                 {"refused", N_("not a value of this field"), ES_STYLE_CAUTION},
                 {"too-costly", N_("the expression took too long"), ES_STYLE_BAD}};
  *style = ES_STYLE_NONE;
  for (guint i = 0; i < G_N_ELEMENTS(results); i++)
    if (g_strcmp0(outcome, results[i].outcome) == 0) {
      *style = results[i].style;
      return _(results[i].text);
    }
  return outcome;
}

static void print_line(EsTable *table, JsonObject *line) {
  const char *field = es_reply_text(line, "field"), *value = es_reply_text(line, "value"),
             *rule = es_reply_text(line, "rule");
  gboolean direction = g_strcmp0(field, "direction") == 0, unset = g_strcmp0(rule, "default") == 0;
  EsStyle style;
  const char *result = result_text(es_reply_text(line, "outcome"), &style);
  es_table_row(table);
  es_table_cell(table, field_name(field), ES_STYLE_NONE);
  es_table_cell(table, direction ? es_term(value) : value ? value : _("(nothing)"), ES_STYLE_NONE);
  es_table_cell(table, unset ? _("no rule") : rule, ES_STYLE_NONE);
  es_table_cell(table, es_reply_text(line, "input"), ES_STYLE_NONE);
  es_table_cell(table, result, style);
}

static void print_trace(JsonObject *row, const EsScreen *screen) {
  JsonArray *lines = es_reply_array(row, "mapping");
  guint n = json_array_get_length(lines);
  if (n == 0) {
    es_screen_print(screen,
                    _("No trace is kept with this call: it was imported, or recorded before there was one. "
                      "The messages of a call are not kept, so what today's rules would say of it cannot "
                      "be told."),
                    0, 0);
    return;
  }
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < n; i++)
    print_line(table, es_reply_object_at(lines, i));
  es_table_print(table, screen);
}

gboolean es_explain_mapping(EsContext *context, const char *id, GError **error) {
  g_autofree char *whole = es_last_search_resolve(context->library, id, error);
  if (!whole)
    return FALSE;
  json_object_set_string_member(es_context_params(context), "id", whole);
  g_autoptr(JsonObject) row = es_context_one(context, "call.mapping", error);
  if (!row)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else
    print_trace(row, &context->screen);
  return TRUE;
}
