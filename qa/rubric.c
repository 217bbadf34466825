// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a rubric: [rubric], then sections, then questions, then what must hold between them (every section
// has a question, weights add up to more than 0). Unknown keys are rubric-keys.c's, answers to choose from
// rubric-options.c's. Mistakes are collected and sorted by line at the end.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "rubric-reader.h"
#include "words.h"

#include <string.h>

#define MAX_WEIGHT 1000.0
#define MAX_BYTES (256 * 1024)
#define MAX_SECTIONS 50
#define MAX_QUESTIONS 500

static void option_free(gpointer data) {
  EsOption *option = data;
  g_free(option->value);
  g_free(option->label);
  g_free(option);
}

static void question_free(gpointer data) {
  EsQuestion *question = data;
  g_free(question->name);
  g_free(question->section);
  g_free(question->text);
  g_free(question->guidance);
  g_free(question->critical);
  g_ptr_array_unref(question->options);
  g_free(question);
}

static void section_free(gpointer data) {
  EsSection *section = data;
  g_free(section->name);
  g_free(section->title);
  g_free(section);
}

void es_rubric_free(EsRubric *rubric) {
  if (!rubric)
    return;
  g_free(rubric->id);
  g_free(rubric->version);
  g_free(rubric->title);
  g_free(rubric->description);
  g_free(rubric->language);
  g_ptr_array_unref(rubric->sections);
  g_ptr_array_unref(rubric->questions);
  g_free(rubric->text);
  g_free(rubric);
}

const EsQuestion *es_rubric_question(const EsRubric *rubric, const char *name) {
  for (guint i = 0; i < rubric->questions->len; i++) {
    const EsQuestion *question = rubric->questions->pdata[i];
    if (g_str_equal(question->name, name))
      return question;
  }
  return NULL;
}

const EsSection *es_rubric_section(const EsRubric *rubric, const char *name) {
  for (guint i = 0; i < rubric->sections->len; i++) {
    const EsSection *section = rubric->sections->pdata[i];
    if (g_str_equal(section->name, name))
      return section;
  }
  return NULL;
}

const EsOption *es_question_option(const EsQuestion *question, const char *value) {
  for (guint i = 0; i < question->options->len; i++) {
    const EsOption *option = question->options->pdata[i];
    if (g_str_equal(option->value, value))
      return option;
  }
  return NULL;
}

// ---- [rubric]

static gboolean version_is_valid(const char *version) {
  size_t length = strlen(version);
  return length <= 32 &&
         strspn(version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == length;
}

static void read_head(RubricReader *reader, EsRubric *rubric) {
  if (!es_config_line(reader->config, "rubric", NULL)) {
    rubric_mistake(reader, "rubric", NULL, _("this group is missing"));
    return;
  }
  rubric->id = rubric_word(reader, "rubric", "id", TRUE);
  if (rubric->id && !rubric_name_is_valid(rubric->id))
    rubric_mistake(reader, "rubric", "id", _("“%s” may hold only a-z, 0-9, - and _"), rubric->id);
  rubric->version = rubric_word(reader, "rubric", "version", TRUE);
  if (rubric->version && !version_is_valid(rubric->version))
    rubric_mistake(reader, "rubric", "version", _("“%s” is not up to 32 letters, digits, dots and dashes"),
                   rubric->version);
  rubric->title = rubric_text(reader, "rubric", "title", TRUE);
  rubric->description = rubric_text(reader, "rubric", "description", FALSE);
  g_free(rubric_word(reader, "rubric", "pass", TRUE)); // it must be there
  rubric->pass_percent = rubric_number(reader, "rubric", "pass", 0, 0, 100);
}

// ---- [section …]

static void read_section(RubricReader *reader, EsRubric *rubric, const char *group, const char *name) {
  if (!rubric_name_is_valid(name))
    rubric_mistake(reader, group, NULL, _("“%s” may hold only a-z, 0-9, - and _"), name);
  if (es_rubric_section(rubric, name)) {
    rubric_mistake(reader, group, NULL, _("a section of this name is already there"));
    return;
  }
  if (rubric->sections->len == MAX_SECTIONS) {
    rubric_mistake(reader, group, NULL, _("more than %d sections"), MAX_SECTIONS);
    return;
  }
  EsSection *section = g_new0(EsSection, 1);
  section->name = g_strdup(name);
  section->title = rubric_text(reader, group, "title", TRUE);
  section->weight = rubric_number(reader, group, "weight", 1, 0, MAX_WEIGHT);
  g_ptr_array_add(rubric->sections, section);
}

// ---- [question …]

static void read_type(RubricReader *reader, const char *group, EsQuestion *question) {
  static const char *const names[] = {"yes-no", "scale", "choice", NULL};
  g_autofree char *type = rubric_word(reader, group, "type", TRUE);
  for (int i = 0; type && names[i]; i++)
    if (g_str_equal(type, names[i])) {
      question->type = (EsQuestionType)i;
      rubric_read_options(reader, group, question);
      return;
    }
  if (type)
    rubric_mistake(reader, group, "type", _("“%s” is not yes-no, scale or choice"), type);
}

static void read_critical(RubricReader *reader, const char *group, EsQuestion *question) {
  static const char *const kinds[] = {"customer", "business", "compliance", NULL};
  question->critical = rubric_word(reader, group, "critical", FALSE);
  if (question->critical && !g_strv_contains(kinds, question->critical))
    rubric_mistake(reader, group, "critical", _("“%s” is not customer, business or compliance"),
                   question->critical);
}

static void read_membership(RubricReader *reader, const EsRubric *rubric, const char *group,
                            EsQuestion *question) {
  question->section = rubric_word(reader, group, "section", TRUE);
  if (question->section && !es_rubric_section(rubric, question->section))
    rubric_mistake(reader, group, "section", _("there is no [section %s]"), question->section);
}

static void read_question(RubricReader *reader, EsRubric *rubric, const char *group, const char *name) {
  if (!rubric_name_is_valid(name))
    rubric_mistake(reader, group, NULL, _("“%s” may hold only a-z, 0-9, - and _"), name);
  if (es_rubric_question(rubric, name)) {
    rubric_mistake(reader, group, NULL, _("a question of this name is already there"));
    return;
  }
  if (rubric->questions->len == MAX_QUESTIONS) {
    rubric_mistake(reader, group, NULL, _("more than %d questions"), MAX_QUESTIONS);
    return;
  }
  EsQuestion *question = g_new0(EsQuestion, 1);
  g_ptr_array_add(rubric->questions, question);
  question->name = g_strdup(name);
  question->options = g_ptr_array_new_with_free_func(option_free);
  read_membership(reader, rubric, group, question);
  question->text = rubric_text(reader, group, "text", TRUE);
  question->guidance = rubric_text(reader, group, "guidance", FALSE);
  read_type(reader, group, question);
  question->weight = rubric_number(reader, group, "weight", 1, 0, MAX_WEIGHT);
  read_critical(reader, group, question);
  g_autoptr(GError) error = NULL;
  if (!es_config_bool(reader->config, group, "na", FALSE, &question->na_allowed, &error))
    rubric_mistake(reader, group, "na", _("neither true nor false"));
}

// ---- the whole

static void read_groups(RubricReader *reader, EsRubric *rubric, const char *kind,
                        void (*read)(RubricReader *, EsRubric *, const char *, const char *)) {
  g_auto(GStrv) groups = es_config_groups(reader->config);
  for (char **group = groups; *group; group++) {
    const char *name = rubric_group_name(*group, kind);
    if (name)
      read(reader, rubric, *group, name);
  }
}

static void check_section(RubricReader *reader, const EsRubric *rubric, const EsSection *section) {
  guint questions = 0;
  double weight = 0;
  for (guint i = 0; i < rubric->questions->len; i++) {
    const EsQuestion *question = rubric->questions->pdata[i];
    if (g_strcmp0(question->section, section->name) == 0) {
      questions++;
      weight += question->weight;
    }
  }
  g_autofree char *group = g_strconcat("section ", section->name, NULL);
  if (questions == 0)
    rubric_mistake(reader, group, NULL, _("no question belongs to this section"));
  else if (weight <= 0)
    rubric_mistake(reader, group, NULL, _("the weights of its questions add up to 0"));
}

static void check_whole(RubricReader *reader, const EsRubric *rubric) {
  double weight = 0;
  for (guint i = 0; i < rubric->sections->len; i++) {
    const EsSection *section = rubric->sections->pdata[i];
    weight += section->weight;
    check_section(reader, rubric, section);
  }
  if (rubric->sections->len == 0)
    rubric_mistake(reader, "rubric", NULL, _("there is no [section …]"));
  else if (weight <= 0)
    rubric_mistake(reader, "rubric", NULL, _("the weights of the sections add up to 0"));
  if (rubric->questions->len == 0)
    rubric_mistake(reader, "rubric", NULL, _("there is no [question …]"));
}

static EsRubric *read_rubric(RubricReader *reader, const char *text) {
  EsRubric *rubric = g_new0(EsRubric, 1);
  rubric->sections = g_ptr_array_new_with_free_func(section_free);
  rubric->questions = g_ptr_array_new_with_free_func(question_free);
  rubric->language = g_strdup(reader->language);
  rubric->text = g_strdup(text);
  rubric_check_keys(reader);
  read_head(reader, rubric);
  read_groups(reader, rubric, "section", read_section);
  read_groups(reader, rubric, "question", read_question);
  check_whole(reader, rubric);
  return rubric;
}

static void mistake_free(gpointer data) {
  RubricMistake *mistake = data;
  g_free(mistake->message);
  g_free(mistake);
}

static int compare_lines(gconstpointer a, gconstpointer b) {
  const RubricMistake *x = *(RubricMistake *const *)a, *y = *(RubricMistake *const *)b;
  return (x->line > y->line) - (x->line < y->line);
}

// Either a rubric (which is whole when mistakes stays empty) or, when the text is no key file at all, NULL.
static EsRubric *parse(const char *name, const char *text, const char *language, GPtrArray *mistakes,
                       GError **error) {
  if (strlen(text) > MAX_BYTES) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: larger than %d KiB"), name, MAX_BYTES >> 10);
    return NULL;
  }
  g_autoptr(EsConfig) config = es_config_parse(name, text, -1, error);
  if (!config)
    return NULL;
  RubricReader reader = {config, es_word_language(language), mistakes};
  EsRubric *rubric = read_rubric(&reader, text);
  g_ptr_array_sort(mistakes, compare_lines);
  return rubric;
}

EsRubric *es_rubric_parse(const char *name, const char *text, const char *language, GError **error) {
  g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(mistake_free);
  g_autoptr(EsRubric) rubric = parse(name, text, language, mistakes, error);
  if (rubric && mistakes->len > 0) {
    const RubricMistake *first = mistakes->pdata[0];
    g_set_error_literal(error, ES_ERROR, ES_ERROR_INVALID, first->message);
    return NULL;
  }
  return g_steal_pointer(&rubric);
}

char **es_rubric_mistakes(const char *name, const char *text) {
  g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func(mistake_free);
  g_autoptr(GError) error = NULL;
  es_rubric_free(parse(name, text, NULL, mistakes, &error)); // its mistakes alone are wanted
  g_autoptr(GStrvBuilder) messages = g_strv_builder_new();
  if (error)
    g_strv_builder_add(messages, error->message);
  for (guint i = 0; i < mistakes->len; i++)
    g_strv_builder_add(messages, ((RubricMistake *)mistakes->pdata[i])->message);
  return g_strv_builder_end(messages);
}
