// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot show: everything that is known about a call.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "show.h"

static const EsArg show_args[] = {
    {"all", 0, ES_ARG_NONE, NULL, NULL, N_("cut no list short"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, N_("no colours, nothing but ASCII for decoration"), NULL},
    {0},
};

static gboolean run_show(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  es_context_set_language(context);
  g_autoptr(JsonObject) row = es_context_one(context, "call.show", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json")) {
    es_reply_print(row, stdout);
    return TRUE;
  }
  es_show_facts(row, &context->screen);
  es_show_time_line(row, &context->screen, es_context_has(context, "all"));
  es_show_story(row, &context->screen);
  es_show_ledger(row, &context->screen);
  es_show_people(row, &context->screen, es_context_has(context, "all"));
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
