// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Prints the answers file of a rubric with nothing answered yet. Whatever comes from the rubric stands behind
// "# ", and line feeds in it become spaces, so that no text can turn into an answer.
#include "earshot/qa/rubric.h"
#include "words.h"

#include <string.h>

static void add_comment(GString *out, const char *label, const char *text) {
  g_autofree char *one_line = g_strdelimit(g_strdup(text), "\r\n", ' ');
  if (label)
    g_string_append_printf(out, "# %s: %s\n", label, one_line);
  else
    g_string_append_printf(out, "# %s\n", one_line);
}

static void add_options(GString *out, const EsQuestion *question, const char *language) {
  g_string_append_printf(out, "# %s:\n", es_word(language, "allowed"));
  for (guint i = 0; i < question->options->len; i++) {
    const EsOption *option = question->options->pdata[i];
    g_autofree char *label = g_strdelimit(g_strdup(option->label), "\r\n", ' ');
    g_string_append_printf(out, "#   %s = %s\n", option->value, label);
  }
  if (question->na_allowed)
    g_string_append_printf(out, "#   %s = %s\n", ES_ANSWER_NA, es_word(language, "na"));
}

static void add_question(GString *out, const EsQuestion *question, const char *language) {
  add_comment(out, NULL, question->text);
  if (question->guidance)
    add_comment(out, es_word(language, "guidance"), question->guidance);
  if (question->critical) {
    g_autofree char *key = g_strconcat("critical-", question->critical, NULL);
    add_comment(out, NULL, es_word(language, key));
  }
  add_options(out, question, language);
  g_string_append_printf(out, "%s=\n\n", question->name);
}

static void add_section(GString *out, const EsRubric *rubric, const EsSection *section) {
  g_autofree char *heading =
      g_strdup_printf("---- %s: %s", es_word(rubric->language, "section"), section->title);
  add_comment(out, NULL, heading);
  g_string_append_c(out, '\n');
  for (guint i = 0; i < rubric->questions->len; i++) {
    const EsQuestion *question = rubric->questions->pdata[i];
    if (g_str_equal(question->section, section->name))
      add_question(out, question, rubric->language);
  }
}

char *es_rubric_template(const EsRubric *rubric) {
  const char *language = rubric->language;
  GString *out = g_string_new(NULL);
  add_comment(out, NULL, rubric->title);
  add_comment(out, NULL, es_word(language, "template-head"));
  g_string_append_printf(out, "\n[evaluation]\nrubric=%s\nversion=%s\n", rubric->id, rubric->version);
  add_comment(out, NULL, es_word(language, "template-evaluator"));
  g_string_append(out, "evaluator=\n");
  add_comment(out, NULL, es_word(language, "template-segment"));
  g_string_append(out, "segment=\n\n[answers]\n");
  add_comment(out, NULL, es_word(language, "template-answers"));
  g_string_append_c(out, '\n');
  for (guint i = 0; i < rubric->sections->len; i++)
    add_section(out, rubric, rubric->sections->pdata[i]);
  g_string_append(out, "[notes]\n");
  add_comment(out, NULL, es_word(language, "template-notes"));
  g_string_append(out, "\n[comments]\n");
  add_comment(out, NULL, es_word(language, "template-comments"));
  return g_string_free(out, FALSE);
}
