// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a question may be answered with.
//   yes-no  no = 0, yes = 1; no keys
//   scale   points=N (1 to 10): 0..N, each with its label.I; score I/N
//   choice  options=a;b;c, each with option.X and points.X; score points/most points
#include "earshot/common/i18n.h"
#include "rubric-reader.h"
#include "words.h"

#include <string.h>

#define MAX_POINTS 10
#define MAX_OPTIONS 20

static EsOption *add_option(EsQuestion *question, const char *value, char *label, double score) {
  EsOption *option = g_new0(EsOption, 1);
  option->value = g_strdup(value);
  option->label = label;
  option->score = score;
  g_ptr_array_add(question->options, option);
  return option;
}

// Keys "<stem>.X" whose X is no option of the question, and keys that its type does not have.
static void check_dotted(RubricReader *reader, const char *group, const EsQuestion *question,
                         const char *const *stems) {
  g_auto(GStrv) keys = es_config_keys(reader->config, group);
  for (char **key = keys; *key; key++) {
    const char *dot = strchr(*key, '.');
    if (!dot)
      continue;
    g_autofree char *stem = g_strndup(*key, (gsize)(dot - *key));
    g_autofree char *value = g_strndup(dot + 1, strcspn(dot + 1, "["));
    if (!g_str_equal(stem, "label") && !g_str_equal(stem, "option") && !g_str_equal(stem, "points"))
      continue; // an unknown key, named elsewhere
    if (!g_strv_contains(stems, stem))
      rubric_mistake(reader, group, *key, _("a question of this type has no such key"));
    else if (!es_question_option(question, value))
      rubric_mistake(reader, group, *key, _("there is no option “%s”"), value);
  }
}

static void refuse(RubricReader *reader, const char *group, const char *key) {
  if (es_config_has(reader->config, group, key))
    rubric_mistake(reader, group, key, _("a question of this type has no such key"));
}

static void read_yes_no(RubricReader *reader, const char *group, EsQuestion *question) {
  static const char *const stems[] = {NULL};
  add_option(question, "no", g_strdup(es_word(reader->language, "no")), 0);
  add_option(question, "yes", g_strdup(es_word(reader->language, "yes")), 1);
  refuse(reader, group, "points");
  refuse(reader, group, "options");
  check_dotted(reader, group, question, stems);
}

static void read_scale(RubricReader *reader, const char *group, EsQuestion *question) {
  static const char *const stems[] = {"label", NULL};
  refuse(reader, group, "options");
  gint64 points = 0;
  g_autoptr(GError) error = NULL;
  if (!es_config_has(reader->config, group, "points")) {
    rubric_mistake(reader, group, "points", _("a scale needs its highest point"));
    return;
  }
  if (!es_config_int(reader->config, group, "points", 0, 1, MAX_POINTS, &points, &error)) {
    rubric_mistake(reader, group, "points", _("not a whole number from 1 to %d"), MAX_POINTS);
    return;
  }
  for (gint64 i = 0; i <= points; i++) {
    g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, i);
    g_autofree char *key = g_strconcat("label.", value, NULL);
    add_option(question, value, rubric_text(reader, group, key, TRUE), (double)i / (double)points);
  }
  check_dotted(reader, group, question, stems);
}

static void read_choice_option(RubricReader *reader, const char *group, EsQuestion *question,
                               const char *value) {
  if (!rubric_name_is_valid(value) || g_str_equal(value, ES_ANSWER_NA)) {
    rubric_mistake(reader, group, "options", _("“%s” cannot be the name of an option"), value);
    return;
  }
  if (es_question_option(question, value)) {
    rubric_mistake(reader, group, "options", _("the option “%s” is there twice"), value);
    return;
  }
  g_autofree char *text_key = g_strconcat("option.", value, NULL);
  g_autofree char *points_key = g_strconcat("points.", value, NULL);
  EsOption *option = add_option(question, value, rubric_text(reader, group, text_key, TRUE), 0);
  if (!es_config_has(reader->config, group, points_key))
    rubric_mistake(reader, group, points_key, _("the option “%s” has no points"), value);
  option->score = rubric_number(reader, group, points_key, 0, 0, 1000);
}

static void read_choice(RubricReader *reader, const char *group, EsQuestion *question) {
  static const char *const stems[] = {"option", "points", NULL};
  refuse(reader, group, "points");
  g_auto(GStrv) values = NULL;
  g_autoptr(GError) error = NULL;
  gboolean readable = es_config_list(reader->config, group, "options", &values, &error);
  guint count = readable ? g_strv_length(values) : 0;
  if (count < 2 || count > MAX_OPTIONS) {
    rubric_mistake(reader, group, "options", _("a choice needs 2 to %d options"), MAX_OPTIONS);
    return;
  }
  guint before = reader->mistakes->len;
  double most = 0;
  for (char **value = values; *value; value++)
    read_choice_option(reader, group, question, g_strstrip(*value));
  for (guint i = 0; i < question->options->len; i++)
    most = MAX(most, ((EsOption *)question->options->pdata[i])->score);
  if (most <= 0 && reader->mistakes->len == before)
    rubric_mistake(reader, group, "options", _("no option has more than 0 points"));
  for (guint i = 0; i < question->options->len && most > 0; i++)
    ((EsOption *)question->options->pdata[i])->score /= most;
  check_dotted(reader, group, question, stems);
}

void rubric_read_options(RubricReader *reader, const char *group, EsQuestion *question) {
  if (question->type == ES_QUESTION_YES_NO)
    read_yes_no(reader, group, question);
  else if (question->type == ES_QUESTION_SCALE)
    read_scale(reader, group, question);
  else
    read_choice(reader, group, question);
}
