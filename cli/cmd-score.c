// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot score: judges a call, from an answers file or by asking; keeps the evaluator's list.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "score-desk.h"
#include "score-list.h"

#include <string.h>

static const EsArg score_args[] = {
    {"answers", 0, ES_ARG_TEXT, NULL, N_("FILE"), N_("filled-in answers file, - for standard input"), NULL},
    {"rubric", 'r', ES_ARG_TEXT, NULL, N_("RUBRIC"), N_("what to judge by (standard)"), NULL},
    {"segment", 0, ES_ARG_COUNT, NULL, N_("NUMBER"),
     N_("segment of the call to judge, counted from 1 (the last)"), NULL},
    {"listen", 0, ES_ARG_NONE, NULL, NULL,
     N_("give an address on this machine's loopback where a browser plays the call"), NULL},
    {"port", 0, ES_ARG_COUNT, NULL, N_("PORT"), N_("port of that address (any that is free)"), NULL},
    {"plain", 0, ES_ARG_NONE, NULL, NULL, N_("line by line, as screen readers like it"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsArg list_args[] = {
    {"next", 0, ES_ARG_NONE, NULL, NULL, N_("judge the next call of your list"), NULL},
    {"list", 0, ES_ARG_NONE, NULL, NULL, N_("show the list: done, begun, waiting"), NULL},
    {"skip", 0, ES_ARG_TEXT, NULL, N_("REASON"), N_("leave the next call, or ID, of your list out"), NULL},
    {"plan", 0, ES_ARG_NONE, NULL, NULL, N_("put calls on the list, drawn from those that match"), NULL},
    {"add", 0, ES_ARG_NONE, NULL, NULL, N_("with --plan: behind those that wait, not in their place"), NULL},
    {"count", 0, ES_ARG_COUNT, NULL, N_("CALLS"), N_("with --plan: how many (10)"), NULL},
    {"newest", 0, ES_ARG_NONE, NULL, NULL, N_("with --plan: the newest, not drawn by lot"), NULL},
    {"evaluator", 0, ES_ARG_TEXT, NULL, N_("ACCOUNT"), N_("with --plan, --list: whose list (your own)"),
     NULL},
    {0},
};

static gboolean usage(GError **error, const char *message) {
  g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE, message);
  return FALSE;
}

static gboolean score_by_file(EsContext *context, const char *id, const char *path, GError **error) {
  if (es_context_has(context, "segment"))
    return usage(error, _("--segment does not go with --answers; the file says segment=NUMBER"));
  g_autofree char *text = es_context_read_file(path, error);
  if (text == NULL)
    return FALSE;
  JsonObject *params = json_object_new();
  json_object_set_string_member(params, "id", id);
  g_autoptr(JsonObject) call = es_context_ask_one(context, "call.show", params, error);
  return call != NULL &&
         es_score_store(context, call, strcmp(path, "-") != 0 ? path : _("answers"), text, error);
}

static gboolean score_call(EsContext *context, GError **error) {
  const char *path = es_context_text(context, "answers");
  if (es_context_word(context, 0) == NULL)
    return usage(error, _("which call? Name one by its ID, or take --next of your list"));
  if (!es_context_set_id(context, error))
    return FALSE;
  g_autofree char *id = g_strdup(es_reply_text(es_context_params(context), "id"));
  return path != NULL ? score_by_file(context, id, path, error) : es_score_ask(context, id, NULL, error);
}

// One of the ways to use the command, and nothing that belongs to another.
static gboolean check_way(EsContext *context, GError **error) {
  static const char *const ways[] = {"plan", "list", "next", "skip", "answers"};
  static const char *const of_plan[] = {"add", "count", "newest", "today", "yesterday"};
  guint n = 0;
  gboolean planning = es_context_has(context, "plan");
  for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
    n += es_context_has(context, ways[i]);
  if (n > 1)
    return usage(error, _("--plan, --list, --next, --skip and --answers are ways of their own; take one"));
  for (gsize i = 0; !planning && i < G_N_ELEMENTS(of_plan); i++)
    if (es_context_has(context, of_plan[i]))
      return usage(error, _("what to look for, and how many, goes with --plan"));
  if (!planning && json_object_get_size(es_context_params(context)) > 0)
    return usage(error, _("what to look for, and how many, goes with --plan"));
  gboolean takes_id = !planning && !es_context_has(context, "list") && !es_context_has(context, "next");
  if (!takes_id && es_context_word(context, 0) != NULL)
    return usage(error, _("--plan, --list and --next take no ID"));
  return TRUE;
}

static gboolean run_score(EsContext *context, GError **error) {
  if (!check_way(context, error))
    return FALSE;
  if (es_context_has(context, "plan"))
    return es_score_plan(context, error);
  if (es_context_has(context, "list"))
    return es_score_list(context, error);
  if (es_context_has(context, "next"))
    return es_score_next(context, error);
  const char *reason = es_context_text(context, "skip");
  return reason != NULL ? es_score_skip(context, reason, error) : score_call(context, error);
}

const EsCommand es_cmd_score = {
    .name = "score",
    .summary = N_("judge a call by a rubric"),
    .usage = N_("[ID]"),
    .description =
        N_("Asks on the whole screen, where the call can be heard, too; line by line with --plain or "
           "without a terminal; or takes an answers file (earshot rubric show RUBRIC --template "
           "prints one to fill in). What was answered is kept at once, so that it can be gone on with. "
           "An evaluation is never changed; judging again adds another one."),
    .args = {score_args, list_args, es_filter_args},
    .most = 1,
    .run = run_score,
};
