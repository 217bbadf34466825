// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which recorded call a call of a log is, when no id says it: the same numbers at the same time. Calls that
// were captured from the wire are found so. A match that is not the only one is none, and where
// one lies near nothing is concluded: it may be the call, by clocks that differ, or another one of the
// caller.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  const char *caller, *callee;
  gint64 from_us, until_us;       // the recorded call starts within
  gint64 during_us;               // and lasts at this moment, ES_UNKNOWN: not asked
  gint64 ended_us;                // when the log says that it ended, ES_UNKNOWN: it does not
  gboolean to_the_end;            // with it the whole call, not only its time in the queue
  const char *const *not_callees; // calls on to an agent are legs of another call; NULL-terminated or NULL
} EsMatchWanted;

typedef enum {
  ES_MATCH_NONE,
  ES_MATCH_ONE,
  ES_MATCH_SEVERAL, // recordings fit, or several ask for the one that does
  ES_MATCH_NEAR,    // none fits, but one with these numbers is less than two minutes off: clocks may differ
} EsMatch;

typedef struct EsCallMatcher EsCallMatcher;

EsCallMatcher *es_call_matcher_new(void);
void es_call_matcher_free(EsCallMatcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCallMatcher, es_call_matcher_free)
// Looks for the calls that fit and have no pbx_id, and remembers who asked: asker is any text of its own.
gboolean es_call_matcher_look(EsCallMatcher *matcher, EsIndex *index, const char *asker,
                              const EsMatchWanted *wanted, GError **error);
// After everybody has looked: *id gets the row of the one call that fits the asker and nobody else, else
// NULL.
EsMatch es_call_matcher_found(EsCallMatcher *matcher, const char *asker, const char **id);
