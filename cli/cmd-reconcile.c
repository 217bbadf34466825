// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot reconcile: calls of the telephone system that have no recording, and what they share.
#include "commands.h"
#include "context.h"
#include "csv.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "table.h"
#include "terms.h"

#include <stdlib.h>
#include <string.h>

static const EsArg reconcile_args[] = {
    {"cdr", 0, ES_ARG_TEXT, "cdr", N_("FILE"), N_("the telephone system's call detail records (Master.csv)"),
     NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("calls that started then or later"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("calls that started before the end of that"), NULL},
    {"timezone", 0, ES_ARG_TEXT, "timezone", N_("ZONE"),
     N_("of the times in the file: Africa/Cairo, UTC, +02:00"), NULL},
    {"tolerance", 0, ES_ARG_LENGTH, "tolerance_ms", N_("LENGTH"),
     N_("how far the starts of one call may lie apart where no id joins them (5s)"), NULL},
    {"min-duration", 0, ES_ARG_LENGTH, "min_duration_ms", N_("LENGTH"), N_("leave out shorter calls (1s)"),
     NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {"csv", 0, ES_ARG_NONE, NULL, NULL, N_("print CSV for spreadsheets"), NULL},
    {0},
};

static int count_of(JsonObject *row, const char *name) {
  return (int)es_reply_count(row, name);
}

// ---- what they share

static char *tell_trait(JsonObject *pattern) {
  const struct {
    const char *field, *text;
  } traits[] = {
      {"extensions", _("on extensions %s")}, {"extension", _("on extension %s")},
      {"queue", _("of queue %s")},           {"trunk", _("over line %s")},
      {"technology", _("over %s")},          {"client", _("of client %s")},
      {"context", _("from context %s")},     {"direction", "%s"},
  };
  const char *field = es_reply_text(pattern, "field"), *value = es_reply_text(pattern, "value");
  for (guint i = 0; i < G_N_ELEMENTS(traits); i++) {
    if (g_strcmp0(field, traits[i].field) != 0 || value == NULL)
      continue;
    gboolean direction = strcmp(field, "direction") == 0;
    g_auto(GStrv) parts = g_strsplit(traits[i].text, "%s", 2);
    return g_strconcat(parts[0], direction ? _(value) : value, parts[1], NULL);
  }
  return g_strdup("");
}

static char *tell_span(JsonObject *pattern) {
  g_autofree char *since = es_format_minute(pattern, "since");
  g_autofree char *until = es_format_minute(pattern, "until");
  if (*since && *until)
    return g_strdup_printf(_("from %s to %s"), since, until);
  if (*since)
    return g_strdup_printf(_("since %s"), since);
  return *until ? g_strdup_printf(_("until %s"), until) : g_strdup("");
}

static void print_pattern(JsonObject *pattern, int missing) {
  g_autofree char *trait = tell_trait(pattern), *span = tell_span(pattern);
  g_autofree char *both = g_strconcat(trait, *trait && *span ? _(", ") : "", span, NULL);
  printf(_("  %d of %d: %s (calls of this kind: %d)\n"), count_of(pattern, "missing"), missing, both,
         count_of(pattern, "calls"));
}

static void print_summary(JsonObject *summary) {
  int missing = count_of(summary, "missing");
  printf(_("calls compared: %d  recorded: %d  in part: %d  missing: %d  recordings without a call: %d\n"),
         count_of(summary, "compared"), count_of(summary, "recorded"), count_of(summary, "partial"), missing,
         count_of(summary, "unknown"));
  gint64 offset_ms =
      json_object_get_null_member(summary, "offset_ms") ? 0 : es_reply_int(summary, "offset_ms");
  if (llabs(offset_ms) >= 1000) {
    g_autofree char *length = es_duration_format(llabs(offset_ms), FALSE);
    printf(offset_ms > 0 ? _("the recordings' clock is %s ahead of the telephone system's\n")
                         : _("the recordings' clock is %s behind the telephone system's\n"),
           length);
  }
  JsonArray *patterns = es_reply_array(summary, "patterns");
  guint n = json_array_get_length(patterns);
  if (n > 0)
    printf("%s\n", _("what the missing calls share:"));
  else if (missing > 2 && missing == count_of(summary, "compared"))
    printf("%s\n", _("none of these calls was recorded"));
  else if (missing > 2)
    printf("%s\n", _("the missing calls share nothing that the others do not"));
  for (guint i = 0; i < n; i++)
    print_pattern(es_reply_object_at(patterns, i), missing);
}

// ---- the list

static const EsColumn columns[] = {
    {N_("kind"), FALSE, 0, 0},   {N_("started"), FALSE, 0, 0}, {N_("caller"), FALSE, 8, 0},
    {N_("callee"), FALSE, 8, 0}, {N_("duration"), TRUE, 0, 2}, {N_("agent"), FALSE, 6, 3},
    {N_("queue"), FALSE, 6, 4},  {N_("line"), TRUE, 0, 5},     {N_("reason"), FALSE, 8, 6},
};

static const char *kind_name(const char *kind) {
  return g_strcmp0(kind, "missing") == 0   ? _("missing")
         : g_strcmp0(kind, "partial") == 0 ? _("partial")
                                           : _("without a call");
}

static void print_list(EsContext *context, GPtrArray *rows) {
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 1; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    g_autofree char *started = es_format_moment(row, "started_at");
    g_autofree char *length = es_format_length(row, "duration_ms");
    gint64 line = es_reply_int(row, "line");
    es_table_row(table);
    es_table_cell(table, kind_name(es_reply_text(row, "kind")), ES_STYLE_NONE);
    es_table_cell(table, started, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "caller"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "callee"), ES_STYLE_NONE);
    es_table_cell(table, length, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "agent"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "queue"), ES_STYLE_NONE);
    if (line > 0)
      es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)line);
    else
      es_table_cell(table, NULL, ES_STYLE_NONE);
    es_table_cell(table, es_term(es_reply_text(row, "reason")), ES_STYLE_NONE);
  }
  if (rows->len > 1) {
    printf("\n");
    es_table_print(table, &context->screen);
  }
}

static void print_csv(GPtrArray *rows) {
  static const char *const members[] = {"kind",  "started_at", "caller", "callee", "duration_ms", "direction",
                                        "agent", "queue",      "pbx_id", "line",   "id",          "reason"};
  printf(ES_CSV_MARK);
  for (guint i = 0; i < rows->len; i++) { // the summary's line is the heading's
    for (guint k = 0; k < G_N_ELEMENTS(members); k++) {
      JsonObject *row = g_ptr_array_index(rows, i);
      gint64 number = es_reply_int(row, members[k]);
      const char *text = i == 0 ? members[k] : es_reply_text(row, members[k]);
      g_autofree char *cell = text == NULL && number != ES_UNKNOWN && i > 0
                                  ? g_strdup_printf("%" G_GINT64_FORMAT, number)
                                  : es_csv_cell(text ? text : "");
      printf("%s%s", k ? "," : "", cell);
    }
    printf("\r\n");
  }
}

static gboolean run_reconcile(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "library.reconcile", error);
  if (rows == NULL || rows->len == 0)
    return FALSE;
  JsonObject *summary = g_ptr_array_index(rows, 0);
  if (es_context_has(context, "csv")) {
    print_csv(rows);
  } else if (!es_context_print_json(context, rows)) {
    print_summary(summary);
    print_list(context, rows);
  }
  int missing = count_of(summary, "missing");
  if (missing == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_CHECK, _("calls without a recording: %d"), missing);
  return FALSE;
}

const EsCommand es_cmd_reconcile = {
    .name = "reconcile",
    .summary = N_("find calls of the telephone system that have no recording"),
    .usage = N_("--cdr FILE"),
    .description =
        N_("Holds the call detail records of the telephone system against the library: answered calls that "
           "have no recording or only a part of one, and recordings that the records do not know. Says what "
           "the missing calls share. Exit status 1 when calls are missing."),
    .args = {reconcile_args},
    .required = "cdr",
    .run = run_reconcile,
};
