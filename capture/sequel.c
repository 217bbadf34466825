// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "sequel.h"
#include "earshot/common/error.h"
#include "follow-up.h"
#include <string.h>

char *es_sequel_group(const char *name) {
  g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
  return g_strdup_printf("%.8s-%.4s-8%.3s-8%.3s-%.12s", sum, sum + 8, sum + 12, sum + 15, sum + 18);
}

static EsLeftBehind *left_behind(const EsLiveCall *call) {
  return call->context->recovery ? es_recovery_left_behind(call->context->recovery) : NULL;
}

// *row: the latest that the index has of this dialog, NULL if none.
static gboolean load(const EsCallContext *context, const char *call_id, const char *tag, EsCall **row,
                     GError **error) {
  g_autofree char *id = NULL;
  GError *failed = NULL;
  if (es_index_find_dialog(context->index, call_id, tag, &id, &failed) && id)
    *row = es_index_get_call(context->index, id, &failed);
  return !failed || es_live_index_excuses(context->live_index, failed, error);
}

static void inherit(EsLiveCall *call, const EsCall *left) {
  es_follow_up_copy(left, call->row);
  es_live_call_follow_consent(call);
  call->client = g_strdup(call->row->client);
}

// It rang, and nothing of it is kept. FALSE if another call has the row in hand.
static gboolean go_on(EsLiveCall *call, const EsCall *left) {
  if (!g_hash_table_add(call->context->keys, g_strdup(left->source_key)))
    return FALSE;
  call->row->started_us = left->started_us;
  call->row->id = g_strdup(left->id);
  call->row->source_key = g_strdup(left->source_key);
  call->replaces = TRUE;
  inherit(call, left);
  return TRUE;
}

static void follow(EsLiveCall *call, const EsCall *left) {
  call->follows = g_strdup(left->id);
  call->row->group_id = g_strdup(left->group_id);
  inherit(call, left);
}

gboolean es_sequel_begin(EsLiveCall *call, const char *tag, gboolean joined, GError **error) {
  const char *call_id = call->row->call_id;
  EsLeftBehind *known = left_behind(call);
  if (!call->context->live)
    return TRUE;
  g_autofree char *name = g_strconcat("dialog ", call_id, NULL);
  call->conversation = es_sequel_group(name);
  g_autoptr(EsCall) left = known ? es_left_behind_take(known, call_id, tag) : NULL;
  gboolean rings = left && left->answered_us == ES_UNKNOWN;
  if (!left && joined && !load(call->context, call_id, tag, &left, error))
    return FALSE;
  if (!rings && left)
    rings = left->answered_us == ES_UNKNOWN && g_strcmp0(left->outcome_reason, "interrupted") == 0;
  if (left && !(rings && go_on(call, left)))
    follow(call, left);
  call->seeks = !left && joined && known && !es_left_behind_is_complete(known);
  return TRUE;
}

gboolean es_sequel_join(const EsStoryCalls *calls, EsLiveCall *call, GError **error) {
  if (!call->follows || call->skip)
    return TRUE;
  es_live_call_event(call, call->row->started_us, "follow-up", -1, NULL);
  return es_story_join(calls, call, call->follows, es_live_call_key(call), error);
}

void es_sequel_settle(const EsStoryCalls *calls) {
  g_autoptr(GPtrArray) open = es_call_table_list(calls->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    EsLeftBehind *known = call->seeks ? left_behind(call) : NULL;
    if (!known)
      continue;
    g_autofree char *group = es_left_behind_group(known, call->row->call_id, call->conversation);
    call->seeks = !group && !es_left_behind_is_complete(known);
    if (!group || call->row->group_id)
      continue;
    call->row->group_id = g_steal_pointer(&group);
    call->dirty = TRUE;
  }
}
