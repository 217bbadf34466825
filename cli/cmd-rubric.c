// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot rubric: what calls are judged by.
#include "commands.h"
#include "context.h"
#include "earshot/common/i18n.h"
#include "rubric-text.h"
#include "rubric-write.h"
#include "table.h"

static const EsArg show_args[] = {
    {"rubric-version", 0, ES_ARG_TEXT, "version", N_("VERSION"), N_("that version instead of the newest"),
     NULL},
    {"template", 0, ES_ARG_NONE, NULL, NULL, N_("print an answers file to fill in"), NULL},
    {"source", 0, ES_ARG_NONE, NULL, NULL, N_("print the rubric's own text"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

static const EsColumn columns[] = {
    {N_("id"), FALSE, 0, 0},       {N_("version"), FALSE, 0, 0}, {N_("title"), FALSE, 12, 0},
    {N_("questions"), TRUE, 0, 0}, {N_("shipped"), FALSE, 0, 0},
};

static gboolean run_list(EsContext *context, GError **error) {
  es_context_set_language(context);
  g_autoptr(GPtrArray) rows = es_context_rows(context, "rubric.list", error);
  if (rows == NULL)
    return FALSE;
  if (es_context_print_json(context, rows))
    return TRUE;
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = g_ptr_array_index(rows, i);
    es_table_row(table);
    es_table_cell(table, es_reply_text(row, "id"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "version"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(row, "title"), ES_STYLE_NONE);
    es_table_cell_printf(table, ES_STYLE_NONE, "%" G_GINT64_FORMAT, es_reply_int(row, "questions"));
    es_table_cell(table, es_reply_true(row, "shipped") ? _("yes") : "", ES_STYLE_NONE);
  }
  es_table_print(table, &context->screen);
  return TRUE;
}

static gboolean run_show(EsContext *context, GError **error) {
  es_context_set_language(context);
  json_object_set_string_member(es_context_params(context), "id", es_context_word(context, 0));
  g_autoptr(JsonObject) rubric = es_context_one(context, "rubric.show", error);
  if (rubric == NULL)
    return FALSE;
  const char *template = es_reply_text(rubric, "template"), *text = es_reply_text(rubric, "text");
  if (es_context_has(context, "json"))
    es_reply_print(rubric, stdout);
  else if (es_context_has(context, "template"))
    fputs(template != NULL ? template : "", stdout);
  else if (es_context_has(context, "source"))
    fputs(text != NULL ? text : "", stdout);
  else
    es_rubric_print(rubric, &context->screen);
  return TRUE;
}

typedef struct {
  const EsContext *context;
  JsonObject *rubric; // NULL while there are mistakes
} Sent;

// Either which rubric it is, or one of its mistakes.
static void on_row(JsonObject *row, gpointer user_data) {
  Sent *sent = user_data;
  const char *mistake = es_reply_text(row, "mistake");
  if (es_context_has(sent->context, "json"))
    es_reply_print(row, stdout);
  else if (mistake != NULL)
    es_message("%s", mistake);
  if (mistake == NULL)
    sent->rubric = json_object_ref(row);
}

static void on_warning(const char *message, gpointer user_data) {
  es_message(_("warning: %s"), message);
}

// Hands the file's text to an operation; the reply says which rubric it is.
static JsonObject *send_file(EsContext *context, const char *operation, GError **error) {
  const char *path = es_context_word(context, 0);
  g_autofree char *text = es_context_read_file(path, error);
  if (text == NULL)
    return NULL;
  json_object_set_string_member(es_context_params(context), "name", path);
  json_object_set_string_member(es_context_params(context), "text", text);
  Sent sent = {.context = context};
  EsReply reply = {.row = on_row, .warning = on_warning, .user_data = &sent};
  if (es_context_call(context, operation, &reply, error))
    return sent.rubric;
  g_clear_pointer(&sent.rubric, json_object_unref);
  return NULL;
}

static gboolean run_check(EsContext *context, GError **error) {
  g_autoptr(JsonObject) row = send_file(context, "rubric.check", error);
  if (row == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    return TRUE;
  gint64 questions = es_reply_int(row, "questions");
  printf(ngettext_("%s %s: fine, %d question\n", "%s %s: fine, %d questions\n", (gulong)questions),
         es_reply_text(row, "id"), es_reply_text(row, "version"), (int)questions);
  return TRUE;
}

static gboolean run_add(EsContext *context, GError **error) {
  g_autoptr(JsonObject) row = send_file(context, "rubric.add", error);
  if (row == NULL)
    return FALSE;
  if (!es_context_has(context, "json"))
    printf(_("added %s %s\n"), es_reply_text(row, "id"), es_reply_text(row, "version"));
  return TRUE;
}

static const EsCommand cmd_list = {
    .name = "list",
    .summary = N_("list the rubrics"),
    .args = {es_json_args},
    .run = run_list,
};

static const EsCommand cmd_show = {
    .name = "show",
    .summary = N_("show a rubric, or an answers file for it"),
    .usage = N_("RUBRIC"),
    .args = {show_args},
    .least = 1,
    .most = 1,
    .run = run_show,
};

static const EsCommand cmd_check = {
    .name = "check",
    .summary = N_("check the text of a rubric"),
    .usage = N_("FILE"),
    .args = {es_json_args},
    .least = 1,
    .most = 1,
    .run = run_check,
};

static const EsCommand cmd_add = {
    .name = "add",
    .summary = N_("add a rubric to the library"),
    .usage = N_("FILE"),
    .args = {es_json_args},
    .least = 1,
    .most = 1,
    .run = run_add,
};

static const EsCommand *const subs[] = {
    &cmd_list, &cmd_show, &cmd_check, &cmd_add, &es_cmd_rubric_new, &es_cmd_rubric_import, NULL};

const EsCommand es_cmd_rubric = {
    .name = "rubric",
    .summary = N_("what calls are judged by"),
    .description =
        N_("Every version of a rubric is kept, and each evaluation keeps the text it was made by."),
    .sub = subs,
};
