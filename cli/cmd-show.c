// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot show: everything that is known about a call.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "next-step.h"
#include "pager.h"
#include "show.h"
#include "table.h"
#include "terms.h"

static const EsArg show_args[] = {
    {"transcript", 't', ES_ARG_NONE, NULL, NULL, N_("what was said, with its moments, and nothing else"),
     NULL},
    {"no-pager", 0, ES_ARG_NONE, NULL, NULL, N_("show long text without $PAGER"), NULL},
    {"all", 0, ES_ARG_NONE, NULL, NULL, N_("cut no list short"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, N_("no colours, nothing but ASCII for decoration"), NULL},
    {0},
};

static const EsColumn transcript_columns[] = {
    {NULL, TRUE, 0, 0},
    {NULL, FALSE, 8, 0},
    {NULL, FALSE, 20, ES_TABLE_WRAP},
};

static gboolean show_transcript(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "call.transcript", error);
  if (rows == NULL || es_context_print_json(context, rows))
    return rows != NULL;
  g_autoptr(EsTable) table = es_table_new(transcript_columns, G_N_ELEMENTS(transcript_columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *cue = g_ptr_array_index(rows, i);
    const char *speaker = es_reply_text(cue, "speaker");
    g_autofree char *at = es_format_length(cue, "start_ms");
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_DIM);
    es_table_cell(table, speaker != NULL ? es_term(speaker) : "", ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(cue, "text"), ES_STYLE_NONE);
  }
  es_pager_begin(context);
  es_table_print(table, &context->screen);
  es_pager_end(context);
  return TRUE;
}

// Where the recording lies: the call's own id, or that of the other one that was kept of two.
static const char *id_to_hear(JsonObject *row) {
  JsonArray *events = es_reply_array(row, "events");
  for (guint i = 0; i < json_array_get_length(events); i++) {
    JsonObject *event = es_reply_object_at(events, i);
    if (g_strcmp0(es_reply_text(event, "kind"), "duplicate") == 0)
      return es_reply_text(event, "detail");
  }
  return es_reply_text(row, "id");
}

static gboolean run_show(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  if (es_context_has(context, "transcript"))
    return show_transcript(context, error);
  es_context_set_language(context);
  g_autoptr(JsonObject) row = es_context_one(context, "call.show", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json")) {
    es_reply_print(row, stdout);
    return TRUE;
  }
  es_pager_begin(context);
  es_show_facts(row, &context->screen);
  es_show_time_line(row, &context->screen, es_context_has(context, "all"));
  es_show_story(row, &context->screen);
  es_show_ledger(row, &context->screen);
  es_show_people(row, &context->screen, es_context_has(context, "all"));
  const char *group = es_reply_text(row, "group_id");
  gboolean related = json_array_get_length(es_reply_array(row, "related")) > 0;
  g_autofree char *story = related ? g_strconcat("earshot search --group ", group, NULL) : NULL;
  es_next_step_of_call(context, id_to_hear(row), "earshot play %s", "earshot score %s",
                       "earshot flag %s training", story, NULL);
  es_pager_end(context);
  return TRUE;
}

const EsCommand es_cmd_show = {
    .name = "show",
    .summary = N_("show everything about a call"),
    .usage = N_("ID"),
    .description = N_("Draws who spoke when and where audio is missing. ID is any part of the id that is "
                      "unique at its beginning or end, or @3 for the third row of the last search."),
    .args = {show_args},
    .least = 1,
    .most = 1,
    .run = run_show,
};
