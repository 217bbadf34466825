// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/clock.h"
#include "earshot/qa/evaluation.h"
#include "fuzz.h"

static const char rubric_text[] =
    "[rubric]\nid=r\nversion=1\ntitle=T\npass=80\n[section s]\ntitle=S\n"
    "[question a]\nsection=s\ntext=Q\ntype=yes-no\ncritical=business\n"
    "[question b]\nsection=s\ntext=Q\ntype=scale\npoints=3\nlabel.0=0\nlabel.1=1\nlabel.2=2\nlabel.3=3\n"
    "[question "
    "c]\nsection=s\ntext=Q\ntype=choice\noptions=bad;good\noption.bad=B\noption.good=G\npoints.bad=0\n"
    "points.good=1\nna=true\n";

static void check_evaluation(const EsRubric *rubric, const EsAnswers *answers) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsEvaluation) evaluation = es_evaluate(rubric, answers, "a", &error);
  g_assert_true((evaluation == NULL) == (error != NULL));
  if (evaluation)
    g_assert_true(evaluation->score >= 0 && evaluation->score <= 100 + 1e-9);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static EsRubric *rubric;
  if (!rubric)
    rubric = es_rubric_parse("r", rubric_text, NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = es_answers_parse("a", (const char *)data, (gssize)size, &error);
  g_assert_true((answers == NULL) == (error != NULL));
  if (!answers)
    return 0;
  for (guint i = 0; i < answers->comments->len; i++) {
    const EsComment *comment = answers->comments->pdata[i];
    g_assert_true(comment->at_ms >= 0 || comment->at_ms == ES_UNKNOWN);
    g_assert_true(g_utf8_validate(comment->text, -1, NULL));
  }
  check_evaluation(rubric, answers);
  return 0;
}
