// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "story.h"
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include <string.h>

// The call while it is in memory; NULL once it is in the index alone. *live if it is open.
static EsCall *find_row(const EsStoryCalls *calls, const char *id, const char *call_id, EsLiveCall **live) {
  *live = es_call_table_find(calls->table, call_id);
  if (*live && strcmp((*live)->row->id, id) == 0)
    return (*live)->row;
  *live = NULL;
  for (guint i = 0; i < calls->finished->len; i++) {
    EsCall *row = calls->finished->pdata[i];
    if (strcmp(row->id, id) == 0)
      return row;
  }
  return NULL;
}

static void set_group(EsCall *row, const char *group) {
  g_free(row->group_id);
  row->group_id = g_strdup(group);
}

// Whoever is of the old group in memory goes to the new one; the index does the same with its own.
static void move_group(const EsStoryCalls *calls, const char *from, const char *to) {
  g_autoptr(GPtrArray) open = es_call_table_list(calls->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    if (g_strcmp0(call->row->group_id, from) == 0) {
      set_group(call->row, to);
      call->dirty = TRUE;
    }
  }
  for (guint i = 0; i < calls->finished->len; i++) {
    EsCall *row = calls->finished->pdata[i];
    if (g_strcmp0(row->group_id, from) == 0)
      set_group(row, to);
  }
}

// The group of a stored call, NULL if it has none; *found FALSE if there is no such call, or nobody can tell.
static gboolean stored_group(const EsStoryCalls *calls, const char *id, char **group, gboolean *found,
                             GError **error) {
  GError *failed = NULL;
  const char *coming = es_live_index_group(calls->live_index, id);
  g_autoptr(EsCall) row = es_index_get_call(calls->index, id, &failed);
  *found = row != NULL;
  *group = coming ? g_strdup(coming) : row ? g_steal_pointer(&row->group_id) : NULL;
  if (!failed || !g_error_matches(failed, ES_ERROR, ES_ERROR_NOT_FOUND))
    return !failed || es_live_index_excuses(calls->live_index, failed, error);
  g_error_free(failed);
  return TRUE;
}

gboolean es_story_join(const EsStoryCalls *calls, EsLiveCall *call, const char *id, const char *call_id,
                       GError **error) {
  EsLiveCall *live;
  gboolean found = TRUE;
  calls->settle(calls->data);
  EsCall *row = find_row(calls, id, call_id, &live);
  g_autofree char *theirs = row ? g_strdup(row->group_id) : NULL;
  g_autofree char *ours = g_strdup(call->row->group_id);
  if (!row && !stored_group(calls, id, &theirs, &found, error))
    return FALSE;
  if (!found || row == call->row || (theirs && g_strcmp0(theirs, ours) == 0))
    return TRUE;
  char fresh[ES_ID_SIZE];
  es_id_new(call->row->started_us, fresh);
  const char *group = theirs ? theirs : ours ? ours : fresh;
  set_group(call->row, group);
  call->dirty = TRUE;
  if (row)
    set_group(row, group);
  if (live)
    live->dirty = TRUE;
  if (theirs && ours)
    move_group(calls, ours, theirs);
  if (row && !(theirs && ours))
    return TRUE; // nothing of this is stored yet
  return es_live_index_set_group(calls->live_index, id, group, ours, error);
}

static gboolean take_one(const EsCall *call, gpointer user_data) {
  EsCall **found = user_data;
  *found = es_call_new();
  (*found)->id = g_strdup(call->id);
  (*found)->call_id = g_strdup(call->call_id);
  return FALSE;
}

gboolean es_story_resume(const EsStoryCalls *calls, EsLiveCall *call, const char *group, GError **error) {
  EsSearch search;
  g_autoptr(EsCall) found = NULL;
  es_search_init(&search);
  search.group_id = group;
  search.limit = 1;
  GError *failed = NULL;
  if (!es_index_search(calls->index, &search, take_one, &found, &failed))
    return es_live_index_excuses(calls->live_index, failed, error);
  if (found)
    return es_story_join(calls, call, found->id, found->call_id, error);
  EsRecovery *recovery = call->context->recovery;
  EsLeftBehind *left = recovery ? es_recovery_left_behind(recovery) : NULL;
  call->row->group_id = left ? es_left_behind_group(left, NULL, group) : NULL;
  call->seeks = left && !call->row->group_id && !es_left_behind_is_complete(left);
  return TRUE;
}
