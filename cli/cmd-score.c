// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot score: judges a call, from an answers file or by asking question after question.
#include "commands.h"
#include "context.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "format.h"
#include "score-dialogue.h"
#include "show.h"
#include "text.h"

#include <string.h>

#define DEFAULT_RUBRIC "standard"

static const EsArg score_args[] = {
    {"answers", 'a', ES_ARG_TEXT, NULL, N_("FILE"), N_("filled-in answers file, - for standard input"), NULL},
    {"rubric", 'r', ES_ARG_TEXT, NULL, N_("RUBRIC"), N_("what to judge by (standard)"), NULL},
    {"segment", 0, ES_ARG_COUNT, NULL, N_("NUMBER"),
     N_("segment of the call to judge, counted from 1 (the last)"), NULL},
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

// Whoever judges should know that somebody did already.
static void print_earlier(JsonObject *call) {
  JsonArray *evaluations = es_reply_array(call, "evaluations");
  for (guint i = 0; i < json_array_get_length(evaluations); i++) {
    JsonObject *evaluation = es_reply_object_at(evaluations, i);
    g_autofree char *at = es_format_moment(evaluation, "at");
    g_autofree char *score = es_format_score(evaluation, "score");
    g_autofree char *title = es_text_clean(es_reply_text(evaluation, "title"));
    g_autofree char *by = es_text_clean(es_reply_text(evaluation, "evaluator"));
    printf(_("judged before: %s, %s, by %s: %s\n"), title, at, by, *score != '\0' ? score : "–");
  }
}

static JsonObject *load(EsContext *context, const char *operation, const char *id, GError **error) {
  EsContext other = *context;
  EsLine line = *context->line;
  line.params = json_object_new();
  other.line = &line;
  json_object_set_string_member(line.params, "id", id);
  es_context_set_language(&other);
  JsonObject *reply = es_context_one(&other, operation, error);
  json_object_unref(line.params);
  return reply;
}

// A segment that the call does not have is refused before the questions, not after them.
static gboolean check_segment(JsonObject *call, gint64 segment, GError **error) {
  guint n = MAX(json_array_get_length(es_reply_array(call, "segments")), 1);
  if (segment <= (gint64)n)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
              ngettext_("--segment: the call has %u segment", "--segment: the call has %u segments", n), n);
  return FALSE;
}

static char *draft_path(const char *id) {
  g_autofree char *name = g_strconcat("answers-", strlen(id) >= ES_ID_SHORT ? es_id_short(id) : id, NULL);
  return g_build_filename(g_get_user_state_dir(), "earshot", name, NULL);
}

// Minutes of somebody's work must not be lost because a terminal closed or a disk is full. Says where they
// are.
static void keep_draft(const char *id, const char *text) {
  g_autofree char *path = draft_path(id);
  g_autofree char *directory = g_path_get_dirname(path);
  if (g_mkdir_with_parents(directory, 0700) == 0 &&
      g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
    es_message(_("your answers are kept: complete them in %s, then earshot score %s --answers %s"), path, id,
               path);
}

static char *fill_in(EsContext *context, EsSheet *sheet, const char *id, GError **error) {
  EsDialogueEnd end =
      es_sheet_count(sheet) > 0 ? es_score_dialogue(sheet, &context->screen) : ES_DIALOGUE_QUIT;
  g_autofree char *text = es_sheet_text(sheet);
  if (end == ES_DIALOGUE_DONE)
    return g_steal_pointer(&text);
  if (end == ES_DIALOGUE_ENDED && !es_sheet_is_empty(sheet)) {
    putchar('\n');
    keep_draft(id, text);
  }
  g_set_error_literal(error, ES_ERROR, ES_ERROR_FAILED, _("nothing was stored"));
  return NULL;
}

static char *text_from_questions(EsContext *context, JsonObject *call, GError **error) {
  const char *rubric_id = es_context_text(context, "rubric"), *id = es_reply_text(call, "id");
  gint64 segment = es_reply_int(context->line->own, "segment");
  if (!check_segment(call, segment, error))
    return NULL;
  g_autoptr(JsonObject) rubric =
      load(context, "rubric.show", rubric_id != NULL ? rubric_id : DEFAULT_RUBRIC, error);
  if (rubric == NULL)
    return NULL;
  g_autoptr(EsSheet) sheet = es_sheet_new(rubric, segment, es_reply_int(call, "audio_ms"));
  print_call(call);
  print_earlier(call);
  es_screen_print(
      &context->screen,
      _("Type an answer, # and a comment behind it if you like; b goes back, ? shows the guidance, "
        "@1:05 text comments on a moment, @ text on the whole call, q leaves without storing."),
      0, 0);
  return fill_in(context, sheet, id, error);
}

static JsonObject *store(EsContext *context, const char *name, const char *text, GError **error) {
  json_object_set_string_member(es_context_params(context), "name", name);
  json_object_set_string_member(es_context_params(context), "answers", text);
  es_context_set_language(context);
  return es_context_one(context, "evaluation.add", error);
}

static gboolean run_score(EsContext *context, GError **error) {
  const char *path = es_context_text(context, "answers");
  if (!es_context_set_id(context, error))
    return FALSE;
  g_autofree char *from_file = path != NULL ? text_from_file(context, path, error) : NULL;
  if (path != NULL && from_file == NULL)
    return FALSE;
  const char *id = es_reply_text(es_context_params(context), "id");
  g_autoptr(JsonObject) call = load(context, "call.show", id, error);
  if (call == NULL)
    return FALSE;
  g_autofree char *asked = path == NULL ? text_from_questions(context, call, error) : NULL;
  if (path == NULL && asked == NULL)
    return FALSE;
  const char *name = path != NULL && strcmp(path, "-") != 0 ? path : _("answers");
  g_autoptr(JsonObject) evaluation = store(context, name, path != NULL ? from_file : asked, error);
  if (evaluation == NULL) {
    if (asked != NULL)
      keep_draft(es_reply_text(call, "id"), asked);
    return FALSE;
  }
  if (es_context_has(context, "json"))
    es_reply_print(evaluation, stdout);
  else
    es_show_evaluation(evaluation, call, TRUE, &context->screen);
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
