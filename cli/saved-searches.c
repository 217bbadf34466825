// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Saved searches (see saved-searches.h).
#include "saved-searches.h"
#include "commands.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "filters.h"
#include "format.h"
#include "table.h"

#include <string.h>

// ---- criteria as they are typed

static void append_option(GString *line, const char *name, const char *value) {
  g_string_append_printf(line, "%s--%s", line->len > 0 ? " " : "", name);
  if (value == NULL)
    return;
  gboolean quote = *value == '\0' || strpbrk(value, " \t\"'*$\\") != NULL;
  g_string_append_printf(line, quote ? " \"%s\"" : " %s", value);
}

static void append_argument(GString *line, const EsArg *arg, JsonObject *params) {
  gint64 whole = es_reply_int(params, arg->param);
  g_autofree char *text = NULL;
  gboolean alone = whole == 1;
  switch (arg->kind) {
  case ES_ARG_NONE:
    break;
  case ES_ARG_LENGTH_OR_NONE:
    text = alone ? NULL : es_duration_format(whole, FALSE);
    break;
  case ES_ARG_LENGTH:
    text = es_duration_format(whole, FALSE);
    break;
  case ES_ARG_COUNT_OR_NONE:
    text = alone ? NULL : g_strdup_printf("%" G_GINT64_FORMAT, whole);
    break;
  case ES_ARG_COUNT:
    text = g_strdup_printf("%" G_GINT64_FORMAT, whole);
    break;
  case ES_ARG_NUMBER:
    text = g_strdup_printf("%g", es_reply_number(params, arg->param));
    break;
  case ES_ARG_TEXT:
  case ES_ARG_LIST:
    text = g_strdup(es_reply_text(params, arg->param));
    break;
  }
  append_option(line, arg->name, text);
}

char *es_search_spell(JsonObject *params) {
  GString *line = g_string_new(es_reply_text(params, "words"));
  const char *days = es_filter_spell_days(params);
  if (days != NULL)
    append_option(line, days, NULL);
  for (guint list = 0; es_cmd_search.args[list] != NULL; list++)
    for (const EsArg *arg = es_cmd_search.args[list]; arg->name != NULL; arg++) {
      gboolean told =
          days != NULL && (g_strcmp0(arg->param, "from") == 0 || g_strcmp0(arg->param, "to") == 0);
      if (arg->param != NULL && !told && json_object_has_member(params, arg->param))
        append_argument(line, arg, params);
    }
  return g_string_free(line, FALSE);
}

// ---- the options

static JsonObject *run_one(EsContext *context, const char *operation, JsonObject *params, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows_of(context, operation, params, error);
  return rows != NULL && rows->len > 0 ? json_object_ref(g_ptr_array_index(rows, 0)) : NULL;
}

gboolean es_saved_search_keep(EsContext *context, GError **error) {
  static const char *const others[] = {"limit", "page", "after", "count", NULL};
  g_autoptr(JsonObject) params = json_object_new();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, es_context_params(context));
  while (json_object_iter_next(&iter, &name, &value))
    if (!g_strv_contains(others, name))
      json_object_set_member(params, name, json_node_copy(value));
  json_object_set_string_member(params, "name", es_context_text(context, "save"));
  g_autoptr(JsonObject) row = run_one(context, "search.save", params, error);
  if (row == NULL)
    return FALSE;
  const char *saved = es_reply_text(row, "name");
  if (es_reply_true(row, "replaced"))
    es_message(_("saved in the place of the former “%s”"), saved);
  else
    es_message(_("saved; next time: earshot search --saved \"%s\""), saved);
  return TRUE;
}

static const EsColumn columns[] = {
    {N_("name"), FALSE, 10, 0},
    {N_("search"), FALSE, 20, ES_TABLE_WRAP},
};

gboolean es_saved_search_list(EsContext *context, GError **error) {
  g_autoptr(JsonObject) params = json_object_new();
  g_autoptr(GPtrArray) rows = es_context_rows_of(context, "search.list", params, error);
  if (rows == NULL)
    return FALSE;
  if (rows->len == 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                        _("no search is saved yet; search … --save NAME keeps one"));
    return FALSE;
  }
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    JsonNode *node = json_object_get_member(row, "params");
    g_autofree char *line =
        node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? es_search_spell(json_node_get_object(node)) : NULL;
    es_table_row(table);
    es_table_cell(table, es_reply_text(row, "name"), ES_STYLE_NONE);
    es_table_cell(table, line, ES_STYLE_NONE);
  }
  es_table_print(table, &context->screen);
  return TRUE;
}

gboolean es_saved_search_forget(EsContext *context, GError **error) {
  g_autoptr(JsonObject) params = json_object_new();
  json_object_set_string_member(params, "name", es_context_text(context, "forget"));
  g_autoptr(JsonObject) row = run_one(context, "search.forget", params, error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else
    es_message(_("forgotten: “%s”"), es_reply_text(row, "name"));
  return TRUE;
}
