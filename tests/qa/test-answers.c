// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers files: what is read, and that every mistake names line and field.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/qa/evaluation.h"

static const char whole[] = "\xef\xbb\xbf# filled on Windows\r\n"
                            "[evaluation]\r\n"
                            "rubric=standard\r\n"
                            "version = 1\r\n"
                            "evaluator=Mona\r\n"
                            "segment=٢\r\n"
                            "\r\n"
                            "[answers]\r\n"
                            "greeting=yes\r\n"
                            "tone = ٣ \r\n"
                            "waiting=\r\n"
                            "[notes]\r\n"
                            "tone=warm = good, C:\\new\r\n"
                            "waiting=\r\n"
                            "[comments]\r\n"
                            "1:05=first\r\n"
                            "١:٠٥=second [at the same moment]\r\n"
                            "call=على المكالمة كلها\r\n"
                            "0:10=\r\n";

static void check_whole(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = es_answers_parse("a", whole, -1, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(answers->rubric, ==, "standard");
  g_assert_cmpstr(answers->version, ==, "1");
  g_assert_cmpstr(answers->evaluator, ==, "Mona");
  g_assert_cmpint(answers->segment, ==, 1);
  g_assert_cmpuint(answers->answers->len, ==, 3);
  const EsAnswer *tone = answers->answers->pdata[1], *waiting = answers->answers->pdata[2];
  g_assert_cmpstr(tone->value, ==, "٣");
  g_assert_cmpstr(tone->comment, ==, "warm = good, C:\\new");
  g_assert_cmpuint(tone->line, ==, 10);
  g_assert_cmpstr(waiting->value, ==, "");
  g_assert_null(waiting->comment);
  g_assert_cmpuint(answers->comments->len, ==, 3);
  const EsComment *first = answers->comments->pdata[0], *second = answers->comments->pdata[1];
  const EsComment *call = answers->comments->pdata[2];
  g_assert_cmpint(first->at_ms, ==, 65000);
  g_assert_cmpint(second->at_ms, ==, 65000);
  g_assert_cmpstr(second->text, ==, "second [at the same moment]");
  g_assert_cmpint(call->at_ms, ==, ES_UNKNOWN);
}

static void check_empty(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsAnswers) answers = es_answers_parse("a", "[evaluation]\nsegment=\nrubric=\n", -1, &error);
  g_assert_no_error(error);
  g_assert_null(answers->rubric);
  g_assert_null(answers->evaluator);
  g_assert_cmpint(answers->segment, ==, -1);
}

typedef struct {
  const char *text;
  gssize length; // -1: up to the NUL byte
  const char *message;
} Case;

static const Case cases[] = {
    {"q=yes\n", -1, "a:1: “q=yes” stands before the first [group]"},
    {"[answer]\n", -1, "a:1: “[answer]” is none of"},
    {"[answers]\nyes\n", -1, "a:2: [answers]: “yes” is not “key=value”"},
    {"[answers]\n=yes\n", -1, "a:2: [answers]: "},
    {"[answers]\nq=yes\n\nq=no\n", -1, "a:4: [answers] q: already on line 2"},
    {"[notes]\nq=a\nq=b\n", -1, "a:3: [notes] q: already on line 2"},
    {"[evaluation]\nrubrik=x\n", -1, "a:2: [evaluation] rubrik: unknown key"},
    {"[evaluation]\nrubric=x\nrubric=y\n", -1, "a:3: [evaluation] rubric: already on line 2"},
    {"[evaluation]\nsegment=0\n", -1, "a:2: [evaluation] segment: “0” is not a whole number from 1"},
    {"[evaluation]\nsegment=last\n", -1, "a:2: [evaluation] segment: “last”"},
    {"[comments]\nsoon=x\n", -1, "a:2: [comments] soon: this is no moment"},
    {"[comments]\n-5=x\n", -1, "a:2: [comments] -5: this is no moment"},
    {"[answers]\nq=\xd3\xe1\xc7\n", -1, "a:2: [answers]: not UTF-8 text"},
    {"[answers]\nq=a\0b\n", 16, "a:2: [answers]: not UTF-8 text"},
};

static void check_mistakes(void) {
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(EsAnswers) answers = es_answers_parse("a", cases[i].text, cases[i].length, &error);
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_assert_null(answers);
    if (!g_str_has_prefix(error->message, cases[i].message))
      g_error("case %u: wanted “%s”, got “%s”", i, cases[i].message, error->message);
  }
}

// Files that would take for ever, or all memory, are refused.
static void check_limits(void) {
  static const char *const groups[] = {"answers", "notes", "comments"};
  for (guint g = 0; g < G_N_ELEMENTS(groups); g++) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "[%s]\n", groups[g]);
    for (int i = 0; i <= 1000; i++)
      g_string_append_printf(text, "%d=x\n", i);
    g_autoptr(GError) error = NULL;
    g_assert_null(es_answers_parse("a", text->str, -1, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_autofree char *wanted = g_strdup_printf("a:1002: [%s] 1000: more than 1000", groups[g]);
    g_assert_true(g_str_has_prefix(error->message, wanted));
  }
  g_autofree char *large = g_strnfill(1100000, '#');
  g_autoptr(GError) error = NULL;
  g_assert_null(es_answers_parse("a", large, -1, &error));
  g_assert_cmpstr(error->message, ==, "a: larger than 1 MiB");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qa/answers/whole", check_whole);
  g_test_add_func("/qa/answers/empty", check_empty);
  g_test_add_func("/qa/answers/mistakes", check_mistakes);
  g_test_add_func("/qa/answers/limits", check_limits);
  return g_test_run();
}
