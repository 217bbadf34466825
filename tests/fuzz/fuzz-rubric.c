// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A rubric that is accepted is whole, and its template is an answers file.
#include "earshot/qa/evaluation.h"
#include "fuzz.h"

static void check_question(const EsRubric *rubric, const EsQuestion *question) {
  g_assert_nonnull(question->text);
  g_assert_nonnull(es_rubric_section(rubric, question->section));
  g_assert_cmpuint(question->options->len, >=, 2);
  for (guint i = 0; i < question->options->len; i++) {
    const EsOption *option = question->options->pdata[i];
    g_assert_nonnull(option->label);
    g_assert_true(option->score >= 0 && option->score <= 1);
  }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) mistakes = es_rubric_mistakes("r", text);
  g_autoptr(EsRubric) rubric = es_rubric_parse("r", text, "en", &error);
  g_assert_true((rubric == NULL) == (error != NULL) && (rubric == NULL) == (mistakes[0] != NULL));
  if (!rubric)
    return 0;
  for (guint i = 0; i < rubric->questions->len; i++)
    check_question(rubric, rubric->questions->pdata[i]);
  g_autofree char *template = es_rubric_template(rubric);
  g_autoptr(EsAnswers) answers = es_answers_parse("t", template, -1, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(answers->answers->len, ==, rubric->questions->len);
  return 0;
}
