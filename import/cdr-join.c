// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows → calls. Rows are of one call when they share an id: the channel's own (uniqueid) or the one that
// Asterisk hands on to every channel that meets (linkedid). Tables without linkedid still name the two halves
// of a Local channel, through which queues reach their agents; those names come again after a restart, so
// they join only rows of the same hour.
#include "cdr-private.h"
#include "channel.h"

#define SAME_LOCAL_US (3600 * ES_US_PER_S)

// parent[i] leads, over some steps, to the row that stands for i's call.
static guint find(guint *parent, guint i) {
  for (; parent[i] != i; i = parent[i])
    parent[i] = parent[parent[i]];
  return i;
}

static void unite(guint *parent, guint a, guint b) {
  guint x = find(parent, a), y = find(parent, b);
  parent[MAX(x, y)] = MIN(x, y);
}

static void unite_by(GHashTable *seen, guint *parent, const char *key, guint i) {
  gpointer first;
  if (!key)
    return;
  if (g_hash_table_lookup_extended(seen, key, NULL, &first))
    unite(parent, GPOINTER_TO_UINT(first), i);
  else
    g_hash_table_insert(seen, g_strdup(key), GUINT_TO_POINTER(i));
}

static void unite_local(GHashTable *locals, guint *parent, const GPtrArray *rows, const char *channel,
                        guint i) {
  g_autofree char *local = es_channel_local(channel);
  gpointer last;
  if (!local)
    return;
  if (g_hash_table_lookup_extended(locals, local, NULL, &last)) {
    const EsCdrRow *a = g_ptr_array_index(rows, GPOINTER_TO_UINT(last)), *b = g_ptr_array_index(rows, i);
    if (b->start_us - a->start_us < SAME_LOCAL_US)
      unite(parent, GPOINTER_TO_UINT(last), i);
  }
  g_hash_table_replace(locals, g_steal_pointer(&local), GUINT_TO_POINTER(i));
}

static guint *group(const GPtrArray *rows) {
  guint *parent = g_new(guint, MAX(rows->len, 1));
  g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) locals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    parent[i] = i;
    unite_by(ids, parent, row->pbx_id, i);
    unite_by(ids, parent, row->linked_id, i);
    if (!row->linked_id) {
      unite_local(locals, parent, rows, row->channel, i);
      unite_local(locals, parent, rows, row->dst_channel, i);
    }
  }
  return parent;
}

static int in_time_order(gconstpointer a, gconstpointer b) {
  const EsCdrRow *x = *(const EsCdrRow *const *)a, *y = *(const EsCdrRow *const *)b;
  if (x->start_us != y->start_us)
    return x->start_us < y->start_us ? -1 : 1;
  if (x->sequence != y->sequence)
    return x->sequence < y->sequence ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

static void row_free(gpointer row) {
  es_cdr_row_free(row);
}

static void call_free(gpointer data) {
  EsCdrCall *call = data;
  g_ptr_array_unref(call->rows);
  es_call_free(call->call);
  g_free(call);
}

GPtrArray *es_cdr_join(GPtrArray *rows) {
  g_ptr_array_sort(rows, in_time_order);
  g_autofree guint *parent = group(rows);
  g_autofree EsCdrCall **by_row = g_new0(EsCdrCall *, MAX(rows->len, 1));
  GPtrArray *calls = g_ptr_array_new_with_free_func(call_free);
  g_ptr_array_set_free_func(rows, NULL); // each belongs to its call from here
  for (guint i = 0; i < rows->len; i++) {
    guint first = find(parent, i); // never after i: the smaller index stands for both
    if (!by_row[first]) {
      by_row[first] = g_new0(EsCdrCall, 1);
      by_row[first]->rows = g_ptr_array_new_with_free_func(row_free);
      g_ptr_array_add(calls, by_row[first]);
    }
    g_ptr_array_add(by_row[first]->rows, g_ptr_array_index(rows, i));
  }
  g_ptr_array_unref(rows);
  for (guint i = 0; i < calls->len; i++) {
    EsCdrCall *call = g_ptr_array_index(calls, i);
    call->call = es_cdr_summarise(call->rows);
  }
  return calls;
}
