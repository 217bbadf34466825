// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which recorded call a call of a log is, when no id says it: the same numbers at the same time. Calls that
// were captured from the wire are found so. A match that is not the only one is none.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  const char *caller, *callee;
  gint64 from_us, until_us;       // the recorded call starts within
  gint64 during_us;               // and lasts at this moment, ES_UNKNOWN: not asked
  const char *const *not_callees; // calls on to an agent are legs of another call; NULL-terminated or NULL
} EsMatchWanted;

typedef struct EsCallMatcher EsCallMatcher;

EsCallMatcher *es_call_matcher_new(void);
void es_call_matcher_free(EsCallMatcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCallMatcher, es_call_matcher_free)
// Looks for the calls that fit and have no pbx_id, and remembers who asked: asker is any text of its own.
gboolean es_call_matcher_look(EsCallMatcher *matcher, EsIndex *index, const char *asker,
                              const EsMatchWanted *wanted, GError **error);
// After everybody has looked: the row of the one call that fits the asker and nobody else; NULL if there is
// none. *ambiguous tells whether there were several.
const char *es_call_matcher_found(EsCallMatcher *matcher, const char *asker, gboolean *ambiguous);
