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
  char *value;    // option value, or "na"
  char *comment;  // NULL if none
} EsAnswer;

typedef struct {
  gint64 at_ms; // in the file; ES_UNKNOWN for the whole call
  char *text;
} EsComment;

typedef struct {
  char *rubric, *version; // as the file says; version NULL = newest
  char *evaluator;        // NULL = the acting user
  int segment;            // -1 = the last
  GPtrArray *answers;     // of EsAnswer
  GPtrArray *comments;    // of EsComment
} EsAnswers;
EsAnswers *es_answers_new(void);
void es_answers_free(EsAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsAnswers, es_answers_free)
// Parses the text of an answers file (docs/rubrics.md); errors name file, line and field.
EsAnswers *es_answers_parse(const char *name, const char *text, gssize length, GError **error);

// Holds the answers against the rubric: every question answered once, values allowed, N/A only where it may
// be. name stands for the answers' file in messages. Fills score fields, answers_json, comments_json,
// rubric_* of a new evaluation; the caller fills call, segment, agent, evaluator, time.
EsEvaluation *es_evaluate(const EsRubric *rubric, const EsAnswers *answers, const char *name, GError **error);
