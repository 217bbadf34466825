// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot agent: the directory of who has which extension.
#include "agents.h"
#include "commands.h"
#include "earshot/common/i18n.h"
#include "next-step.h"

static const EsArg add_args[] = {
    {"latin", 0, ES_ARG_TEXT, "latin_name", N_("NAME"), N_("the same name in the other script"), NULL},
    {"team", 0, ES_ARG_TEXT, "team", N_("TEAM"), N_("team"), NULL},
    {"client", 0, ES_ARG_TEXT, "client", N_("CLIENT"), N_("client the agent works for"), NULL},
    {"language", 0, ES_ARG_TEXT, "language", N_("LANGUAGE"), N_("language the agent speaks with callers"),
     NULL},
    {"from", 0, ES_ARG_TEXT, "from", N_("WHEN"), N_("has the extension from then on"), NULL},
    {"to", 0, ES_ARG_TEXT, "to", N_("WHEN"), N_("has it until then"), NULL},
    {"hours", 0, ES_ARG_TEXT, "hours", N_("HOURS"), N_("has it only in these hours: 08:00-16:00"), NULL},
    {"days", 0, ES_ARG_TEXT, "days", N_("DAYS"), N_("and only on these days: sun-thu"), NULL},
    {"replace", 0, ES_ARG_NONE, "replace", NULL, N_("end the entries that share time with it"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_add(EsContext *context, GError **error) {
  JsonObject *params = es_context_params(context);
  json_object_set_string_member(params, "extension", es_context_word(context, 0));
  json_object_set_string_member(params, "name", es_context_word(context, 1));
  g_autoptr(GPtrArray) rows = es_agents_rows(context, "agent.add", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  printf(_("%s is %s\n"), es_context_word(context, 0), es_context_word(context, 1));
  es_next_step(context, "earshot agent remap --from DATE --dry-run", NULL);
  return TRUE;
}

static const EsArg end_args[] = {
    {"at", 0, ES_ARG_TEXT, "at", N_("WHEN"), N_("when the person leaves (now)"), NULL},
    {"name", 0, ES_ARG_TEXT, "name", N_("NAME"), N_("who leaves, where several share the extension"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_end(EsContext *context, GError **error) {
  json_object_set_string_member(es_context_params(context), "extension", es_context_word(context, 0));
  g_autoptr(GPtrArray) rows = es_agents_rows(context, "agent.end", error);
  if (rows == NULL)
    return FALSE;
  if (!es_context_print_json(context, rows))
    es_agents_print(rows, &context->screen);
  return TRUE;
}

static const EsArg list_args[] = {
    {"at", 0, ES_ARG_TEXT, "at", N_("WHEN"), N_("only who had an extension at that moment"), NULL},
    {"history", 0, ES_ARG_NONE, "history", NULL, N_("also entries that were taken out"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run_list(EsContext *context, GError **error) {
  g_autoptr(GPtrArray) rows = es_context_rows(context, "agent.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  es_agents_print(rows, &context->screen);
  if (rows->len == 0 && json_object_has_member(es_context_params(context), "at"))
    es_message(_("nobody had an extension then"));
  else if (rows->len == 0)
    es_message(_("nobody is in the directory yet; earshot agent add EXTENSION NAME enters someone"));
  return TRUE;
}

static const EsCommand cmd_add = {
    .name = "add",
    .summary = N_("enter an agent"),
    .usage = N_("EXTENSION NAME"),
    .args = {add_args},
    .least = 2,
    .most = 2,
    .run = run_add,
};

static const EsCommand cmd_list = {
    .name = "list",
    .summary = N_("list the directory"),
    .args = {list_args},
    .run = run_list,
};

static const EsCommand cmd_end = {
    .name = "end",
    .summary = N_("a person leaves an extension"),
    .usage = N_("EXTENSION"),
    .args = {end_args},
    .least = 1,
    .most = 1,
    .run = run_end,
};

static const EsCommand *const subs[] = {
    &cmd_list,
    &cmd_add,
    &es_cmd_agent_import,
    &cmd_end,
    &es_cmd_agent_unknown,
    &es_cmd_agent_remap,
    &es_cmd_agent_sessions,
    NULL,
};

const EsCommand es_cmd_agent = {
    .name = "agent",
    .summary = N_("the directory: which extension is which person"),
    .description = N_("Calls show the name that an extension had at the time of the call. Names are found in "
                      "either script."),
    .sub = subs,
};
