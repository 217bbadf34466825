// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "call-match.h"

#include <string.h>

#define SAME_DIGITS 9

struct EsCallMatcher {
  GHashTable *by_asker; // asker → id of the one call; "" for several
  GHashTable *claims;   // id of a call → how many ask for it
};

EsCallMatcher *es_call_matcher_new(void) {
  EsCallMatcher *matcher = g_new0(EsCallMatcher, 1);
  matcher->by_asker = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
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
  char *id; // the first that fits
  guint count;
} Look;

static gboolean fits(const EsCall *call, const EsMatchWanted *wanted) {
  if (call->pbx_id || (wanted->callee && !numbers_match(wanted->callee, call->callee)))
    return FALSE;
  if (wanted->during_us != ES_UNKNOWN && call->ended_us != ES_UNKNOWN && call->ended_us < wanted->during_us)
    return FALSE;
  return !wanted->not_callees || !call->callee || !g_strv_contains(wanted->not_callees, call->callee);
}

static gboolean take(const EsCall *call, gpointer user_data) {
  Look *look = user_data;
  if (!fits(call, look->wanted))
    return TRUE;
  if (look->count++ == 0)
    look->id = g_strdup(call->id);
  return look->count < 2;
}

gboolean es_call_matcher_look(EsCallMatcher *matcher, EsIndex *index, const char *asker,
                              const EsMatchWanted *wanted, GError **error) {
  EsSearch search;
  es_search_init(&search);
  search.from_us = wanted->from_us;
  search.until_us = wanted->until_us;
  search.caller = wanted->caller;
  Look look = {.wanted = wanted};
  if (!wanted->caller)
    return TRUE;
  if (!es_index_search(index, &search, take, &look, error)) {
    g_free(look.id);
    return FALSE;
  }
  if (look.count == 1) {
    guint claims = GPOINTER_TO_UINT(g_hash_table_lookup(matcher->claims, look.id));
    g_hash_table_replace(matcher->claims, g_strdup(look.id), GUINT_TO_POINTER(claims + 1));
  }
  if (look.count > 0)
    g_hash_table_replace(matcher->by_asker, g_strdup(asker),
                         look.count == 1 ? g_strdup(look.id) : g_strdup(""));
  g_free(look.id);
  return TRUE;
}

const char *es_call_matcher_found(EsCallMatcher *matcher, const char *asker, gboolean *ambiguous) {
  const char *id = g_hash_table_lookup(matcher->by_asker, asker);
  *ambiguous = id && (!*id || GPOINTER_TO_UINT(g_hash_table_lookup(matcher->claims, id)) > 1);
  return id && !*ambiguous ? id : NULL;
}
