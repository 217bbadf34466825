// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From answers to a score.
//
//   s(section) = Σ w·s / Σ w            over its answered questions that are not N/A
//   raw        = 100·Σ W·s(section) / Σ W   over sections that have such a score
//   final      = 0 if an answered critical question scored 0, else raw
//
// So an N/A answer moves its weight to the section's other questions, and a section without any answer moves
// its weight to the other sections. Nothing is rounded here.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/qa/evaluation.h"
#include "words.h"

#include <json-glib/json-glib.h>
#include <math.h>

// Sums of decimal weights are off by a few units in the last place: 80 must not fail against 80.
#define SLACK 1e-9

// ---- what an answer means

static gboolean is_word(const char *text, const char *key) {
  g_autofree char *lower = g_utf8_strdown(text, -1);
  g_autofree char *english = g_utf8_strdown(es_word("en", key), -1);
  return g_str_equal(lower, english) || g_str_equal(lower, es_word("ar", key));
}

static char *normalise(const EsQuestion *question, const char *value) {
  g_autofree char *digits = es_digits_to_ascii(value);
  char *lower = g_utf8_strdown(g_strstrip(digits), -1);
  const char *other = NULL;
  if (is_word(lower, "na") || g_str_equal(lower, "n/a"))
    other = ES_ANSWER_NA;
  else if (question->type == ES_QUESTION_YES_NO && is_word(lower, "yes"))
    other = "yes";
  else if (question->type == ES_QUESTION_YES_NO && is_word(lower, "no"))
    other = "no";
  if (!other)
    return lower;
  g_free(lower);
  return g_strdup(other);
}

static char *allowed_values(const EsQuestion *question) {
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < question->options->len; i++)
    g_string_append_printf(out, "%s%s", i ? ", " : "", ((EsOption *)question->options->pdata[i])->value);
  if (question->na_allowed)
    g_string_append(out, ", " ES_ANSWER_NA);
  return g_string_free(out, FALSE);
}

const char *es_question_read(const EsQuestion *question, const char *value, GError **error) {
  g_autofree char *plain = normalise(question, value);
  const EsOption *option = es_question_option(question, plain);
  if (option)
    return option->value;
  if (g_str_equal(plain, ES_ANSWER_NA) && question->na_allowed)
    return ES_ANSWER_NA;
  g_autofree char *allowed = allowed_values(question);
  if (g_str_equal(plain, ES_ANSWER_NA))
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("N/A is not allowed here; allowed: %s"), allowed);
  else if (*plain == '\0')
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("not answered; allowed: %s"), allowed);
  else
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("“%s” is not an answer to it; allowed: %s"), value,
                allowed);
  return NULL;
}

// ---- answers held against the rubric

typedef struct {
  const EsQuestion *question;
  const EsAnswer *answer;
  const char *value; // normalised
  double score;      // NAN for N/A
} Judged;

G_GNUC_PRINTF(5, 6)
static gboolean refuse(const char *name, guint line, const char *field, GError **error, const char *format,
                       ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *what = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *where = line ? g_strdup_printf("%s:%u", name, line) : g_strdup(name);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: %s: %s", where, field, what);
  return FALSE;
}

static gboolean check_rubric(const EsRubric *rubric, const EsAnswers *answers, const char *name,
                             GError **error) {
  if (answers->rubric && !g_str_equal(answers->rubric, rubric->id))
    return refuse(name, answers->rubric_line, "[evaluation] rubric", error,
                  _("these are answers to “%s”, not to “%s”"), answers->rubric, rubric->id);
  if (answers->version && !g_str_equal(answers->version, rubric->version))
    return refuse(name, answers->rubric_line, "[evaluation] version", error,
                  _("these are answers to version %s of “%s”, not to version %s"), answers->version,
                  rubric->id, rubric->version);
  return TRUE;
}

static gboolean check_unknown(const EsRubric *rubric, const EsAnswers *answers, const char *name,
                              GError **error) {
  for (guint i = 0; i < answers->answers->len; i++) {
    const EsAnswer *answer = answers->answers->pdata[i];
    if (es_rubric_question(rubric, answer->question))
      continue;
    g_autofree char *field =
        g_strdup_printf("[%s] %s", answer->value ? "answers" : "notes", answer->question);
    return refuse(name, answer->line, field, error, _("the rubric “%s” has no such question"), rubric->id);
  }
  return TRUE;
}

static const EsAnswer *find_answer(const EsAnswers *answers, const EsQuestion *question, guint *count) {
  const EsAnswer *found = NULL;
  for (guint i = 0; i < answers->answers->len; i++) {
    const EsAnswer *answer = answers->answers->pdata[i];
    if (g_str_equal(answer->question, question->name)) {
      found = answer;
      (*count)++;
    }
  }
  return found;
}

static gboolean judge(const EsQuestion *question, const EsAnswers *answers, const char *name, Judged *judged,
                      GError **error) {
  guint count = 0;
  const EsAnswer *answer = find_answer(answers, question, &count);
  g_autofree char *field = g_strdup_printf("[answers] %s", question->name);
  if (count > 1)
    return refuse(name, answer->line, field, error, _("answered more than once"));
  g_autoptr(GError) refused = NULL;
  const char *value = es_question_read(question, answer && answer->value ? answer->value : "", &refused);
  if (!value)
    return refuse(name, answer ? answer->line : 0, field, error, "%s", refused->message);
  const EsOption *option = es_question_option(question, value);
  *judged = (Judged){question, answer, value, option ? option->score : NAN};
  return TRUE;
}

// ---- the score

static double section_score(const GArray *judged, const char *section) {
  double points = 0, weights = 0;
  for (guint i = 0; i < judged->len; i++) {
    const Judged *one = &g_array_index(judged, Judged, i);
    if (isnan(one->score) || !g_str_equal(one->question->section, section))
      continue;
    points += one->question->weight * one->score;
    weights += one->question->weight;
  }
  return weights > 0 ? points / weights : NAN;
}

static double raw_score(const EsRubric *rubric, const GArray *judged) {
  double points = 0, weights = 0;
  for (guint i = 0; i < rubric->sections->len; i++) {
    const EsSection *section = rubric->sections->pdata[i];
    double score = section_score(judged, section->name);
    if (isnan(score))
      continue;
    points += section->weight * score;
    weights += section->weight;
  }
  return weights > 0 ? 100.0 * points / weights : NAN;
}

static gboolean is_critical_failure(const Judged *judged) {
  return judged->question->critical && judged->score == 0; // NAN compares as FALSE
}

static gboolean any_critical_failure(const GArray *judged) {
  for (guint i = 0; i < judged->len; i++)
    if (is_critical_failure(&g_array_index(judged, Judged, i)))
      return TRUE;
  return FALSE;
}

// ---- JSON

static void set_member(JsonBuilder *json, const char *name, const char *text) {
  json_builder_set_member_name(json, name);
  if (text)
    json_builder_add_string_value(json, text);
  else
    json_builder_add_null_value(json);
}

static void set_number(JsonBuilder *json, const char *name, double value) {
  json_builder_set_member_name(json, name);
  if (isnan(value))
    json_builder_add_null_value(json);
  else
    json_builder_add_double_value(json, value);
}

static char *finish_json(JsonBuilder *json) {
  json_builder_end_array(json);
  g_autoptr(JsonNode) root = json_builder_get_root(json);
  return json_to_string(root, FALSE);
}

static char *answers_json(const GArray *judged) {
  g_autoptr(JsonBuilder) json = json_builder_new();
  json_builder_begin_array(json);
  for (guint i = 0; i < judged->len; i++) {
    const Judged *one = &g_array_index(judged, Judged, i);
    json_builder_begin_object(json);
    set_member(json, "question", one->question->name);
    set_member(json, "answer", one->value);
    set_number(json, "points", one->score * one->question->weight);
    set_number(json, "score", one->score);
    set_number(json, "weight", one->question->weight);
    set_member(json, "comment", one->answer->comment);
    json_builder_set_member_name(json, "critical_failed");
    json_builder_add_boolean_value(json, is_critical_failure(one));
    json_builder_end_object(json);
  }
  return finish_json(json);
}

static char *comments_json(const EsAnswers *answers) {
  g_autoptr(JsonBuilder) json = json_builder_new();
  json_builder_begin_array(json);
  for (guint i = 0; i < answers->comments->len; i++) {
    const EsComment *comment = answers->comments->pdata[i];
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "at_ms");
    if (comment->at_ms == ES_UNKNOWN)
      json_builder_add_null_value(json);
    else
      json_builder_add_int_value(json, comment->at_ms);
    set_member(json, "text", comment->text);
    json_builder_end_object(json);
  }
  return finish_json(json);
}

// ---- the whole

static EsEvaluation *build(const EsRubric *rubric, const EsAnswers *answers, const GArray *judged) {
  EsEvaluation *evaluation = es_evaluation_new();
  evaluation->rubric_id = g_strdup(rubric->id);
  evaluation->rubric_version = g_strdup(rubric->version);
  evaluation->rubric_title = g_strdup(rubric->title);
  evaluation->rubric_text = g_strdup(rubric->text);
  evaluation->answers_json = answers_json(judged);
  evaluation->comments_json = comments_json(answers);
  evaluation->score_raw = raw_score(rubric, judged);
  evaluation->critical_failed = any_critical_failure(judged);
  evaluation->score = evaluation->critical_failed ? 0 : evaluation->score_raw;
  evaluation->passed = !evaluation->critical_failed && evaluation->score + SLACK >= rubric->pass_percent;
  return evaluation;
}

EsEvaluation *es_evaluate(const EsRubric *rubric, const EsAnswers *answers, const char *name,
                          GError **error) {
  if (!check_rubric(rubric, answers, name, error) || !check_unknown(rubric, answers, name, error))
    return NULL;
  g_autoptr(GArray) judged = g_array_new(FALSE, TRUE, sizeof(Judged));
  for (guint i = 0; i < rubric->questions->len; i++) {
    Judged one;
    if (!judge(rubric->questions->pdata[i], answers, name, &one, error))
      return NULL;
    g_array_append_val(judged, one);
  }
  return build(rubric, answers, judged);
}
