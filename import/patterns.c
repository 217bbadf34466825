// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each call has a few traits: its agents' extensions, alone and by their hundred, queue, line, context … For
// every trait the share among the missing is held against the share among all; the trait with the largest
// difference is told, when it covers at least half of what is missing and the difference is plain. Then the
// same for what is left. A moment since which, or between which, nearly everything of the kind is missing is
// told with it; where no trait stands out, such a stretch of time alone may.
#include "patterns.h"

#include "channel.h"

#include <string.h>

#define MOST_PATTERNS 3
#define LEAST_MISSING 3   // fewer than these may share anything
#define LEAST_SHARE 0.5   // of the missing
#define LEAST_EXCESS 0.25 // above the share among all
#define NEARLY_ALL 0.8

typedef struct {
  const char *field;
  char *value;
  guint missing, calls;
} Trait;

typedef struct {
  const GArray *compared;
  gboolean *told; // of each call: missing and part of a pattern
  guint missing;  // and not told
} Search;

static void trait_free(gpointer data) {
  Trait *trait = data;
  g_free(trait->value);
  g_free(trait);
}

static void pattern_free(gpointer data) {
  EsReconcilePattern *pattern = data;
  g_free(pattern->value);
  g_free(pattern);
}

// ---- traits of one call

static void add(GHashTable *traits, const char *field, const char *value) {
  if (value && *value)
    g_hash_table_add(traits, g_strdup_printf("%s\t%s", field, value));
}

// "2701" → "27xx"; shorter ones have no hundred of their own.
static void add_extension(GHashTable *traits, const char *extension) {
  gsize length = extension ? strlen(extension) : 0;
  if (!es_endpoint_is_extension(extension))
    return;
  add(traits, "extension", extension);
  if (length < 3)
    return;
  g_autofree char *hundred = g_strdup(extension);
  memset(hundred + length - 2, 'x', 2);
  add(traits, "extensions", hundred);
}

static void add_channel(GHashTable *traits, const char *channel) {
  if (!channel || g_str_has_prefix(channel, "Local/"))
    return;
  g_autofree char *endpoint = es_channel_endpoint(channel);
  const char *slash = strchr(channel, '/');
  g_autofree char *technology = slash ? g_strndup(channel, (gsize)(slash - channel)) : NULL;
  add(traits, "technology", technology);
  if (es_endpoint_is_extension(endpoint))
    add_extension(traits, endpoint);
  else
    add(traits, "trunk", endpoint);
}

static GHashTable *traits_of(const EsCdrCall *call) {
  GHashTable *traits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < call->call->segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(call->call->segments, i);
    add_extension(traits, segment->agent);
    add(traits, "queue", segment->queue);
  }
  for (guint i = 0; i < call->rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(call->rows, i);
    add_channel(traits, row->channel);
    add_channel(traits, row->dst_channel);
  }
  const EsCdrRow *first = g_ptr_array_index(call->rows, 0);
  add(traits, "context", first->context);
  add(traits, "direction", call->call->direction);
  if (first->client)
    add(traits, "client", first->client);
  return traits;
}

static gboolean has_trait(const EsCdrCall *call, const char *field, const char *value) {
  if (!field)
    return TRUE;
  g_autoptr(GHashTable) traits = traits_of(call);
  g_autofree char *key = g_strdup_printf("%s\t%s", field, value);
  return g_hash_table_contains(traits, key);
}

// ---- the most telling one

static void count_call(GHashTable *by_key, const EsCompared *compared, gboolean missing) {
  static const char *const fields[] = {"extensions", "extension", "queue",     "trunk",
                                       "technology", "context",   "direction", "client"};
  g_autoptr(GHashTable) traits = traits_of(compared->cdr);
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init(&iter, traits);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    Trait *trait = g_hash_table_lookup(by_key, key);
    if (!trait) {
      trait = g_new0(Trait, 1);
      const char *tab = strchr(key, '\t');
      trait->value = g_strdup(tab + 1);
      for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strlen(fields[i]) == (gsize)(tab - (const char *)key) && g_str_has_prefix(key, fields[i]))
          trait->field = fields[i];
      g_hash_table_insert(by_key, g_strdup(key), trait);
    }
    trait->calls++;
    trait->missing += missing;
  }
}

static GHashTable *count_all(const Search *search) {
  GHashTable *by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, trait_free);
  for (guint i = 0; i < search->compared->len; i++) {
    const EsCompared *compared = &g_array_index(search->compared, EsCompared, i);
    count_call(by_key, compared, compared->missing && !search->told[i]);
  }
  return by_key;
}

static double excess(const Search *search, const Trait *trait) {
  return (double)trait->missing / search->missing - (double)trait->calls / search->compared->len;
}

// Of equal ones the narrower, then by name, so that the answer does not hang on the order of a hash table.
static gboolean tells_more(const Search *search, const Trait *a, const Trait *b) {
  double x = excess(search, a), y = excess(search, b);
  if (x != y)
    return x > y;
  if (a->calls != b->calls)
    return a->calls < b->calls;
  int by_field = strcmp(a->field, b->field);
  return by_field ? by_field < 0 : strcmp(a->value, b->value) < 0;
}

static EsReconcilePattern *best_trait(const Search *search) {
  g_autoptr(GHashTable) by_key = count_all(search);
  const Trait *best = NULL;
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, by_key);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const Trait *trait = value;
    gboolean telling = trait->missing >= LEAST_MISSING &&
                       (double)trait->missing >= LEAST_SHARE * search->missing &&
                       excess(search, trait) >= LEAST_EXCESS;
    if (telling && (!best || tells_more(search, trait, best)))
      best = trait;
  }
  if (!best)
    return NULL;
  EsReconcilePattern *pattern = g_new0(EsReconcilePattern, 1);
  pattern->field = best->field;
  pattern->value = g_strdup(best->value);
  pattern->missing = best->missing;
  pattern->calls = best->calls;
  pattern->since_us = pattern->until_us = ES_UNKNOWN;
  return pattern;
}

// ---- since when

typedef struct {
  guint missing, calls, before, after; // before and after: calls of the kind that are there
  gint64 first_us, last_us;
} Span;

static Span find_span(const Search *search, const EsReconcilePattern *pattern) {
  Span span = {.first_us = ES_UNKNOWN, .last_us = ES_UNKNOWN};
  guint since_last = 0;
  for (guint i = 0; i < search->compared->len; i++) {
    const EsCompared *compared = &g_array_index(search->compared, EsCompared, i);
    if (!has_trait(compared->cdr, pattern->value ? pattern->field : NULL, pattern->value))
      continue;
    if (compared->missing && !search->told[i]) {
      if (span.first_us == ES_UNKNOWN)
        span.first_us = compared->cdr->call->started_us;
      span.last_us = compared->cdr->call->started_us;
      span.missing++;
      span.calls += since_last + 1;
      since_last = 0;
    } else if (span.first_us == ES_UNKNOWN) {
      span.before++;
    } else {
      since_last++;
    }
  }
  span.after = since_last;
  return span;
}

// A span is worth telling when nearly all within is missing and there is something outside of it.
static gboolean tell_span(const Search *search, EsReconcilePattern *pattern) {
  Span span = find_span(search, pattern);
  if (span.missing < LEAST_MISSING || span.missing < NEARLY_ALL * span.calls || span.before + span.after == 0)
    return FALSE;
  if (span.before > 0)
    pattern->since_us = span.first_us;
  if (span.after > 0)
    pattern->until_us = span.last_us;
  pattern->missing = span.missing;
  pattern->calls = span.calls;
  return TRUE;
}

static EsReconcilePattern *best_time(const Search *search) {
  EsReconcilePattern *pattern = g_new0(EsReconcilePattern, 1);
  pattern->field = "time";
  pattern->since_us = pattern->until_us = ES_UNKNOWN;
  if (tell_span(search, pattern))
    return pattern;
  pattern_free(pattern);
  return NULL;
}

// ---- the whole

static void mark_told(Search *search, const EsReconcilePattern *pattern) {
  for (guint i = 0; i < search->compared->len; i++) {
    const EsCompared *compared = &g_array_index(search->compared, EsCompared, i);
    if (!compared->missing || search->told[i] ||
        !has_trait(compared->cdr, pattern->value ? pattern->field : NULL, pattern->value))
      continue;
    search->told[i] = TRUE;
    search->missing--;
  }
}

GPtrArray *es_patterns_find(const GArray *compared) {
  GPtrArray *patterns = g_ptr_array_new_with_free_func(pattern_free);
  g_autofree gboolean *told = g_new0(gboolean, MAX(compared->len, 1));
  Search search = {compared, told, 0};
  for (guint i = 0; i < compared->len; i++)
    search.missing += g_array_index(compared, EsCompared, i).missing;
  while (search.missing >= LEAST_MISSING && patterns->len < MOST_PATTERNS) {
    EsReconcilePattern *pattern = best_trait(&search);
    if (pattern)
      tell_span(&search, pattern);
    else if (!(pattern = best_time(&search)))
      break;
    mark_told(&search, pattern);
    g_ptr_array_add(patterns, pattern);
  }
  return patterns;
}
