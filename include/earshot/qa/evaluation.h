// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers to a rubric and the score they give: 100·Σ w·s / Σ w over answered items within a section, section
// weights over sections that have one; N/A leaves numerator and denominator; all N/A is no score, not 0; a
// failed critical question makes the final score 0 while the raw one is kept.
#pragma once

#include "earshot/index/annotation.h"
#include "earshot/qa/rubric.h"

typedef struct {
  char *question; // name
  char *value;    // option value, or "na"; NULL or empty when not answered
  char *comment;  // NULL if none
  guint line;     // in the answers file, 0 if there is none
} EsAnswer;
EsAnswer *es_answer_new(const char *question, const char *value, const char *comment, guint line);

typedef struct {
  gint64 at_ms; // in the file; ES_UNKNOWN for the whole call
  char *text;
} EsComment;

typedef struct {
  char *rubric, *version; // as the file says; NULL if it does not: version NULL = newest
  guint rubric_line;      // of rubric or version in the answers file, 0 if there is none
  char *evaluator;        // NULL = the acting user
  int segment;            // from 0 (a file counts from 1); -1 = the last
  GPtrArray *answers;     // of EsAnswer
  GPtrArray *comments;    // of EsComment
} EsAnswers;
EsAnswers *es_answers_new(void);
void es_answers_free(EsAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsAnswers, es_answers_free)
// Parses the text of an answers file (docs/rubrics.md); errors name file, line and field, ES_ERROR_INVALID.
EsAnswers *es_answers_parse(const char *name, const char *text, gssize length, GError **error);

// What an answer as people write it means: spaces around it, case, Arabic-Indic digits, "نعم" and "لا" give
// way to the option's value or "na". NULL and *error (without file and line) when the question does not allow
// it. For interactive scoring too. Static or owned by question.
const char *es_question_read(const EsQuestion *question, const char *value, GError **error);

// Holds the answers against the rubric: every question answered once, values allowed, N/A only where it may
// be. name stands for the answers' file in messages. Fills score fields, answers_json, comments_json,
// rubric_* of a new evaluation; the caller fills call, segment, agent, evaluator, time.
EsEvaluation *es_evaluate(const EsRubric *rubric, const EsAnswers *answers, const char *name, GError **error);
