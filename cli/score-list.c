// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The evaluator's list (see score-list.h).
#include "score-list.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "filters.h"
#include "format.h"
#include "next-step.h"
#include "score-desk.h"
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define MS_PER_MINUTE 60000

// Begun minutes: what is left to hear is not nothing.
static int minutes(JsonObject *row) {
  return (int)((MAX(es_reply_int(row, "left_audio_ms"), 0) + MS_PER_MINUTE - 1) / MS_PER_MINUTE);
}

// An option that the operation takes, from those of the command.
static void hand_on(EsContext *context, JsonObject *params, const char *option) {
  const char *text = es_context_text(context, option);
  if (text != NULL)
    json_object_set_string_member(params, option, text);
}

gboolean es_score_plan(EsContext *context, GError **error) {
  if (!es_filter_days(context, error))
    return FALSE;
  JsonObject *params = es_context_params(context);
  gint64 count = es_reply_int(context->line->own, "count");
  hand_on(context, params, "evaluator");
  if (es_context_has(context, "newest"))
    json_object_set_string_member(params, "order", "newest");
  if (es_context_has(context, "add"))
    json_object_set_boolean_member(params, "add", TRUE);
  if (count > 0)
    json_object_set_int_member(params, "count", count);
  g_autoptr(JsonObject) row = es_context_one(context, "worklist.plan", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json")) {
    es_reply_print(row, stdout);
    return TRUE;
  }
  g_autofree char *evaluator = es_text_clean(es_reply_text(row, "evaluator"));
  printf(_("%s: calls planned: %d; waiting: %d, %d min of audio\n"), evaluator,
         (int)es_reply_int(row, "planned"), (int)es_reply_int(row, "left"), minutes(row));
  if (es_reply_int(row, "taken_off") > 0)
    printf(_("taken off the list: %d (--add leaves them on it)\n"), (int)es_reply_int(row, "taken_off"));
  if (es_reply_int(row, "left") > 0)
    es_next_step(context, "earshot score --next", NULL);
  return TRUE;
}

// ---- showing

static const EsColumn columns[] = {
    {"#", TRUE, 0, 0},           {N_("id"), FALSE, 0, 0},     {N_("started"), FALSE, 0, 0},
    {N_("length"), TRUE, 0, 0},  {N_("agent"), FALSE, 10, 0}, {N_("caller"), FALSE, 10, 3},
    {N_("state"), FALSE, 12, 0},
};

static char *state_text(JsonObject *row, EsStyle *style) {
  const char *reason = es_reply_text(row, "skip_reason");
  *style = ES_STYLE_DIM;
  if (reason != NULL)
    return g_strdup_printf(_("skipped: %s"), reason);
  if (es_reply_text(row, "done_at") != NULL)
    return g_strdup(_("done"));
  *style = ES_STYLE_CAUTION;
  return g_strdup(es_reply_true(row, "begun") ? _("begun") : "");
}

static void add_row(EsTable *table, JsonObject *row) {
  EsStyle style;
  const char *id = es_reply_text(row, "id");
  g_autofree char *started = es_format_minute(row, "started_at");
  g_autofree char *length = es_format_length(row, "audio_ms");
  g_autofree char *agent = es_format_agent(row);
  g_autofree char *caller = es_format_party(row, "caller");
  g_autofree char *state = state_text(row, &style);
  es_table_row(table);
  es_table_cell_printf(table, ES_STYLE_NONE, "%d", (int)es_reply_int(row, "number"));
  es_table_cell(table, id != NULL && strlen(id) >= ES_ID_SHORT ? es_id_short(id) : id, ES_STYLE_NONE);
  es_table_cell(table, started, ES_STYLE_NONE);
  es_table_cell(table, length, ES_STYLE_NONE);
  es_table_cell(table, agent, ES_STYLE_NONE);
  es_table_cell(table, caller, ES_STYLE_NONE);
  es_table_cell(table, state, style);
}

gboolean es_score_list(EsContext *context, GError **error) {
  JsonObject *params = json_object_new();
  hand_on(context, params, "evaluator");
  g_autoptr(GPtrArray) rows = es_context_ask(context, "worklist.list", params, error);
  if (rows == NULL)
    return FALSE;
  if (rows->len == 0) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_NOT_FOUND,
                        _("the list is empty; score --plan puts calls there"));
    return FALSE;
  }
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++)
    add_row(table, g_ptr_array_index(rows, i));
  es_table_print(table, &context->screen);
  JsonObject *first = g_ptr_array_index(rows, 0);
  int left = (int)es_reply_int(first, "left"), skipped = (int)es_reply_int(first, "skipped");
  printf(_("waiting: %d of %d, %d min of audio; done: %d, skipped: %d\n"), left, (int)rows->len,
         minutes(first), (int)rows->len - left - skipped, skipped);
  return TRUE;
}

// ---- working

static char *progress_text(JsonObject *row) {
  return g_strdup_printf(_("call %d of %d, %d min of audio left"), (int)es_reply_int(row, "number"),
                         (int)es_reply_int(row, "of"), minutes(row));
}

// Enter or yes goes on.
static gboolean wants_next(JsonObject *next) {
  g_autofree char *text = progress_text(next);
  char *line = NULL;
  size_t size = 0;
  printf(_("\nGo on with the next, %s? (Enter: yes, q: no) "), text);
  fflush(stdout);
  ssize_t length = getline(&line, &size, stdin);
  g_autofree char *answer = g_strstrip(g_strndup(line, length > 0 ? (gsize)length : 0));
  free(line);
  return length > 0 && (*answer == '\0' || g_ascii_strcasecmp(answer, "y") == 0 ||
                        g_ascii_strcasecmp(answer, "yes") == 0 || strcmp(answer, "نعم") == 0);
}

gboolean es_score_next(EsContext *context, GError **error) {
  g_autoptr(JsonObject) row = es_context_ask_one(context, "worklist.next", json_object_new(), error);
  while (row != NULL) {
    g_autoptr(GError) none = NULL;
    g_autofree char *work = progress_text(row);
    if (!es_score_ask(context, es_reply_text(row, "id"), work, error))
      return FALSE;
    json_object_unref(row);
    row = es_context_ask_one(context, "worklist.next", json_object_new(), &none);
    if (row == NULL && g_error_matches(none, ES_ERROR, ES_ERROR_NOT_FOUND)) {
      printf("%s\n", none->message);
      es_next_step(context, "earshot score --list", "earshot score --plan --yesterday", NULL);
      return TRUE;
    }
    if (row == NULL)
      g_propagate_error(error, g_steal_pointer(&none));
    else if (!wants_next(row))
      return TRUE;
  }
  return FALSE;
}

gboolean es_score_skip(EsContext *context, const char *reason, GError **error) {
  g_autoptr(JsonObject) next = NULL;
  JsonObject *params = json_object_new();
  json_object_set_string_member(params, "reason", reason);
  if (es_context_word(context, 0) != NULL) {
    if (!es_context_set_id(context, error)) {
      json_object_unref(params);
      return FALSE;
    }
    json_object_set_string_member(params, "id", es_reply_text(es_context_params(context), "id"));
  } else {
    next = es_context_ask_one(context, "worklist.next", json_object_new(), error);
    if (next == NULL) {
      json_object_unref(params);
      return FALSE;
    }
    json_object_set_string_member(params, "id", es_reply_text(next, "id"));
  }
  g_autoptr(JsonObject) row = es_context_ask_one(context, "worklist.skip", params, error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(row, stdout);
  else
    printf(_("skipped: %s\n"), es_reply_text(row, "id"));
  return TRUE;
}
