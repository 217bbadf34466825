// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot flag and unflag: mark a call, for training or anything else, and take the mark back with a reason.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "next-step.h"
#include "text.h"

#define TRAINING "training" // what export takes

static const EsArg flag_args[] = {
    {"note", 0, ES_ARG_TEXT, "note", N_("TEXT"), N_("why"), NULL},
    {"range", 0, ES_ARG_TEXT, NULL, N_("FROM-TO"), N_("only that part of the recording, such as 1:05-1:40"),
     NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsArg unflag_args[] = {
    {"reason", 0, ES_ARG_TEXT, "reason", N_("TEXT"), N_("why it is taken back; needed"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static gboolean run(EsContext *context, const char *operation, GError **error) {
  if (!es_context_set_id(context, error))
    return FALSE;
  json_object_set_string_member(es_context_params(context), "flag", es_context_word(context, 1));
  g_autoptr(GPtrArray) rows = es_context_rows(context, operation, error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows) || rows->len == 0)
    return TRUE;
  g_autofree char *flags = es_reply_join(g_ptr_array_index(rows, 0), "flags", " ");
  g_autofree char *clean = es_text_clean(flags);
  printf("%s\n", *clean != '\0' ? clean : _("no flags"));
  return TRUE;
}

static gboolean run_flag(EsContext *context, GError **error) {
  const char *range = es_context_text(context, "range");
  if (range != NULL && !es_context_set_range(context, range, error))
    return FALSE;
  if (!run(context, "flag.add", error))
    return FALSE;
  if (g_strcmp0(es_context_word(context, 1), TRAINING) == 0 && !es_context_has(context, "json"))
    es_next_step(context, "earshot export --output FOLDER", "earshot search --flag training", NULL);
  return TRUE;
}

static gboolean run_unflag(EsContext *context, GError **error) {
  return run(context, "flag.remove", error);
}

const EsCommand es_cmd_flag = {
    .name = "flag",
    .summary = N_("flag a call, or a part of it"),
    .usage = N_("ID FLAG"),
    .description = N_("The flag “training” is what export takes; others are yours to choose."),
    .args = {flag_args},
    .least = 2,
    .most = 2,
    .run = run_flag,
};

const EsCommand es_cmd_unflag = {
    .name = "unflag",
    .summary = N_("take a flag back, with a reason"),
    .usage = N_("ID FLAG"),
    .description = N_("The history keeps both the flag and its taking back."),
    .args = {unflag_args},
    .least = 2,
    .most = 2,
    .required = "reason",
    .run = run_unflag,
};
