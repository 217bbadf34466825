// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent unknown: extensions that calls carry and nobody had.
#include "agents.h"
#include "csv.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "next-step.h"
#include "table.h"

#include <string.h>

#define GROUP_LEAST 3 // extensions that make a group worth a line

static const EsArg unknown_args[] = {
    {"since", 0, ES_ARG_TEXT, "since", N_("WHEN"), N_("only calls from then on"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("only calls up to then"), NULL},
    {"csv", 0, ES_ARG_NONE, NULL, NULL, N_("print a table to fill in for earshot agent import"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("extension"), FALSE, 0, 0},
    {N_("calls"), TRUE, 0, 0},
    {N_("first"), FALSE, 0, 1},
    {N_("last"), FALSE, 0, 0},
};

static void print_table(GPtrArray *rows, const EsScreen *screen) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *first = es_format_minute(row, "first");
    g_autofree char *last = es_format_minute(row, "last");
    es_table_row(table);
    es_table_cell(table, es_reply_text(row, "extension"), ES_STYLE_NONE);
    es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)es_reply_int(row, "calls"));
    es_table_cell(table, first, ES_STYLE_NONE);
    es_table_cell(table, last, ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

// "27xx" of "2741"; NULL for what is no number of at least three digits. Caller frees.
static char *pattern_of(const char *extension) {
  gsize length = extension != NULL ? strlen(extension) : 0;
  if (length < 3 || strspn(extension, "0123456789") != length)
    return NULL;
  char *pattern = g_strdup(extension);
  memset(pattern + length - 2, 'x', 2);
  return pattern;
}

// A range that nobody entered shows at a glance; rows come in the order of their extensions.
static void print_groups(GPtrArray *rows) {
  for (guint i = 0, n; i < rows->len; i += n) {
    gint64 calls = 0;
    g_autofree char *pattern = pattern_of(es_reply_text(g_ptr_array_index(rows, i), "extension"));
    for (n = 0; i + n < rows->len; n++) {
      JsonObject *row = g_ptr_array_index(rows, i + n);
      g_autofree char *next = pattern_of(es_reply_text(row, "extension"));
      if (n > 0 && (next == NULL || g_strcmp0(pattern, next) != 0))
        break;
      calls += es_reply_int(row, "calls");
    }
    if (pattern != NULL && n >= GROUP_LEAST)
      printf(_("%s: extensions: %u, calls: %d\n"), pattern, n, (int)calls);
  }
}

static void print_csv(GPtrArray *rows) {
  fputs(ES_CSV_MARK "extension,name,latin_name,team,client,language,from,to,hours,days\r\n", stdout);
  for (guint i = 0; i < rows->len; i++) {
    g_autofree char *cell = es_csv_cell(es_reply_text(g_ptr_array_index(rows, i), "extension"));
    printf("%s,,,,,,,,,\r\n", cell);
  }
}

static gboolean run_unknown(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "agent.unknown", error);
  if (rows == NULL)
    return FALSE;
  if (rows->len == 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                        _("every extension of these calls has its person"));
    return FALSE;
  }
  if (es_context_print_json(context, rows))
    return TRUE;
  if (es_context_has(context, "csv")) {
    print_csv(rows);
    return TRUE;
  }
  print_table(rows, &context->screen);
  print_groups(rows);
  es_next_step(context, "earshot agent add EXTENSION NAME", "earshot agent unknown --csv", NULL);
  return TRUE;
}

const EsCommand es_cmd_agent_unknown = {
    .name = "unknown",
    .summary = N_("extensions of calls that are nobody's"),
    .args = {unknown_args},
    .run = run_unknown,
};
