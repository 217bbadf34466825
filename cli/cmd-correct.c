// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot correct: values of a call put right.
#include "commands.h"
#include "context.h"
#include "corrections.h"
#include "earshot/common/i18n.h"

static const EsArg correct_args[] = {
    {"reason", 0, ES_ARG_TEXT, "reason", N_("TEXT"), N_("why"), NULL},
    {"segment", 0, ES_ARG_COUNT, "segment", N_("NUMBER"), N_("segment whose agent or queue it is, from 1"),
     NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_correct(EsContext *context, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  es_context_set_words(context, "values", 1);
  g_autoptr(GPtrArray) rows = es_context_rows(context, "call.correct", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  es_corrections_print(rows, 0, &context->screen);
  if (rows->len == 0)
    es_message(_("the call says so already"));
  return TRUE;
}

const EsCommand es_cmd_correct = {
    .name = "correct",
    .summary = N_("put values of a call right"),
    .usage = N_("ID FIELD=VALUE …"),
    .description = N_("Fields: caller, callee, caller_name, callee_name, direction, client, business_id, "
                      "disposition; of a segment agent and queue (segment2.agent=2001). Nothing after = "
                      "means not known. What it was stays in the call's history. What was measured cannot "
                      "be corrected."),
    .args = {correct_args},
    .least = 2,
    .most = G_MAXUINT,
    .required = "reason",
    .run = run_correct,
};
