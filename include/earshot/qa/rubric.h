// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rubrics: what a call is judged by. A rubric is a GKeyFile text with localised keys (docs/rubrics.md
// describes it):
//
//   [rubric]            id, version, title, description, pass (percent)
//   [section NAME]      title, weight
//   [question NAME]     section, text, guidance, type (yes-no|scale|choice), weight, na,
//                       critical (customer|business|compliance),
//                       points + label.N (scale), options + option.NAME + points.NAME (choice)
//
// Localised: title, description, text, guidance, label.N, option.NAME.
#pragma once

#include "earshot/common/config.h"

typedef enum { ES_QUESTION_YES_NO, ES_QUESTION_SCALE, ES_QUESTION_CHOICE } EsQuestionType;

#define ES_ANSWER_NA "na" // the value that means "not applicable"

typedef struct {
  char *value;  // what an answers file says: "yes", "no", "0".."10", an option's name
  char *label;  // in the rubric's language of loading
  double score; // 0..1
} EsOption;

typedef struct {
  char *name, *section, *text, *guidance; // guidance may be NULL
  EsQuestionType type;
  double weight;
  char *critical; // NULL, or customer, business, compliance: failed when the score is 0
  gboolean na_allowed;
  GPtrArray *options; // of EsOption, worst first for yes-no and scales, else in order of the file
} EsQuestion;

typedef struct {
  char *name, *title;
  double weight;
} EsSection;

typedef struct {
  char *id, *version, *title, *description; // description may be NULL
  char *language;                           // of the texts: "en", "ar", as asked for; never NULL
  double pass_percent;
  GPtrArray *sections;  // of EsSection
  GPtrArray *questions; // of EsQuestion, in order of the file
  char *text;           // the whole source
} EsRubric;

void es_rubric_free(EsRubric *rubric);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsRubric, es_rubric_free)
// name stands for the file in messages, language ("ar", "en", "ar_EG.UTF-8", NULL) chooses the localised
// texts. Errors: "<file>:<line>: [group] key: what" of the first mistake, ES_ERROR_INVALID.
EsRubric *es_rubric_parse(const char *name, const char *text, const char *language, GError **error);
// Every mistake of a rubric, each as es_rubric_parse would say it, by line. Empty if there is none. Caller
// frees.
char **es_rubric_mistakes(const char *name, const char *text);

// The rubrics shipped inside the program: "standard", "phone-manners", "angry-caller". NULL-terminated names;
// static.
const char *const *es_rubric_shipped(void);
const char *es_rubric_shipped_text(const char *id); // NULL if there is none of that id; static

const EsQuestion *es_rubric_question(const EsRubric *rubric, const char *name); // NULL if there is none
const EsSection *es_rubric_section(const EsRubric *rubric, const char *name);
// NULL if the question has no such option; "na" is none.
const EsOption *es_question_option(const EsQuestion *question, const char *value);

// A file to fill in: one line a question, allowed answers and guidance as comments, in the language the
// rubric was loaded in. Caller frees.
char *es_rubric_template(const EsRubric *rubric);

// The text of a rubric to begin with: source's (NULL: a short commented example) under another id and
// version. Caller frees; NULL and ES_ERROR_INVALID for an id or version that cannot be.
char *es_rubric_draft(const char *source, const char *id, const char *version, GError **error);

typedef struct {
  const char *id, *version, *title;
  double pass_percent;
} EsFormRubric;

// A spreadsheet's form (CSV, docs/rubrics.md) as the text of a rubric; caller frees. NULL and *error when it
// cannot be read, or, with every mistake as "<file>:<line>: column: what" in *mistakes (g_strfreev), when it
// has any; *mistakes is left alone otherwise. The result still has to pass es_rubric_parse.
char *es_rubric_from_form(const char *name, const char *text, const EsFormRubric *rubric, char ***mistakes,
                          GError **error);
