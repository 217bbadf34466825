// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A search taken apart into criteria. Each criterion can drive the search (its index gives the ids) or test a
// call that another one found; the pieces of SQL stand in sql/search.sql.
#pragma once

#include "index-private.h"

typedef struct {
  const char *drive; // name of the piece that finds calls; NULL if it can only test
  const char *test;  // name of the piece that tests one; NULL if it can only drive
  int number;        // for '#'; -1 if the piece has none
} EsAlternative;

typedef struct {
  GArray *alternatives; // of EsAlternative; a call that fits one fits
  gboolean ordered;     // its index gives newest first without sorting
  gboolean must_drive;
} EsCriterion;

typedef enum { ES_VALUE_TEXT, ES_VALUE_INT, ES_VALUE_REAL } EsValueKind;

typedef struct {
  char name[24];
  EsValueKind kind;
  char *text;
  gint64 integer;
  double real;
} EsValue;

typedef struct {
  GPtrArray *criteria; // of EsCriterion, those that usually leave fewest calls first
  GArray *values;      // of EsValue
  gint64 from, until;  // ids, both included
  guint alternatives;  // numbers given away
} EsCriteria;

// Errors: ES_ERROR_USAGE for values that no call can have.
EsCriteria *es_criteria_new(EsIndex *index, const EsSearch *search, GError **error);
void es_criteria_free(EsCriteria *criteria);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCriteria, es_criteria_free)
void es_criteria_bind(const EsCriteria *criteria, EsStatement *statement); // what the statement asks for

// For search-agent.c.
EsCriterion *es_criteria_add(EsCriteria *criteria, gboolean ordered);
void es_criteria_add_facet(EsCriteria *criteria, EsCriterion *criterion, const char *kind, const char *value,
                           gint64 from, gint64 until);
// Any of these folded names, found by one list.
void es_criteria_add_people(EsCriteria *criteria, EsCriterion *criterion, const GPtrArray *people);
gboolean es_criteria_add_agent(EsIndex *index, EsCriteria *criteria, const char *agent, GError **error);

// "a b*" as words to look for: folded, each with whether it is a prefix.
typedef struct {
  char *text;
  gboolean prefix;
} EsWord;
GPtrArray *es_words_split(const char *text); // of GPtrArray of EsWord: the words of each piece between spaces
