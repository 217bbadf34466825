// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot score: judges a call, from an answers file or by asking question after question.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "format.h"
#include "score-sheet.h"
#include "show.h"
#include "terms.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RUBRIC "standard"

static const EsArg score_args[] = {
    {"answers", 'a', ES_ARG_TEXT, NULL, N_("FILE"), N_("filled-in answers file, - for standard input"), NULL},
    {"rubric", 'r', ES_ARG_TEXT, NULL, N_("RUBRIC"), N_("what to judge by (standard)"), NULL},
    {"segment", 0, ES_ARG_COUNT, NULL, N_("NUMBER"),
     N_("part of the call to judge, counted from 1 (the last)"), NULL},
    {"json", 0, ES_ARG_NONE, NULL, NULL, N_("print JSON, one object a line"), NULL},
    {0},
};

// ---- from a file

static char *text_from_file(EsContext *context, const char *path, GError **error) {
  if (es_context_has(context, "segment")) {
    g_set_error_literal(error, ES_ERROR, ES_ERROR_USAGE,
                        _("--segment does not go with --answers; the file says segment=NUMBER"));
    return NULL;
  }
  const char *rubric = es_context_text(context, "rubric");
  if (rubric != NULL)
    json_object_set_string_member(es_context_params(context), "rubric", rubric);
  return es_context_read_file(path, error);
}

// ---- question after question

// A line of standard input without its end; NULL at the end of input. Caller frees.
static char *ask(const char *prompt) {
  char *line = NULL;
  size_t size = 0;
  fputs(prompt, stdout);
  fflush(stdout);
  ssize_t length = getline(&line, &size, stdin);
  g_autofree char *text = length >= 0 ? g_utf8_make_valid(line, length) : NULL;
  free(line);
  return text != NULL ? g_strdup(g_strchomp(text)) : NULL;
}

static void print_call(JsonObject *call) {
  g_autofree char *caller = es_format_party(call, "caller");
  g_autofree char *agent = es_format_agent(call);
  g_autofree char *started = es_format_moment(call, "started_at");
  g_autofree char *length = es_format_length(call, "duration_ms");
  g_autofree char *outcome = es_format_outcome(call);
  g_autofree char *line = g_strjoin("  ", started, length, caller, outcome, agent, NULL); // agent may be NULL
  g_autofree char *clean = es_text_clean(line);
  printf("%s\n", clean);
}

static void print_options(JsonObject *question) {
  JsonArray *options = es_reply_array(question, "options");
  for (guint i = 0; i < json_array_get_length(options); i++) {
    JsonObject *option = es_reply_object_at(options, i);
    const char *label = es_reply_text(option, "label");
    g_autofree char *key = es_sheet_key(question, i);
    g_autofree char *clean = es_text_clean(label != NULL ? label : es_reply_text(option, "value"));
    printf("   %4s  %s\n", key, clean);
  }
  if (es_reply_true(question, "na"))
    printf("   %4s  %s\n", "na", _("does not apply"));
}

static void print_guidance(JsonObject *question) {
  g_autofree char *guidance = es_text_clean(es_reply_text(question, "guidance"));
  printf("   %s\n", *guidance != '\0' ? guidance : _("There is no guidance for this question."));
}

static void print_question(const EsSheet *sheet, const EsScreen *screen) {
  guint at = es_sheet_at(sheet);
  JsonObject *question = es_sheet_question(sheet, at);
  g_autofree char *text = es_text_clean(es_reply_text(question, "text"));
  const char *critical = es_reply_text(question, "critical");
  printf("\n%s%u/%u  %s%s", es_screen_begin(screen, ES_STYLE_HEADING), at + 1, es_sheet_count(sheet), text,
         es_screen_end(screen, ES_STYLE_HEADING));
  if (critical != NULL)
    printf(_("  (critical: %s)"), es_term(critical));
  putchar('\n');
  print_guidance(question);
  print_options(question);
  if (es_sheet_answer(sheet, at) != NULL)
    printf(_("   (answered before: %s)\n"), es_sheet_answer(sheet, at));
}

static void print_total(const EsSheet *sheet) {
  double total = es_sheet_total(sheet);
  if (isnan(total))
    return;
  g_autofree char *text = es_score_format(total);
  printf(_("   total so far: %s"), text);
  if (es_sheet_critical_failed(sheet))
    printf(_("; a critical question failed, so it will count as 0"));
  putchar('\n');
}

static gboolean is_yes(const char *text) {
  return g_ascii_strcasecmp(text, "y") == 0 || g_ascii_strcasecmp(text, "yes") == 0 ||
         strcmp(text, _("yes")) == 0;
}

static void respond(const EsSheet *sheet, EsSheetAct act, const char *problem) {
  guint at = MIN(es_sheet_at(sheet), es_sheet_count(sheet) - 1);
  if (act == ES_SHEET_ANSWERED || act == ES_SHEET_BACK)
    print_total(sheet);
  else if (act == ES_SHEET_GUIDANCE)
    print_guidance(es_sheet_question(sheet, at));
  else if (act == ES_SHEET_COMMENTED)
    printf("   %s\n", _("noted"));
  else if (problem != NULL)
    printf("   %s\n", problem);
}

// Asks until everything is answered and confirmed. FALSE: nothing is to be stored.
static gboolean fill_in(EsSheet *sheet, const EsScreen *screen) {
  EsSheetAct act = ES_SHEET_ANSWERED;
  for (;;) {
    gboolean complete = es_sheet_at(sheet) == es_sheet_count(sheet);
    if (!complete && (act == ES_SHEET_ANSWERED || act == ES_SHEET_BACK))
      print_question(sheet, screen);
    g_autofree char *line = ask(complete ? _("Store this evaluation? (yes, b, q) ") : "> ");
    g_autofree char *problem = NULL;
    if (line == NULL)
      return FALSE;
    if (complete && is_yes(g_strstrip(line)))
      return TRUE;
    act = es_sheet_read(sheet, line, &problem);
    if (act == ES_SHEET_QUIT)
      return FALSE;
    respond(sheet, act, problem);
  }
}

static JsonObject *load(EsContext *context, const char *operation, const char *id, gboolean language,
                        GError **error) {
  EsContext other = *context;
  EsLine line = *context->line;
  line.params = json_object_new();
  other.line = &line;
  json_object_set_string_member(line.params, "id", id);
  if (language)
    es_context_set_language(&other);
  JsonObject *reply = es_context_one(&other, operation, error);
  json_object_unref(line.params);
  return reply;
}

static char *text_from_questions(EsContext *context, GError **error) {
  const char *rubric_id = es_context_text(context, "rubric");
  const char *id = es_reply_text(es_context_params(context), "id");
  g_autoptr(JsonObject) call = load(context, "call.show", id, FALSE, error);
  if (call == NULL)
    return NULL;
  g_autoptr(JsonObject) rubric =
      load(context, "rubric.show", rubric_id != NULL ? rubric_id : DEFAULT_RUBRIC, TRUE, error);
  if (rubric == NULL)
    return NULL;
  g_autoptr(EsSheet) sheet = es_sheet_new(rubric, es_reply_int(context->line->own, "segment"));
  print_call(call);
  printf("%s\n",
         _("Type an answer, # and a comment behind it if you like; b goes back, ? shows the guidance, "
           "@1:05 text comments on a moment, q leaves without storing."));
  if (es_sheet_count(sheet) > 0 && fill_in(sheet, &context->screen))
    return es_sheet_text(sheet);
  g_set_error_literal(error, ES_ERROR, ES_ERROR_FAILED, _("nothing was stored"));
  return NULL;
}

static gboolean run_score(EsContext *context, GError **error) {
  const char *path = es_context_text(context, "answers");
  if (!es_context_set_id(context, error))
    return FALSE;
  g_autofree char *text =
      path != NULL ? text_from_file(context, path, error) : text_from_questions(context, error);
  if (text == NULL)
    return FALSE;
  json_object_set_string_member(es_context_params(context), "name",
                                path != NULL && strcmp(path, "-") != 0 ? path : _("answers"));
  json_object_set_string_member(es_context_params(context), "answers", text);
  es_context_set_language(context);
  g_autoptr(JsonObject) evaluation = es_context_one(context, "evaluation.add", error);
  if (evaluation == NULL)
    return FALSE;
  if (es_context_has(context, "json"))
    es_reply_print(evaluation, stdout);
  else
    es_show_evaluation(evaluation, &context->screen);
  return TRUE;
}

const EsCommand es_cmd_score = {
    .name = "score",
    .summary = N_("judge a call by a rubric"),
    .usage = N_("ID"),
    .description = N_("Asks question after question, or takes an answers file (earshot rubric show RUBRIC "
                      "--template prints one to fill in). An evaluation is never changed; judging again adds "
                      "another one."),
    .args = {score_args},
    .least = 1,
    .most = 1,
    .run = run_score,
};
