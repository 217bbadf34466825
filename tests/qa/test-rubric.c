// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rubrics: every mistake is named with its line and field, the shipped texts are whole in both languages, a
// template parses as an answers file.
#include "earshot/common/error.h"
#include "earshot/qa/evaluation.h"
#include "words.h"

#include <string.h>

#define HEAD "[rubric]\nid=r\nversion=1\ntitle=T\npass=50\n" // lines 1-5
#define SECTION "[section s]\ntitle=S\n"                     // 6-7
#define QUESTION "[question q]\nsection=s\ntext=Q\ntype="    // 8-11

typedef struct {
  const char *text, *mistake;
} Case;

static const Case mistakes[] = {
    {"", "r:1: [rubric]: this group is missing"},
    {"[rubric]\nversion=1\ntitle=T\npass=50\n" SECTION QUESTION "yes-no\n", "r:1: [rubric] id: "},
    {"[rubric]\nid=A b\nversion=1\ntitle=T\npass=50\n" SECTION QUESTION "yes-no\n",
     "r:2: [rubric] id: “A b”"},
    {"[rubric]\nid=r\ntitle=T\npass=50\n" SECTION QUESTION "yes-no\n",
     "r:1: [rubric] version: this value is missing"},
    {"[rubric]\nid=r\nversion=1\\n[answers]\ntitle=T\npass=50\n" SECTION QUESTION "yes-no\n",
     "r:3: [rubric] version: "},
    {"[rubric]\nid=r\nversion=1\npass=50\n" SECTION QUESTION "yes-no\n", "r:1: [rubric] title: this text is"},
    {"[rubric]\nid=r\nversion=1\ntitle=T\n" SECTION QUESTION "yes-no\n", "r:1: [rubric] pass: this value is"},
    {"[rubric]\nid=r\nversion=1\ntitle=T\npass=101\n" SECTION QUESTION "yes-no\n",
     "r:5: [rubric] pass: 101 is not between 0 and 100"},
    {"[rubric]\nid=r\nversion=1\ntitle=T\npass=-1\n" SECTION QUESTION "yes-no\n", "r:5: [rubric] pass: -1"},
    {"[rubric]\nid=r\nversion=1\ntitle=T\npass=nan\n" SECTION QUESTION "yes-no\n",
     "r:5: [rubric] pass: “nan” is not a number"},
    {HEAD "colour=red\n" SECTION QUESTION "yes-no\n", "r:6: [rubric] colour: unknown key"},
    {HEAD SECTION QUESTION "yes-no\n[questions]\n", "r:12: [questions]: unknown group"},
    {HEAD SECTION QUESTION "yes-no\nlabel=x\n", "r:12: [question q] label: unknown key"},
    {HEAD SECTION QUESTION "yes-no\nweight=heavy\n", "r:12: [question q] weight: “heavy” is not a number"},
    {HEAD SECTION QUESTION "yes-no\nweight=0x10\n", "r:12: [question q] weight: “0x10” is not a number"},
    {HEAD SECTION QUESTION "yes-no\nweight=-1\n", "r:12: [question q] weight: -1 is not between"},
    {HEAD SECTION QUESTION "yes-no\nweight=0\n",
     "r:6: [section s]: the weights of its questions add up to 0"},
    {HEAD SECTION "weight=0\n" QUESTION "yes-no\n", "r:1: [rubric]: the weights of the sections add up to 0"},
    {HEAD SECTION "weight=\n" QUESTION "yes-no\n", "r:8: [section s] weight: “” is not a number"},
    {HEAD SECTION QUESTION "yes-no\n[section t]\ntitle=T\n", "r:12: [section t]: no question belongs"},
    {HEAD SECTION QUESTION "yes-no\n[section  s]\ntitle=T\n",
     "r:12: [section  s]: a section of this name is already there"},
    {HEAD SECTION QUESTION "yes-no\n[question  q]\nsection=s\ntext=Q\ntype=yes-no\n",
     "r:12: [question  q]: a question of this name is already there"},
    {HEAD SECTION QUESTION "yes-no\n[question q]\n", "r:12: [question q]: this group was already on line 8"},
    {HEAD SECTION QUESTION "yes-no\ntype=scale\n", "r:12: [question q] type: this key was already"},
    {HEAD "[question q]\nsection=s\ntext=Q\ntype=yes-no\n", "r:1: [rubric]: there is no [section …]"},
    {HEAD SECTION, "r:1: [rubric]: there is no [question …]"},
    {HEAD SECTION "[question q]\nsection=z\ntext=Q\ntype=yes-no\n",
     "r:9: [question q] section: there is no [section z]"},
    {HEAD SECTION "[question q]\ntext=Q\ntype=yes-no\n", "r:8: [question q] section: this value is missing"},
    {HEAD SECTION "[question q]\nsection=s\ntype=yes-no\n", "r:8: [question q] text: this text is missing"},
    {HEAD SECTION "[question q]\nsection=s\ntext=\ntype=yes-no\n",
     "r:10: [question q] text: this text is missing"},
    {HEAD SECTION "[question q]\nsection=s\ntext=Q\n", "r:8: [question q] type: this value is missing"},
    {HEAD SECTION "[question Q q]\nsection=s\ntext=Q\ntype=yes-no\n", "r:8: [question Q q]: “Q q” may hold"},
    {HEAD SECTION QUESTION "stars\n", "r:11: [question q] type: “stars” is not yes-no, scale or choice"},
    {HEAD SECTION QUESTION "yes-no\ncritical=fatal\n", "r:12: [question q] critical: “fatal” is not"},
    {HEAD SECTION QUESTION "yes-no\nna=perhaps\n", "r:12: [question q] na: neither true nor false"},
    {HEAD SECTION QUESTION "yes-no\npoints=2\n", "r:12: [question q] points: a question of this type"},
    {HEAD SECTION QUESTION "yes-no\nlabel.1=x\n", "r:12: [question q] label.1: a question of this type"},
    {HEAD SECTION QUESTION "scale\n", "r:8: [question q] points: a scale needs its highest point"},
    {HEAD SECTION QUESTION "scale\npoints=11\n",
     "r:12: [question q] points: not a whole number from 1 to 10"},
    {HEAD SECTION QUESTION "scale\npoints=1\nlabel.1=one\n",
     "r:8: [question q] label.0: this text is missing"},
    {HEAD SECTION QUESTION "scale\npoints=1\nlabel.0=a\nlabel.1=b\nlabel.2=c\n",
     "r:15: [question q] label.2: there is no option “2”"},
    {HEAD SECTION QUESTION "scale\npoints=1\nlabel.0=a\nlabel.1=b\nlabel.2[ar]=c\n",
     "r:15: [question q] label.2[ar]: there is no"},
    {HEAD SECTION QUESTION "choice\n", "r:8: [question q] options: a choice needs 2 to 20 options"},
    {HEAD SECTION QUESTION "choice\noptions=a\noption.a=A\npoints.a=1\n",
     "r:12: [question q] options: a choice"},
    {HEAD SECTION QUESTION "choice\noptions=a;b\noption.a=A\noption.b=B\npoints.a=1\n",
     "r:8: [question q] points.b: the option “b” has no points"},
    {HEAD SECTION QUESTION "choice\noptions=a;b\noption.a=A\npoints.a=1\npoints.b=0\n",
     "r:8: [question q] option.b: this text is missing"},
    {HEAD SECTION QUESTION "choice\noptions=a;b\noption.a=A\noption.b=B\npoints.a=0\npoints.b=0\n",
     "r:12: [question q] options: no option has more than 0 points"},
    {HEAD SECTION QUESTION "choice\noptions=a;b;a\noption.a=A\noption.b=B\npoints.a=1\npoints.b=0\n",
     "r:12: [question q] options: the option “a” is there twice"},
    {HEAD SECTION QUESTION "choice\noptions=a;na\noption.a=A\npoints.a=1\n",
     "r:12: [question q] options: “na” cannot be the name of an option"},
    {HEAD SECTION QUESTION
     "choice\noptions=a;b\noption.a=A\noption.b=B\npoints.a=1\npoints.b=0\noption.c[ar]=C\n",
     "r:17: [question q] option.c[ar]: there is no"},
    {HEAD "title[ar]= \n" SECTION QUESTION "yes-no\n", "r:6: [rubric] title[ar]: this text is missing"},
    {HEAD "description[ar]=x\n" SECTION QUESTION "yes-no\n",
     "r:6: [rubric] description[ar]: there is no “description”"},
    {HEAD "pass[ar]=x\n" SECTION QUESTION "yes-no\n",
     "r:6: [rubric] pass[ar]: this key cannot be translated"},
    {HEAD "title[9]=x\n" SECTION QUESTION "yes-no\n", "r:6: [rubric] title[9]: this is not a language"},
    {HEAD "nonsense\n" SECTION QUESTION "yes-no\n", "r:6: "},
    {HEAD SECTION QUESTION "yes-no\n", NULL},
};

static void check_mistakes(void) {
  for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(EsRubric) rubric = es_rubric_parse("r", mistakes[i].text, NULL, &error);
    g_auto(GStrv) all = es_rubric_mistakes("r", mistakes[i].text);
    if (!mistakes[i].mistake) {
      g_assert_no_error(error);
      g_assert_cmpuint(g_strv_length(all), ==, 0);
      continue;
    }
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_assert_null(rubric);
    gboolean named = FALSE;
    for (char **line = all; *line; line++)
      named |= g_str_has_prefix(*line, mistakes[i].mistake);
    if (!named)
      g_error("case %u: wanted “%s”, got “%s”", i, mistakes[i].mistake, error->message);
    g_assert_cmpstr(error->message, ==, all[0]);
  }
}

static void check_all_mistakes_in_order(void) {
  g_auto(GStrv) all = es_rubric_mistakes("file", HEAD SECTION QUESTION "yes-no\nweight=x\nna=y\nfoo=z\n");
  g_assert_cmpuint(g_strv_length(all), ==, 3);
  g_assert_true(g_str_has_prefix(all[0], "file:12: [question q] weight: "));
  g_assert_true(g_str_has_prefix(all[1], "file:13: [question q] na: "));
  g_assert_true(g_str_has_prefix(all[2], "file:14: [question q] foo: "));
}

static void check_limits(void) {
  g_autoptr(GString) text = g_string_new(HEAD SECTION);
  for (int i = 0; i <= 500; i++)
    g_string_append_printf(text, "[question q%d]\nsection=s\ntext=Q\ntype=yes-no\n", i);
  g_auto(GStrv) all = es_rubric_mistakes("r", text->str);
  g_assert_cmpuint(g_strv_length(all), ==, 1);
  g_assert_cmpstr(all[0], ==, "r:2008: [question q500]: more than 500 questions");
  g_autofree char *large = g_strnfill(300000, '#');
  g_auto(GStrv) too_large = es_rubric_mistakes("r", large);
  g_assert_cmpstr(too_large[0], ==, "r: larger than 256 KiB");
}

static void check_values(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) rubric = es_rubric_parse(
      "r",
      "\xef\xbb\xbf" HEAD SECTION QUESTION
      "choice\noptions=a;b;c\noption.a=A\noption.b=B\noption.c=C\npoints.a=0\npoints.b=1.5\npoints.c=2\n"
      "option.c[ar]=ج\nweight=٢\n[question n]\nsection=s\ntext=N\ntype=scale\npoints=4\nna=true\n"
      "label.0=0\nlabel.1=1\nlabel.2=2\nlabel.3=3\nlabel.4=4\ncritical=business\n",
      "ar_EG.UTF-8", &error);
  g_assert_no_error(error);
  const EsQuestion *q = es_rubric_question(rubric, "q"), *n = es_rubric_question(rubric, "n");
  g_assert_cmpfloat(q->weight, ==, 2);
  g_assert_cmpfloat(es_question_option(q, "b")->score, ==, 0.75);
  g_assert_cmpstr(es_question_option(q, "c")->label, ==, "ج");
  g_assert_cmpstr(es_question_option(q, "a")->label, ==, "A"); // no translation: the text itself
  g_assert_cmpfloat(es_question_option(n, "1")->score, ==, 0.25);
  g_assert_true(n->na_allowed);
  g_assert_cmpstr(n->critical, ==, "business");
  g_assert_null(es_question_option(n, "5"));
}

// ---- shipped

static gboolean has_arabic(const char *text) {
  for (const char *p = text; *p; p = g_utf8_next_char(p))
    if (g_unichar_get_script(g_utf8_get_char(p)) == G_UNICODE_SCRIPT_ARABIC)
      return TRUE;
  return FALSE;
}

static void check_pair(const char *where, const char *english, const char *arabic) {
  if (!english || !arabic || has_arabic(english) || !has_arabic(arabic))
    g_error("%s: “%s” / “%s”", where, english, arabic);
}

static void check_question(const EsQuestion *english, const EsQuestion *arabic) {
  check_pair(english->name, english->text, arabic->text);
  check_pair(english->name, english->guidance, arabic->guidance);
  for (guint i = 0; i < english->options->len; i++)
    check_pair(english->name, ((EsOption *)english->options->pdata[i])->label,
               ((EsOption *)arabic->options->pdata[i])->label);
}

static void check_shipped_one(const char *id) {
  g_autoptr(GError) error = NULL;
  const char *text = es_rubric_shipped_text(id);
  g_autoptr(EsRubric) english = es_rubric_parse(id, text, "en", &error);
  g_assert_no_error(error);
  g_autoptr(EsRubric) arabic = es_rubric_parse(id, text, "ar", &error);
  g_assert_no_error(error);
  g_assert_cmpstr(english->id, ==, id);
  check_pair(id, english->title, arabic->title);
  check_pair(id, english->description, arabic->description);
  gboolean critical = FALSE, na = FALSE;
  for (guint i = 0; i < english->sections->len; i++)
    check_pair(id, ((EsSection *)english->sections->pdata[i])->title,
               ((EsSection *)arabic->sections->pdata[i])->title);
  for (guint i = 0; i < english->questions->len; i++) {
    const EsQuestion *question = english->questions->pdata[i];
    check_question(question, arabic->questions->pdata[i]);
    critical |= question->critical != NULL;
    na |= question->na_allowed;
  }
  g_assert_true(critical && na);
}

static void check_shipped(void) {
  const char *const *ids = es_rubric_shipped();
  g_assert_cmpuint(g_strv_length((char **)ids), ==, 3);
  for (; *ids; ids++)
    check_shipped_one(*ids);
  g_assert_null(es_rubric_shipped_text("nothing"));
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) standard = es_rubric_parse("s", es_rubric_shipped_text("standard"), NULL, &error);
  g_assert_nonnull(es_rubric_section(standard, "greeting"));
  g_assert_nonnull(es_rubric_section(standard, "empathy"));
  g_assert_nonnull(es_rubric_section(standard, "resolution"));
}

static void check_template(void) {
  for (const char *const *id = es_rubric_shipped(); *id; id++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(EsRubric) rubric = es_rubric_parse(*id, es_rubric_shipped_text(*id), "ar", &error);
    g_autofree char *text = es_rubric_template(rubric);
    g_autoptr(EsAnswers) answers = es_answers_parse("t", text, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(answers->rubric, ==, *id);
    g_assert_cmpuint(answers->answers->len, ==, rubric->questions->len);
    for (guint i = 0; i < rubric->questions->len; i++) {
      const EsQuestion *question = rubric->questions->pdata[i];
      g_assert_nonnull(strstr(text, question->text));
      g_assert_nonnull(strstr(text, question->guidance));
      g_assert_nonnull(strstr(text, ((EsOption *)question->options->pdata[0])->label));
    }
  }
}

// A text of the rubric cannot break out of its comment.
static void check_template_is_safe(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsRubric) rubric = es_rubric_parse(
      "r", HEAD "description=x\n" SECTION "[question q]\nsection=s\ntext=Q\\n[notes]\\nq=x\ntype=yes-no\n",
      NULL, &error);
  g_assert_no_error(error);
  g_autofree char *text = es_rubric_template(rubric);
  g_assert_null(strstr(text, "\nq=x"));
  g_autoptr(EsAnswers) answers = es_answers_parse("t", text, -1, &error);
  g_assert_no_error(error);
  g_assert_nonnull(answers);
}

static void check_words(void) {
  GHashTable *english = es_words("en"), *arabic = es_words("ar_EG");
  g_assert_true(english != arabic);
  g_assert_cmpuint(g_hash_table_size(english), ==, g_hash_table_size(arabic));
  GHashTableIter iter;
  gpointer key, word;
  g_hash_table_iter_init(&iter, english);
  while (g_hash_table_iter_next(&iter, &key, &word))
    check_pair(key, word, g_hash_table_lookup(arabic, key));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qa/rubric/mistakes", check_mistakes);
  g_test_add_func("/qa/rubric/all-mistakes", check_all_mistakes_in_order);
  g_test_add_func("/qa/rubric/limits", check_limits);
  g_test_add_func("/qa/rubric/values", check_values);
  g_test_add_func("/qa/rubric/shipped", check_shipped);
  g_test_add_func("/qa/rubric/template", check_template);
  g_test_add_func("/qa/rubric/template-safe", check_template_is_safe);
  g_test_add_func("/qa/rubric/words", check_words);
  return g_test_run();
}
