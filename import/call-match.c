// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "call-match.h"

#include "earshot/common/clock.h"

#include <string.h>

#define SAME_DIGITS 9

#define CLOCKS_US (5 * ES_US_PER_S) // by which they may differ unnoticed
#define NEAR_US (120 * ES_US_PER_S)

typedef struct {
  char *id;        // the first that fits; NULL if none does
  guint count;     // how many fit
  GPtrArray *near; // ids of those that do not, but lie near
} Answer;

struct EsCallMatcher {
  GHashTable *by_asker; // → Answer
  GHashTable *claims;   // id of a call → how many ask for it
};

static void answer_free(gpointer data) {
  Answer *answer = data;
  g_free(answer->id);
  g_ptr_array_unref(answer->near);
  g_free(answer);
}

EsCallMatcher *es_call_matcher_new(void) {
  EsCallMatcher *matcher = g_new0(EsCallMatcher, 1);
  matcher->by_asker = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, answer_free);
  matcher->claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return matcher;
}

void es_call_matcher_free(EsCallMatcher *matcher) {
  if (!matcher)
    return;
  g_hash_table_unref(matcher->by_asker);
  g_hash_table_unref(matcher->claims);
  g_free(matcher);
}

static char *digits_of(const char *number) {
  GString *digits = g_string_new(NULL);
  for (const char *p = number; *p; p++)
    if (g_ascii_isdigit(*p))
      g_string_append_c(digits, *p);
  return g_string_free(digits, FALSE);
}

// However they were dialled: equal, or equal in their last nine digits.
static gboolean numbers_match(const char *a, const char *b) {
  if (!a || !b)
    return FALSE;
  if (g_ascii_strcasecmp(a, b) == 0)
    return TRUE;
  g_autofree char *x = digits_of(a), *y = digits_of(b);
  gsize m = strlen(x), n = strlen(y);
  return m >= SAME_DIGITS && n >= SAME_DIGITS && strcmp(x + m - SAME_DIGITS, y + n - SAME_DIGITS) == 0;
}

typedef struct {
  const EsMatchWanted *wanted;
  Answer *answer;
} Look;

// However far off in time.
static gboolean may_be(const EsCall *call, const EsMatchWanted *wanted) {
  if (call->pbx_id || (wanted->callee && !numbers_match(wanted->callee, call->callee)))
    return FALSE;
  return !wanted->not_callees || !call->callee || !g_strv_contains(wanted->not_callees, call->callee);
}

// Going on at the moment that is asked for, by clocks that differ by no more than this.
static gboolean lasts(const EsCall *call, const EsMatchWanted *wanted, gint64 clocks_us) {
  return wanted->during_us == ES_UNKNOWN || call->ended_us == ES_UNKNOWN ||
         call->ended_us + clocks_us >= wanted->during_us;
}

static gboolean fits(const EsCall *call, const EsMatchWanted *wanted) {
  if (call->started_us < wanted->from_us || call->started_us >= wanted->until_us || !lasts(call, wanted, 0))
    return FALSE;
  if (wanted->ended_us == ES_UNKNOWN || call->ended_us == ES_UNKNOWN)
    return TRUE;
  gint64 later_us = call->ended_us - wanted->ended_us;
  return later_us >= -CLOCKS_US && (!wanted->to_the_end || later_us <= CLOCKS_US);
}

static gboolean take(const EsCall *call, gpointer user_data) {
  const Look *look = user_data;
  Answer *answer = look->answer;
  if (!may_be(call, look->wanted) || !lasts(call, look->wanted, NEAR_US))
    return TRUE;
  if (!fits(call, look->wanted))
    g_ptr_array_add(answer->near, g_strdup(call->id));
  else if (answer->count++ == 0)
    answer->id = g_strdup(call->id);
  return answer->count < 2;
}

gboolean es_call_matcher_look(EsCallMatcher *matcher, EsIndex *index, const char *asker,
                              const EsMatchWanted *wanted, GError **error) {
  EsSearch search;
  es_search_init(&search);
  search.from_us = wanted->from_us - NEAR_US;
  search.until_us = wanted->until_us + NEAR_US;
  search.caller = wanted->caller;
  if (!wanted->caller)
    return TRUE;
  Answer *answer = g_new0(Answer, 1);
  answer->near = g_ptr_array_new_with_free_func(g_free);
  g_hash_table_replace(matcher->by_asker, g_strdup(asker), answer);
  Look look = {wanted, answer};
  if (!es_index_search(index, &search, take, &look, error))
    return FALSE;
  if (answer->count == 1) {
    guint claims = GPOINTER_TO_UINT(g_hash_table_lookup(matcher->claims, answer->id));
    g_hash_table_replace(matcher->claims, g_strdup(answer->id), GUINT_TO_POINTER(claims + 1));
  }
  return TRUE;
}

EsMatch es_call_matcher_found(EsCallMatcher *matcher, const char *asker, const char **id) {
  const Answer *answer = g_hash_table_lookup(matcher->by_asker, asker);
  *id = NULL;
  if (!answer)
    return ES_MATCH_NONE;
  if (answer->count > 1 ||
      (answer->count == 1 && GPOINTER_TO_UINT(g_hash_table_lookup(matcher->claims, answer->id)) > 1))
    return ES_MATCH_SEVERAL;
  if (answer->count == 1) {
    *id = answer->id;
    return ES_MATCH_ONE;
  }
  for (guint i = 0; i < answer->near->len; i++) // one that is another's is not this call
    if (!g_hash_table_contains(matcher->claims, g_ptr_array_index(answer->near, i)))
      return ES_MATCH_NEAR;
  return ES_MATCH_NONE;
}
