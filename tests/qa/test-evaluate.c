// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Scores against values worked out by hand, and every way in which answers do not fit a rubric.
#include "earshot/common/error.h"
#include "earshot/qa/evaluation.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

// Section a weighs 60: yes-no weight 3 (critical), scale 0-4 weight 1 (N/A). Section b weighs 40: a choice of
// 0, 1 and 3 points, weight 2 (N/A), and a yes-no that counts nothing but is critical (N/A).
static const char rubric_text[] =
    "[rubric]\nid=r\nversion=7\ntitle=R\npass=80\n"
    "[section a]\ntitle=A\nweight=60\n[section b]\ntitle=B\nweight=40\n"
    "[question yn]\nsection=a\ntext=1\ntype=yes-no\nweight=3\ncritical=customer\nna=true\n"
    "[question sc]\nsection=a\ntext=2\ntype=scale\npoints=4\nweight=1\nna=true\n"
    "label.0=0\nlabel.1=1\nlabel.2=2\nlabel.3=3\nlabel.4=4\n"
    "[question ch]\nsection=b\ntext=3\ntype=choice\noptions=bad;fair;good\nweight=2\nna=true\n"
    "option.bad=B\noption.fair=F\noption.good=G\npoints.bad=0\npoints.fair=1\npoints.good=3\n"
    "[question cr]\nsection=b\ntext=4\ntype=yes-no\nweight=0\ncritical=compliance\nna=true\n";

typedef struct {
  const char *yn, *sc, *ch, *cr;
  double score, raw; // NAN = none
  gboolean critical, passed;
} Case;

static const Case cases[] = {
    // all right: 100
    {"yes", "4", "good", "yes", 100, 100, FALSE, TRUE},
    // a = (3·1 + 1·0.5)/4 = 0.875; b = 1/3; (60·0.875 + 40/3)/100 = 65.8333…
    {"yes", "2", "fair", "yes", 65.0 + 5.0 / 6.0, 65.0 + 5.0 / 6.0, FALSE, FALSE},
    // sc N/A: a = 1; b = 1/3: 60 + 13.3333…
    {"yes", "na", "fair", "yes", 60.0 + 40.0 / 3.0, 60.0 + 40.0 / 3.0, FALSE, FALSE},
    // b has no answer that weighs anything: a alone, (3 + 0.25)/4 = 81.25
    {"yes", "1", "na", "yes", 81.25, 81.25, FALSE, TRUE},
    // a has none: b alone
    {"na", "na", "good", "yes", 100, 100, FALSE, TRUE},
    // exactly the threshold: sc alone in a = 2/4 → 0.5·60 + 1·40 = 70, not passed
    {"na", "2", "good", "yes", 70, 70, FALSE, FALSE},
    // a critical question failed: 0, raw (0·3 + 1·1)/4·60 + 40 = 55
    {"no", "4", "good", "yes", 0, 55, TRUE, FALSE},
    // a critical question without weight: raw 100 stays, final 0
    {"yes", "4", "good", "no", 0, 100, TRUE, FALSE},
    // N/A is no critical failure
    {"na", "4", "good", "na", 100, 100, FALSE, TRUE},
    // nothing to judge: no score, not 0
    {"na", "na", "na", "na", NAN, NAN, FALSE, FALSE},
    // nothing weighs, but a critical question failed
    {"na", "na", "na", "no", 0, NAN, TRUE, FALSE},
    // everything wrong
    {"no", "0", "bad", "no", 0, 0, TRUE, FALSE},
    // other ways of writing
    {" YES ", "٤", "Good", "نعم", 100, 100, FALSE, TRUE},
    {"لا", "N/A", "لا ينطبق", "y es", NAN, NAN, FALSE, FALSE}, // "y es" is refused
};

static EsAnswers *make_answers(const Case *c) {
  EsAnswers *answers = es_answers_new();
  g_ptr_array_add(answers->answers, es_answer_new("yn", c->yn, "a comment", 1));
  g_ptr_array_add(answers->answers, es_answer_new("sc", c->sc, NULL, 2));
  g_ptr_array_add(answers->answers, es_answer_new("ch", c->ch, NULL, 3));
  g_ptr_array_add(answers->answers, es_answer_new("cr", c->cr, NULL, 4));
  return answers;
}

static void assert_same(double got, double wanted) {
  if (isnan(wanted))
    g_assert_true(isnan(got));
  else
    g_assert_cmpfloat_with_epsilon(got, wanted, 1e-9);
}

static EsRubric *parse(void) {
  g_autoptr(GError) error = NULL;
  EsRubric *rubric = es_rubric_parse("r", rubric_text, NULL, &error);
  g_assert_no_error(error);
  return rubric;
}

static void check_scores(void) {
  g_autoptr(EsRubric) rubric = parse();
  for (guint i = 0; i + 1 < G_N_ELEMENTS(cases); i++) {
    const Case *c = &cases[i];
    g_autoptr(GError) error = NULL;
    g_autoptr(EsAnswers) answers = make_answers(c);
    g_autoptr(EsEvaluation) evaluation = es_evaluate(rubric, answers, "a", &error);
    g_assert_no_error(error);
    assert_same(evaluation->score, c->score);
    assert_same(evaluation->score_raw, c->raw);
    g_assert_cmpint(evaluation->critical_failed, ==, c->critical);
    g_assert_cmpint(evaluation->passed, ==, c->passed);
    g_assert_cmpstr(evaluation->rubric_id, ==, "r");
    g_assert_cmpstr(evaluation->rubric_version, ==, "7");
    g_assert_cmpstr(evaluation->rubric_text, ==, rubric_text);
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = make_answers(&cases[G_N_ELEMENTS(cases) - 1]);
  g_assert_null(es_evaluate(rubric, answers, "a", &error));
  g_assert_cmpstr(error->message, ==,
                  "a:4: [answers] cr: “y es” is not an answer to it; allowed: no, yes, na");
}

// Weights whose sums are not exact in binary: 0.1 + 0.7 of 1 is 80 per cent and passes 80.
static void check_threshold(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) rubric =
      es_rubric_parse("r",
                      "[rubric]\nid=r\nversion=1\ntitle=R\npass=80\n[section a]\ntitle=A\n"
                      "[question x]\nsection=a\ntext=1\ntype=yes-no\nweight=0.1\n"
                      "[question y]\nsection=a\ntext=1\ntype=yes-no\nweight=0.7\n"
                      "[question z]\nsection=a\ntext=1\ntype=yes-no\nweight=0.2\n",
                      NULL, &error);
  g_assert_no_error(error);
  g_autoptr(EsAnswers) answers =
      es_answers_parse("a", "[answers]\nx=yes\ny=yes\nz=no\n[comments]\n0:05=x\ncall=y\n", -1, &error);
  g_autoptr(EsEvaluation) evaluation = es_evaluate(rubric, answers, "a", &error);
  g_assert_no_error(error);
  g_assert_true(evaluation->passed);
  g_autoptr(JsonNode) comments = json_from_string(evaluation->comments_json, &error);
  JsonArray *array = json_node_get_array(comments);
  g_assert_cmpint(json_object_get_int_member(json_array_get_object_element(array, 0), "at_ms"), ==, 5000);
  g_assert_true(json_object_get_null_member(json_array_get_object_element(array, 1), "at_ms"));
}

static void check_json(void) {
  g_autoptr(EsRubric) rubric = parse();
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = make_answers(&(Case){.yn = "no", .sc = "na", .ch = "fair", .cr = "yes"});
  g_autoptr(EsEvaluation) evaluation = es_evaluate(rubric, answers, "a", &error);
  g_assert_no_error(error);
  g_autoptr(JsonNode) node = json_from_string(evaluation->answers_json, &error);
  g_assert_no_error(error);
  JsonArray *array = json_node_get_array(node);
  g_assert_cmpuint(json_array_get_length(array), ==, 4);
  JsonObject *yn = json_array_get_object_element(array, 0), *sc = json_array_get_object_element(array, 1);
  JsonObject *ch = json_array_get_object_element(array, 2);
  g_assert_cmpstr(json_object_get_string_member(yn, "question"), ==, "yn");
  g_assert_cmpstr(json_object_get_string_member(yn, "comment"), ==, "a comment");
  g_assert_true(json_object_get_boolean_member(yn, "critical_failed"));
  g_assert_cmpstr(json_object_get_string_member(sc, "answer"), ==, "na");
  g_assert_true(json_object_get_null_member(sc, "score"));
  g_assert_true(json_object_get_null_member(sc, "points"));
  g_assert_cmpfloat_with_epsilon(json_object_get_double_member(ch, "points"), 2.0 / 3.0, 1e-12);
  g_assert_false(json_object_get_boolean_member(ch, "critical_failed"));
}

typedef struct {
  const char *text, *message;
} Refusal;

#define REST "sc=1\nch=bad\ncr=yes\n"

static const Refusal refusals[] = {
    {"[answers]\n" REST, "a: [answers] yn: not answered; allowed: no, yes, na"},
    {"[answers]\nyn=\n" REST, "a:2: [answers] yn: not answered"},
    {"[notes]\nyn=x\n[answers]\n" REST, "a:2: [answers] yn: not answered"},
    {"[answers]\nyn=maybe\n" REST, "a:2: [answers] yn: “maybe” is not an answer"},
    {"[answers]\nyn=yes\nzz=1\n" REST, "a:3: [answers] zz: the rubric “r” has no such question"},
    {"[answers]\nyn=yes\n" REST "[notes]\nzz=1\n", "a:7: [notes] zz: the rubric “r” has no such question"},
    {"[answers]\nyn=yes\nsc=5\nch=bad\ncr=yes\n",
     "a:3: [answers] sc: “5” is not an answer to it; allowed: 0"},
    {"[evaluation]\nrubric=other\n[answers]\nyn=yes\n" REST,
     "a:2: [evaluation] rubric: these are answers to “other”"},
    {"[evaluation]\nversion=6\n[answers]\nyn=yes\n" REST,
     "a:2: [evaluation] version: these are answers to version 6"},
};

static void check_refusals(void) {
  g_autoptr(EsRubric) rubric = parse();
  for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(EsAnswers) answers = es_answers_parse("a", refusals[i].text, -1, &error);
    g_assert_no_error(error);
    g_assert_null(es_evaluate(rubric, answers, "a", &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    if (!g_str_has_prefix(error->message, refusals[i].message))
      g_error("case %u: wanted “%s”, got “%s”", i, refusals[i].message, error->message);
  }
}

static void check_na_refused(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) rubric = es_rubric_parse("s", es_rubric_shipped_text("standard"), NULL, &error);
  const EsQuestion *question = es_rubric_question(rubric, "greeting-formula");
  g_assert_null(es_question_read(question, "na", &error));
  g_assert_cmpstr(error->message, ==, "N/A is not allowed here; allowed: no, yes");
}

static void check_twice(void) {
  g_autoptr(EsRubric) rubric = parse();
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = make_answers(&cases[0]);
  g_ptr_array_add(answers->answers, es_answer_new("sc", "1", NULL, 9));
  g_assert_null(es_evaluate(rubric, answers, "a", &error));
  g_assert_cmpstr(error->message, ==, "a:9: [answers] sc: answered more than once");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qa/evaluate/scores", check_scores);
  g_test_add_func("/qa/evaluate/threshold", check_threshold);
  g_test_add_func("/qa/evaluate/json", check_json);
  g_test_add_func("/qa/evaluate/refusals", check_refusals);
  g_test_add_func("/qa/evaluate/na-refused", check_na_refused);
  g_test_add_func("/qa/evaluate/twice", check_twice);
  return g_test_run();
}
