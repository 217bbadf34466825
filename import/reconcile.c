// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each call of the telephone system finds its row: by an id, else by both numbers and the time of its start.
// Clocks may differ: of the pairs of calls between the same numbers the difference that most of them have is
// taken as the clocks' when at least three have it.
#include "earshot/import/reconcile.h"

#include "call-match.h"
#include "patterns.h"

#include <stdlib.h>
#include <string.h>

#define FURTHEST_US (14 * 3600 * ES_US_PER_S) // a wrong time zone
#define MARGIN_US (16 * 3600 * ES_US_PER_S)
#define LEAST_PAIRS 3

typedef struct {
  char *id, *pbx_id, *group_id, *caller, *callee, *outcome, *reason;
  gboolean answered;
  gint64 started_us;
  gboolean matched;
} Row;

typedef struct {
  const EsReconcileOptions *options;
  const GPtrArray *calls; // of EsCdrCall
  GPtrArray *rows;        // of Row
  GHashTable *by_pbx_id;  // → GPtrArray of Row
  GHashTable *by_numbers; // → GPtrArray of Row that have no pbx_id
  GPtrArray *found;       // the Row of each call, or NULL
  gint64 offset_us;
  gboolean offset_known;
} Work;

static void row_free(gpointer data) {
  Row *row = data;
  char *texts[] = {row->id, row->pbx_id, row->group_id, row->caller, row->callee, row->outcome, row->reason};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    g_free(texts[i]);
  g_free(row);
}

static void call_free(gpointer data) {
  EsReconcileCall *call = data;
  g_free(call->id);
  g_free(call->reason);
  g_free(call->caller);
  g_free(call->callee);
  g_free(call);
}

void es_reconciliation_free(EsReconciliation *reconciliation) {
  if (!reconciliation)
    return;
  g_ptr_array_unref(reconciliation->calls);
  g_ptr_array_unref(reconciliation->patterns);
  g_free(reconciliation);
}

// ---- the library's rows

static void append_number(GString *key, const char *number) {
  gsize start = key->len;
  for (const char *p = number; *p; p++)
    if (g_ascii_isdigit(*p))
      g_string_append_c(key, *p);
  if (key->len == start)
    g_string_append(key, number);
  else if (key->len - start > 9) // however it was dialled
    g_string_erase(key, (gssize)start, (gssize)(key->len - start - 9));
}

static char *numbers_key(const char *caller, const char *callee) {
  if (!caller || !callee)
    return NULL;
  GString *key = g_string_new(NULL);
  append_number(key, caller);
  g_string_append_c(key, '\t');
  append_number(key, callee);
  return g_string_free(key, FALSE);
}

static void file_under(GHashTable *table, char *key, Row *row) {
  if (!key)
    return;
  GPtrArray *rows = g_hash_table_lookup(table, key);
  if (!rows) {
    rows = g_ptr_array_new();
    g_hash_table_insert(table, key, rows);
  } else {
    g_free(key);
  }
  g_ptr_array_add(rows, row);
}

static gboolean take_row(const EsCall *call, gpointer user_data) {
  Work *work = user_data;
  Row *row = g_new0(Row, 1);
  row->id = g_strdup(call->id);
  row->pbx_id = g_strdup(call->pbx_id);
  row->group_id = g_strdup(call->group_id);
  row->caller = g_strdup(call->caller);
  row->callee = g_strdup(call->callee);
  row->outcome = g_strdup(call->outcome);
  row->reason = g_strdup(call->outcome_reason);
  row->answered = g_strcmp0(call->disposition, "answered") == 0;
  row->started_us = call->started_us;
  g_ptr_array_add(work->rows, row);
  if (row->pbx_id)
    file_under(work->by_pbx_id, g_strdup(row->pbx_id), row);
  else
    file_under(work->by_numbers, numbers_key(row->caller, row->callee), row);
  return TRUE;
}

static void find_range(const Work *work, gint64 *from_us, gint64 *until_us) {
  const EsCdrCall *first = work->calls->len ? g_ptr_array_index(work->calls, 0) : NULL;
  const EsCdrCall *last = work->calls->len ? g_ptr_array_index(work->calls, work->calls->len - 1) : NULL;
  *from_us = work->options->from_us != ES_UNKNOWN ? work->options->from_us
             : first                              ? first->call->started_us
                                                  : 0;
  *until_us = work->options->until_us != ES_UNKNOWN ? work->options->until_us
              : last                                ? last->call->started_us + 1
                                                    : 0;
}

static gboolean load_rows(Work *work, EsIndex *index, GError **error) {
  EsSearch search;
  es_search_init(&search);
  find_range(work, &search.from_us, &search.until_us);
  search.from_us -= MARGIN_US;
  search.until_us += MARGIN_US;
  return es_index_search(index, &search, take_row, work, error);
}

// ---- finding

static Row *best_of(const GPtrArray *rows) {
  Row *best = NULL;
  for (guint i = 0; rows && i < rows->len; i++) {
    Row *row = g_ptr_array_index(rows, i);
    row->matched = TRUE; // further recordings of the same call are known too
    if (!best || strcmp(best->outcome, "none") == 0 ||
        (strcmp(best->outcome, "partial") == 0 && strcmp(row->outcome, "recorded") == 0))
      best = row;
  }
  return best;
}

static Row *find_by_id(const Work *work, const EsCdrCall *call) {
  Row *found = NULL;
  for (guint i = 0; i < call->rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(call->rows, i);
    const char *ids[] = {row->linked_id, row->pbx_id};
    for (guint k = 0; k < G_N_ELEMENTS(ids); k++) {
      Row *here = ids[k] ? best_of(g_hash_table_lookup(work->by_pbx_id, ids[k])) : NULL;
      if (here && (!found || strcmp(found->outcome, "none") == 0))
        found = here;
    }
  }
  return found;
}

static const GPtrArray *same_numbers(const Work *work, const EsCdrCall *call) {
  g_autofree char *key = numbers_key(call->call->caller, call->call->callee);
  return key ? g_hash_table_lookup(work->by_numbers, key) : NULL;
}

static int by_value(gconstpointer a, gconstpointer b) {
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return x < y ? -1 : x > y;
}

// The middle of the densest stretch of differences, as wide as the tolerance.
static void find_offset(Work *work) {
  g_autoptr(GArray) differences = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint i = 0; i < work->calls->len; i++) {
    const EsCdrCall *call = g_ptr_array_index(work->calls, i);
    const GPtrArray *rows = g_ptr_array_index(work->found, i) ? NULL : same_numbers(work, call);
    for (guint k = 0; rows && k < rows->len; k++) {
      gint64 difference = ((const Row *)g_ptr_array_index(rows, k))->started_us - call->call->started_us;
      if (ABS(difference) <= FURTHEST_US)
        g_array_append_val(differences, difference);
    }
  }
  g_array_sort(differences, by_value);
  guint first = 0, best_first = 0, best = 0;
  for (guint i = 0; i < differences->len; i++) {
    while (g_array_index(differences, gint64, i) - g_array_index(differences, gint64, first) >
           work->options->tolerance_ms * ES_US_PER_MS)
      first++;
    if (i - first + 1 > best) {
      best = i - first + 1;
      best_first = first;
    }
  }
  work->offset_known = best >= LEAST_PAIRS;
  if (work->offset_known)
    work->offset_us = g_array_index(differences, gint64, best_first + best / 2);
}

static Row *find_by_numbers(const Work *work, const EsCdrCall *call) {
  const GPtrArray *rows = same_numbers(work, call);
  Row *nearest = NULL;
  gint64 nearest_us = work->options->tolerance_ms * ES_US_PER_MS + 1;
  for (guint i = 0; rows && i < rows->len; i++) {
    Row *row = g_ptr_array_index(rows, i);
    gint64 distance = ABS(row->started_us - work->offset_us - call->call->started_us);
    if (row->matched || distance >= nearest_us)
      continue;
    nearest = row;
    nearest_us = distance;
  }
  if (nearest)
    nearest->matched = TRUE;
  return nearest;
}

static void find_all(Work *work) {
  for (guint i = 0; i < work->calls->len; i++)
    g_ptr_array_add(work->found, find_by_id(work, g_ptr_array_index(work->calls, i)));
  find_offset(work);
  for (guint i = 0; i < work->calls->len; i++)
    if (!g_ptr_array_index(work->found, i))
      g_ptr_array_index(work->found, i) = find_by_numbers(work, g_ptr_array_index(work->calls, i));
}

// ---- what came of it

static void tell(EsReconciliation *result, EsReconcileKind kind, const EsCdrCall *cdr, const Row *row) {
  EsReconcileCall *call = g_new0(EsReconcileCall, 1);
  call->kind = kind;
  call->cdr = cdr;
  call->id = row ? g_strdup(row->id) : NULL;
  call->reason = row ? g_strdup(row->reason) : NULL;
  call->caller = g_strdup(cdr ? cdr->call->caller : row->caller);
  call->callee = g_strdup(cdr ? cdr->call->callee : row->callee);
  call->started_us = cdr ? cdr->call->started_us : row->started_us;
  g_ptr_array_add(result->calls, call);
}

// A row that the queue log has put right knows better whether somebody answered.
static gboolean is_compared(const Work *work, const EsCall *call, const Row *row) {
  if (row && !row->answered && strcmp(row->outcome, "none") == 0)
    return FALSE;
  return g_str_equal(call->disposition, "answered") && call->duration_ms != ES_UNKNOWN &&
         call->duration_ms >= work->options->least_ms;
}

static void compare(const Work *work, EsReconciliation *result, GArray *compared) {
  for (guint i = 0; i < work->calls->len; i++) {
    const EsCdrCall *call = g_ptr_array_index(work->calls, i);
    const Row *row = g_ptr_array_index(work->found, i);
    if (!is_compared(work, call->call, row))
      continue;
    gboolean partial = row && strcmp(row->outcome, "partial") == 0;
    gboolean missing = !row || strcmp(row->outcome, "none") == 0;
    EsCompared one = {call, missing};
    g_array_append_val(compared, one);
    result->missing += missing;
    result->partial += partial;
    if (missing || partial)
      tell(result, missing ? ES_CALL_MISSING : ES_CALL_PARTIAL, call, row);
  }
  result->compared = compared->len;
  result->recorded = result->compared - result->missing - result->partial;
}

// A recording that belongs to the group of one that was found is a leg of it.
static void find_unknown(const Work *work, EsReconciliation *result) {
  g_autoptr(GHashTable) groups = g_hash_table_new(g_str_hash, g_str_equal);
  gint64 from_us, until_us;
  find_range(work, &from_us, &until_us);
  for (guint i = 0; i < work->rows->len; i++) {
    Row *row = g_ptr_array_index(work->rows, i);
    if (row->matched && row->group_id)
      g_hash_table_add(groups, row->group_id);
  }
  for (guint i = work->rows->len; i-- > 0;) { // a search gives the newest first
    const Row *row = g_ptr_array_index(work->rows, i);
    gint64 at_us = row->started_us - work->offset_us;
    if (row->matched || strcmp(row->outcome, "none") == 0 || at_us < from_us || at_us >= until_us ||
        (row->group_id && g_hash_table_contains(groups, row->group_id)))
      continue;
    result->unknown++;
    tell(result, ES_CALL_UNKNOWN, NULL, row);
  }
}

static int by_kind_and_time(gconstpointer a, gconstpointer b) {
  const EsReconcileCall *x = *(const EsReconcileCall *const *)a, *y = *(const EsReconcileCall *const *)b;
  if (x->kind != y->kind)
    return x->kind < y->kind ? -1 : 1;
  return x->started_us < y->started_us ? -1 : x->started_us > y->started_us;
}

EsReconciliation *es_reconcile(EsIndex *index, const EsCdr *cdr, const EsReconcileOptions *options,
                               GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
  g_autoptr(GHashTable) by_pbx_id =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  g_autoptr(GHashTable) by_numbers =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  g_autoptr(GPtrArray) found = g_ptr_array_new();
  Work work = {.options = options,
               .calls = es_cdr_calls(cdr),
               .rows = rows,
               .by_pbx_id = by_pbx_id,
               .by_numbers = by_numbers,
               .found = found};
  if (!load_rows(&work, index, error))
    return NULL;
  find_all(&work);
  EsReconciliation *result = g_new0(EsReconciliation, 1);
  result->calls = g_ptr_array_new_with_free_func(call_free);
  g_autoptr(GArray) compared = g_array_new(FALSE, FALSE, sizeof(EsCompared));
  compare(&work, result, compared);
  find_unknown(&work, result);
  g_ptr_array_sort(result->calls, by_kind_and_time);
  result->patterns = es_patterns_find(compared);
  result->offset_known = work.offset_known;
  result->offset_ms = work.offset_us / ES_US_PER_MS;
  return result;
}
