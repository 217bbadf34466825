// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One evaluation: what was judged by whom, both totals, each answer with its points, the comments (see
// show.h).
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "format.h"
#include "show.h"
#include "table.h"
#include "text.h"

#include <math.h>

#define INDENT 4

static const EsColumn answer_columns[] = {{N_("question"), FALSE, 24, ES_TABLE_WRAP},
                                          {N_("answer"), FALSE, 14, ES_TABLE_WRAP},
                                          {N_("points"), TRUE, 0, 0},
                                          {"", FALSE, 8, ES_TABLE_WRAP},
                                          {N_("comment"), FALSE, 14, ES_TABLE_WRAP}};

// "2 / 3"; nothing where the question did not apply.
static char *points_text(JsonObject *answer) {
  double points = es_reply_number(answer, "points"), weight = es_reply_number(answer, "weight");
  if (isnan(points) || isnan(weight))
    return g_strdup("");
  g_autofree char *got = es_score_format(points), *most = es_score_format(weight);
  return g_strdup_printf("%s / %s", got, most);
}

// The member's text as people read it, or the code it stands for.
static const char *wording(JsonObject *answer, const char *text, const char *code) {
  const char *words = es_reply_text(answer, text);
  return words != NULL && *words != '\0' ? words : es_reply_text(answer, code);
}

static const char *answer_text(JsonObject *answer) {
  gboolean applies = g_strcmp0(es_reply_text(answer, "answer"), "na") != 0;
  return applies ? wording(answer, "label", "answer") : _("does not apply");
}

static void print_answers(JsonObject *evaluation, const EsScreen *screen) {
  JsonArray *answers = es_reply_array(evaluation, "answers");
  g_autoptr(EsTable) table = es_table_new(answer_columns, G_N_ELEMENTS(answer_columns), INDENT);
  for (guint i = 0; i < json_array_get_length(answers); i++) {
    JsonObject *answer = es_reply_object_at(answers, i);
    gboolean failed = es_reply_true(answer, "critical_failed");
    g_autofree char *points = points_text(answer);
    es_table_row(table);
    es_table_cell(table, wording(answer, "text", "question"), ES_STYLE_NONE);
    es_table_cell(table, answer_text(answer), *points == '\0' ? ES_STYLE_DIM : ES_STYLE_NONE);
    es_table_cell(table, points, ES_STYLE_NONE);
    es_table_cell(table, failed ? _("critical failure") : "", ES_STYLE_BAD);
    es_table_cell(table, es_reply_text(answer, "comment"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static const EsColumn comment_columns[] = {{NULL, TRUE, 0, 0}, {NULL, FALSE, 20, ES_TABLE_WRAP}};

static void print_comments(JsonObject *evaluation, const EsScreen *screen) {
  JsonArray *comments = es_reply_array(evaluation, "comments");
  g_autoptr(EsTable) table = es_table_new(comment_columns, G_N_ELEMENTS(comment_columns), INDENT);
  for (guint i = 0; i < json_array_get_length(comments); i++) {
    JsonObject *comment = es_reply_object_at(comments, i);
    g_autofree char *at = es_format_length(comment, "at_ms");
    es_table_row(table);
    es_table_cell(table, *at != '\0' ? at : _("whole call"), ES_STYLE_DIM);
    es_table_cell(table, es_reply_text(comment, "text"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static char *verdict(JsonObject *evaluation) {
  double pass_percent = es_reply_number(evaluation, "pass_percent");
  const char *word = es_reply_true(evaluation, "passed") ? _("passed") : _("not passed");
  if (isnan(pass_percent))
    return g_strdup(word);
  g_autofree char *mark = es_score_format(pass_percent);
  return g_strdup_printf(_("%s (pass mark %s)"), word, mark);
}

static const EsColumn total_columns[] = {
    {NULL, FALSE, 0, 0}, {NULL, TRUE, 0, 0}, {NULL, FALSE, 20, ES_TABLE_WRAP}};

// Both totals always, so that nobody has to guess which one is meant.
static void print_totals(JsonObject *evaluation, const EsScreen *screen) {
  g_autofree char *score = es_format_score(evaluation, "score");
  g_autofree char *raw = es_format_score(evaluation, "score_raw");
  if (*score == '\0') {
    printf("%*s%s\n", INDENT, "", _("no score: no question applied"));
    return;
  }
  g_autofree char *result = verdict(evaluation);
  EsStyle style = es_reply_true(evaluation, "passed") ? ES_STYLE_GOOD : ES_STYLE_BAD;
  gboolean failed = es_reply_true(evaluation, "critical_failed");
  g_autoptr(EsTable) table = es_table_new(total_columns, G_N_ELEMENTS(total_columns), INDENT);
  es_table_row(table);
  es_table_cell(table, _("score"), ES_STYLE_DIM);
  es_table_cell(table, score, style);
  es_table_cell(table, result, style);
  es_table_row(table);
  es_table_cell(table, _("without critical failures"), ES_STYLE_DIM);
  es_table_cell(table, raw, ES_STYLE_NONE);
  es_table_cell(
      table, failed ? _("a critical question failed, so the score is 0") : _("no critical question failed"),
      ES_STYLE_NONE);
  es_table_print(table, screen);
}

// "Mona (2001), segment 1": an evaluation belongs to a segment of the call and its agent.
static char *judged_text(JsonObject *evaluation) {
  gint64 segment = es_reply_int(evaluation, "segment");
  const char *agent = es_reply_text(evaluation, "agent"), *name = es_reply_text(evaluation, "agent_name");
  g_autofree char *who = name != NULL && agent != NULL && g_strcmp0(name, agent) != 0
                             ? g_strdup_printf("%s (%s)", name, agent)
                             : g_strdup(agent != NULL ? agent : _("unknown"));
  return g_strdup_printf(_("agent %s, segment %d"), who, (int)MAX(segment, 0) + 1);
}

void es_show_evaluation(JsonObject *evaluation, gboolean whole, const EsScreen *screen) {
  g_autofree char *at = es_format_moment(evaluation, "at");
  g_autofree char *judged = judged_text(evaluation);
  g_autofree char *line = g_strdup_printf(
      // Translators: title (rubric version): whom; when, by whom
      _("%s (%s %s): %s; %s, by %s"), es_reply_text(evaluation, "title"), es_reply_text(evaluation, "rubric"),
      es_reply_text(evaluation, "version"), judged, at, es_reply_text(evaluation, "evaluator"));
  g_autofree char *clean = es_text_clean(line);
  es_screen_print(screen, clean, 2, INDENT);
  print_totals(evaluation, screen);
  if (!whole)
    return;
  print_answers(evaluation, screen);
  print_comments(evaluation, screen);
}
