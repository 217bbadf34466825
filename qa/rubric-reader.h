// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the rubric parser share: the text being read and the mistakes found in it. Reading goes
// on after a mistake, so that one run names them all.
#pragma once

#include "earshot/qa/rubric.h"

typedef struct {
  guint line;
  char *message; // "<file>:<line>: [group] key: what"
} RubricMistake;

typedef struct {
  const EsConfig *config;
  const char *language; // "en" or "ar"
  GPtrArray *mistakes;  // of RubricMistake, in order of finding
} RubricReader;

// Notes a mistake at a key (key NULL: at the group's header).
void rubric_mistake(RubricReader *reader, const char *group, const char *key, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

// The localised text of a key. Missing or empty: NULL, and a mistake when required.
char *rubric_text(RubricReader *reader, const char *group, const char *key, gboolean required);
// A plain word of a key, spaces stripped; NULL when absent, and a mistake when required.
char *rubric_word(RubricReader *reader, const char *group, const char *key, gboolean required);
// A number between min and max; fallback when absent or wrong.
double rubric_number(RubricReader *reader, const char *group, const char *key, double fallback, double min,
                     double max);
// TRUE if a name can stand in answers files: lower-case letters, digits, "-" and "_", at most 64.
gboolean rubric_name_is_valid(const char *name);
// The same for the id of a new rubric; FALSE with ES_ERROR_USAGE.
gboolean rubric_check_id(const char *id, GError **error);

// The part of a group's name behind its kind: "x" of "[question x]"; NULL if the group is of another kind.
const char *rubric_group_name(const char *group, const char *kind);

// Names every group and key that does not belong, and every translation of what is not there.
void rubric_check_keys(RubricReader *reader);
// Fills question->options from its type.
void rubric_read_options(RubricReader *reader, const char *group, EsQuestion *question);
