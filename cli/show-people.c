// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What people added to a call: consent, notes, flags, evaluations (see show.h).
#include "consent.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "format.h"
#include "show.h"
#include "table.h"
#include "terms.h"
#include "text.h"

#include <math.h>

static const EsColumn note_columns[] = {{N_("when"), FALSE, 0, 0},
                                        {N_("who"), FALSE, 0, 0},
                                        {N_("position"), TRUE, 0, 0},
                                        {N_("text"), FALSE, 0, 0}};

static void print_notes(JsonObject *row, const EsScreen *screen) {
  JsonArray *notes = es_reply_array(row, "notes");
  if (json_array_get_length(notes) == 0)
    return;
  es_show_heading(_("Notes"), screen);
  g_autoptr(EsTable) table = es_table_new(note_columns, G_N_ELEMENTS(note_columns), 2);
  for (guint i = 0; i < json_array_get_length(notes); i++) {
    JsonObject *note = es_reply_object_at(notes, i);
    g_autofree char *at = es_format_moment(note, "at");
    g_autofree char *position = es_format_length(note, "position_ms");
    es_table_row(table);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(note, "actor"), ES_STYLE_NONE);
    es_table_cell(table, position, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(note, "text"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static const EsColumn flag_columns[] = {{N_("flag"), FALSE, 0, 0}, {N_("when"), FALSE, 0, 0},
                                        {N_("who"), FALSE, 0, 0},  {N_("range"), FALSE, 0, 0},
                                        {N_("note"), FALSE, 0, 0}, {N_("taken back"), FALSE, 0, 0}};

static char *range_text(JsonObject *flag) {
  if (es_reply_int(flag, "start_ms") == ES_UNKNOWN)
    return g_strdup("");
  g_autofree char *from = es_format_length(flag, "start_ms");
  g_autofree char *to = es_format_length(flag, "end_ms");
  return g_strdup_printf("%s-%s", from, to);
}

static char *removal_text(JsonObject *flag) {
  g_autofree char *when = es_format_moment(flag, "removed_at");
  const char *who = es_reply_text(flag, "removed_by"), *reason = es_reply_text(flag, "removed_reason");
  if (who == NULL)
    return g_strdup("");
  return g_strdup_printf("%s %s: %s", when, who, reason != NULL ? reason : "");
}

static void print_flags(JsonObject *row, const EsScreen *screen) {
  JsonArray *flags = es_reply_array(row, "flag_history");
  if (json_array_get_length(flags) == 0)
    return;
  es_show_heading(_("Flags"), screen);
  g_autoptr(EsTable) table = es_table_new(flag_columns, G_N_ELEMENTS(flag_columns), 2);
  for (guint i = 0; i < json_array_get_length(flags); i++) {
    JsonObject *flag = es_reply_object_at(flags, i);
    g_autofree char *at = es_format_moment(flag, "at");
    g_autofree char *range = range_text(flag);
    g_autofree char *removal = removal_text(flag);
    es_table_row(table);
    es_table_cell(table, es_reply_text(flag, "flag"), *removal != '\0' ? ES_STYLE_DIM : ES_STYLE_CAUTION);
    es_table_cell(table, at, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(flag, "actor"), ES_STYLE_NONE);
    es_table_cell(table, range, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(flag, "note"), ES_STYLE_NONE);
    es_table_cell(table, removal, ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static const EsColumn answer_columns[] = {
    {N_("question"), FALSE, 0, 0}, {N_("answer"), FALSE, 0, 0}, {N_("points"), TRUE, 0, 0},
    {N_("weight"), TRUE, 0, 0},    {"", FALSE, 0, 0},           {N_("comment"), FALSE, 0, 0}};

static char *figure(JsonObject *object, const char *name) {
  double value = es_reply_number(object, name);
  return isnan(value) ? g_strdup("") : g_strdup_printf("%g", value);
}

static void print_answers(JsonObject *evaluation, const EsScreen *screen) {
  JsonArray *answers = es_reply_array(evaluation, "answers");
  g_autoptr(EsTable) table = es_table_new(answer_columns, G_N_ELEMENTS(answer_columns), 4);
  for (guint i = 0; i < json_array_get_length(answers); i++) {
    JsonObject *answer = es_reply_object_at(answers, i);
    gboolean failed = es_reply_true(answer, "critical_failed");
    g_autofree char *score = figure(answer, "score");
    g_autofree char *weight = figure(answer, "weight");
    es_table_row(table);
    es_table_cell(table, es_reply_text(answer, "question"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(answer, "answer"), ES_STYLE_NONE);
    es_table_cell(table, score, ES_STYLE_NONE);
    es_table_cell(table, weight, ES_STYLE_DIM);
    es_table_cell(table, failed ? _("critical failure") : "", ES_STYLE_BAD);
    es_table_cell(table, es_reply_text(answer, "comment"), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}

static void print_comments(JsonObject *evaluation) {
  JsonArray *comments = es_reply_array(evaluation, "comments");
  for (guint i = 0; i < json_array_get_length(comments); i++) {
    JsonObject *comment = es_reply_object_at(comments, i);
    g_autofree char *at = es_format_length(comment, "at_ms");
    g_autofree char *text = es_text_clean(es_reply_text(comment, "text"));
    printf("    %s%s%s\n", at, *at != '\0' ? "  " : "", text);
  }
}

static void print_total(JsonObject *evaluation, const EsScreen *screen) {
  g_autofree char *score = es_format_score(evaluation, "score");
  g_autofree char *raw = es_format_score(evaluation, "score_raw");
  gboolean passed = es_reply_true(evaluation, "passed");
  EsStyle style = passed ? ES_STYLE_GOOD : ES_STYLE_BAD;
  if (*score == '\0') {
    printf("    %s\n", _("no score: no question applied"));
    return;
  }
  printf("    %s%s%s", es_screen_begin(screen, style), score, es_screen_end(screen, style));
  printf(" %s", passed ? _("(passed)") : _("(not passed)"));
  if (es_reply_true(evaluation, "critical_failed"))
    printf(_("; %s without the critical failure"), raw);
  putchar('\n');
}

void es_show_evaluation(JsonObject *evaluation, const EsScreen *screen) {
  g_autofree char *at = es_format_moment(evaluation, "at");
  g_autofree char *title = es_text_clean(es_reply_text(evaluation, "title"));
  g_autofree char *rubric = es_text_clean(es_reply_text(evaluation, "rubric"));
  g_autofree char *version = es_text_clean(es_reply_text(evaluation, "version"));
  g_autofree char *evaluator = es_text_clean(es_reply_text(evaluation, "evaluator"));
  g_autofree char *agent = es_text_clean(es_reply_text(evaluation, "agent"));
  printf("  %s (%s %s), %s, %s", title, rubric, version, at, evaluator);
  if (*agent != '\0')
    printf(_("; agent %s"), agent);
  putchar('\n');
  print_total(evaluation, screen);
  print_answers(evaluation, screen);
  print_comments(evaluation);
}

static void print_evaluations(JsonObject *row, const EsScreen *screen) {
  JsonArray *evaluations = es_reply_array(row, "evaluations");
  if (json_array_get_length(evaluations) == 0)
    return;
  es_show_heading(_("Evaluations"), screen);
  for (guint i = 0; i < json_array_get_length(evaluations); i++)
    es_show_evaluation(es_reply_object_at(evaluations, i), screen);
}

static void print_consent(JsonObject *row, const EsScreen *screen) {
  JsonArray *events = es_reply_array(row, "consent");
  if (json_array_get_length(events) == 0)
    return;
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  for (guint i = 0; i < json_array_get_length(events); i++)
    if (es_reply_object_at(events, i) != NULL)
      g_ptr_array_add(rows, es_reply_object_at(events, i));
  es_show_heading(_("Consent"), screen);
  es_consent_print(rows, 2, screen);
}

void es_show_people(JsonObject *row, const EsScreen *screen) {
  print_consent(row, screen);
  print_notes(row, screen);
  print_flags(row, screen);
  print_evaluations(row, screen);
}
