// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "import-logs.h"

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "table.h"

static const EsColumn columns[] = {
    {N_("queue"), FALSE, 6, 0},    {N_("offered"), TRUE, 0, 0},      {N_("answered"), TRUE, 0, 0},
    {N_("abandoned"), TRUE, 0, 0}, {N_("other ends"), TRUE, 0, 2},   {N_("mean wait"), TRUE, 0, 0},
    {N_("longest"), TRUE, 0, 1},   {N_("rung in vain"), TRUE, 0, 4}, {N_("transferred"), TRUE, 0, 5},
    {N_("recorded"), TRUE, 0, 3},  {N_("unrecorded"), TRUE, 0, 3},
};

static int count_of(JsonObject *row, const char *name) {
  return (int)es_reply_count(row, name);
}

static void add_queue(EsTable *table, JsonObject *queue) {
  g_autofree char *mean = es_duration_format(es_reply_int(queue, "mean_wait_ms"), FALSE);
  g_autofree char *longest = es_duration_format(es_reply_int(queue, "longest_wait_ms"), FALSE);
  int others = count_of(queue, "timed_out") + count_of(queue, "left_by_key") + count_of(queue, "left_empty");
  es_table_row(table);
  es_table_cell(table, es_reply_text(queue, "queue"), ES_STYLE_NONE);
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "offered"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "answered"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "abandoned"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", others);
  es_table_cell(table, mean, ES_STYLE_NONE);
  es_table_cell(table, longest, ES_STYLE_NONE);
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "ring_attempts"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "transferred"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "recorded"));
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", count_of(queue, "unrecorded"));
}

static void print(EsContext *context, JsonObject *row) {
  JsonArray *queues = es_reply_array(row, "queues");
  guint n = json_array_get_length(queues);
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < n; i++)
    add_queue(table, es_reply_object_at(queues, i));
  if (n > 0)
    es_table_print(table, &context->screen);
  printf(_("calls: %d  with a recording: %d  new without one: %d  changed: %d\n"), count_of(row, "calls"),
         count_of(row, "joined"), count_of(row, "made"), count_of(row, "changed"));
  if (count_of(row, "ambiguous") > 0)
    printf(_("not joined, because it is not certain which recording is theirs: %d\n"),
           count_of(row, "ambiguous"));
  if (es_reply_true(row, "stopped"))
    printf("%s\n", _("stopped; the same command goes on"));
}

gboolean es_import_logs_wanted(EsContext *context) {
  JsonObject *params = es_context_params(context);
  return es_context_has(context, "queue-log") ||
         (json_object_has_member(params, "cdr") && !json_object_has_member(params, "asterisk"));
}

static gboolean refuse(GError **error, const char *message) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, message);
  return FALSE;
}

// What belongs to recordings does not go with logs.
static gboolean check_line(EsContext *context, GError **error) {
  static const char *const others[] = {"asterisk",   "metadata", "left",   "transcripts",
                                       "skip_wrong", "dry_run",  "threads"};
  JsonObject *params = es_context_params(context);
  for (guint i = 0; i < G_N_ELEMENTS(others); i++)
    if (json_object_has_member(params, others[i]))
      return refuse(error,
                    _("--queue-log and --cdr alone read logs, no recordings; give them by themselves"));
  if (es_context_has(context, "queue-log") && json_object_has_member(params, "cdr"))
    return refuse(error, _("--queue-log and --cdr are two kinds of files; give one at a time"));
  return TRUE;
}

gboolean es_import_logs(EsContext *context, GError **error) {
  gboolean queue_log = es_context_has(context, "queue-log");
  JsonObject *params = es_context_params(context);
  if (!check_line(context, error))
    return FALSE;
  es_context_set_words(context, "files", 0); // further files of the same kind
  JsonArray *files = json_array_new();
  json_array_add_string_element(files, queue_log ? es_context_text(context, "queue-log")
                                                 : es_reply_text(params, "cdr"));
  JsonArray *words = es_reply_array(params, "files");
  for (guint i = 0; i < json_array_get_length(words); i++)
    json_array_add_string_element(files, json_array_get_string_element(words, i));
  json_object_set_array_member(params, "files", files);
  json_object_remove_member(params, "cdr");
  es_context_catch_signals(context);
  g_autoptr(JsonObject) row = es_context_one(context, queue_log ? "import.queue_log" : "import.cdr", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else
    print(context, row);
  return TRUE;
}
