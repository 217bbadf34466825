// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "left-behind.h"
#include "earshot/common/timed-wait.h"
#include "follow-up.h"
#include "left-call.h"
#include <pthread.h>
#include <string.h>

#define WAIT_US (G_USEC_PER_SEC / 2)

struct EsLeftBehind {
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  GHashTable *calls;       // Call-ID and caller's tag → EsCall
  GHashTable *call_groups; // Call-ID → group, also of those that were taken
  GHashTable *groups;      // set
  gboolean complete;
};

EsLeftBehind *es_left_behind_new(void) {
  EsLeftBehind *left = g_new0(EsLeftBehind, 1);
  pthread_mutex_init(&left->mutex, NULL);
  es_timed_wait_init(&left->wake);
  left->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)es_call_free);
  left->call_groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  left->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return left;
}

void es_left_behind_free(EsLeftBehind *left) {
  g_hash_table_unref(left->calls);
  g_hash_table_unref(left->call_groups);
  g_hash_table_unref(left->groups);
  pthread_mutex_destroy(&left->mutex);
  pthread_cond_destroy(&left->wake);
  g_free(left);
}

static EsCall *copy_of(const EsCall *row) {
  EsCall *copy = es_call_new();
  copy->id = g_strdup(row->id);
  copy->source_key = g_strdup(row->source_key);
  copy->call_id = g_strdup(row->call_id);
  copy->group_id = g_strdup(row->group_id);
  copy->started_us = row->started_us;
  copy->answered_us = row->answered_us;
  copy->outcome_reason = g_strdup("interrupted");
  es_follow_up_copy(row, copy);
  return copy;
}

static char *name_dialog(const char *call_id, const char *tag) {
  return g_strconcat(call_id, "|", tag, NULL);
}

// By its key: Call-ID, time, the caller's tag, and whatever a second row of it has there (call.c). NULL for
// what no dialog drives.
static char *dialog_of(const EsCall *row) {
  gsize length = row->call_id ? strlen(row->call_id) : 0;
  if (!row->call_id || !g_str_has_prefix(row->source_key, row->call_id) || row->source_key[length] != '|')
    return NULL;
  const char *at = strchr(row->source_key + length + 1, '|');
  g_autofree char *tag = at ? g_strndup(at + 1, strcspn(at + 1, "|")) : NULL;
  return tag ? name_dialog(row->call_id, tag) : NULL;
}

// An answer is not taken back by a recorder that died: what rang is the older copy, whatever the order in
// which journals are read.
gboolean es_left_behind_is_later(const EsCall *row, const EsCall *than) {
  gboolean answered = row->answered_us != ES_UNKNOWN;
  return answered != (than->answered_us != ES_UNKNOWN) ? answered : row->started_us >= than->started_us;
}

static void add_call(EsLeftBehind *left, const EsCall *row) {
  g_autofree char *dialog = dialog_of(row);
  const EsCall *known = dialog ? g_hash_table_lookup(left->calls, dialog) : NULL;
  if (dialog && !(known && !es_left_behind_is_later(row, known)))
    g_hash_table_replace(left->calls, g_steal_pointer(&dialog), copy_of(row));
}

static void add(EsLeftBehind *left, const EsCall *row) {
  add_call(left, row);
  if (row->call_id && row->group_id)
    g_hash_table_replace(left->call_groups, g_strdup(row->call_id), g_strdup(row->group_id));
  if (row->group_id)
    g_hash_table_add(left->groups, g_strdup(row->group_id));
}

void es_left_behind_add(EsLeftBehind *left, GHashTable *calls) {
  GHashTableIter iter;
  gpointer call;
  pthread_mutex_lock(&left->mutex);
  g_hash_table_iter_init(&iter, calls);
  while (g_hash_table_iter_next(&iter, NULL, &call)) {
    const EsCall *row = es_left_call_open_row(call);
    if (row)
      add(left, row);
  }
  pthread_mutex_unlock(&left->mutex);
}

void es_left_behind_complete(EsLeftBehind *left) {
  pthread_mutex_lock(&left->mutex);
  left->complete = TRUE;
  pthread_cond_broadcast(&left->wake);
  pthread_mutex_unlock(&left->mutex);
}

void es_left_behind_wait(EsLeftBehind *left) {
  gint64 until_us = g_get_monotonic_time() + WAIT_US, rest_us;
  pthread_mutex_lock(&left->mutex);
  while (!left->complete && (rest_us = until_us - g_get_monotonic_time()) > 0)
    es_timed_wait(&left->wake, &left->mutex, (guint)(rest_us / 1000 + 1));
  pthread_mutex_unlock(&left->mutex);
}

gboolean es_left_behind_is_complete(EsLeftBehind *left) {
  pthread_mutex_lock(&left->mutex);
  gboolean complete = left->complete;
  pthread_mutex_unlock(&left->mutex);
  return complete;
}

static EsCall *steal(EsLeftBehind *left, const char *call_id, const char *tag) {
  g_autofree char *dialog = name_dialog(call_id, tag);
  gpointer key, row;
  if (!g_hash_table_steal_extended(left->calls, dialog, &key, &row))
    return NULL;
  g_free(key);
  return row;
}

EsCall *es_left_behind_take(EsLeftBehind *left, const char *call_id, const char *from, const char *to,
                            gboolean *turned) {
  pthread_mutex_lock(&left->mutex);
  g_autoptr(EsCall) same = steal(left, call_id, from), other = to ? steal(left, call_id, to) : NULL;
  pthread_mutex_unlock(&left->mutex);
  *turned = other && !(same && es_left_behind_is_later(same, other));
  return *turned ? g_steal_pointer(&other) : g_steal_pointer(&same);
}

char *es_left_behind_group(EsLeftBehind *left, const char *call_id, const char *group) {
  pthread_mutex_lock(&left->mutex);
  const char *found = call_id ? g_hash_table_lookup(left->call_groups, call_id) : NULL;
  if (!found && group && g_hash_table_contains(left->groups, group))
    found = group;
  char *copy = g_strdup(found);
  pthread_mutex_unlock(&left->mutex);
  return copy;
}
