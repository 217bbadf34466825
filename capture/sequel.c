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

// Nothing of it was kept.
static gboolean rang(const EsCall *left) {
  return left->answered_us == ES_UNKNOWN && g_strcmp0(left->outcome_reason, "interrupted") == 0;
}

static EsLeftBehind *left_behind(const EsLiveCall *call) {
  return call->context->recovery ? es_recovery_left_behind(call->context->recovery) : NULL;
}

// *row: the latest that the index has of the dialog with this caller's tag, NULL if none.
static gboolean load(const EsCallContext *context, const char *call_id, const char *tag, EsCall **row,
                     GError **error) {
  g_autofree char *id = NULL;
  GError *failed = NULL;
  if (es_index_find_dialog(context->index, call_id, tag, &id, &failed) && id)
    *row = es_index_get_call(context->index, id, &failed);
  return !failed || es_live_index_excuses(context->live_index, failed, error);
}

// *left: the latest that any run left of this dialog, NULL if none. Whoever sends the first message that is
// seen now may be the one who was called: then it is *turned.
static gboolean find(EsLiveCall *call, const char *from, const char *to, EsCall **left, gboolean *turned,
                     GError **error) {
  const char *call_id = call->row->call_id, *tags[] = {from, to};
  EsLeftBehind *known = left_behind(call);
  *turned = FALSE;
  g_autoptr(EsCall) latest = known ? es_left_behind_take(known, call_id, from, to, turned) : NULL;
  // A call that begins now is not worth a look into the index; but what rang may have been answered since.
  for (guint i = 0; (to || (latest && rang(latest))) && i < G_N_ELEMENTS(tags) && tags[i]; i++) {
    g_autoptr(EsCall) row = NULL;
    if (!load(call->context, call_id, tags[i], &row, error))
      return FALSE;
    if (!row || (latest && es_left_behind_is_later(latest, row)))
      continue;
    g_clear_pointer(&latest, es_call_free);
    latest = g_steal_pointer(&row);
    *turned = i == 1;
  }
  *left = g_steal_pointer(&latest);
  return TRUE;
}

static void swap(char **a, char **b) {
  char *kept = *a;
  *a = *b;
  *b = kept;
}

// Legs go by who sends the first message that is seen.
static void turn(EsCall *row) {
  const char *direction = g_strcmp0(row->direction, "inbound") == 0    ? "outbound"
                          : g_strcmp0(row->direction, "outbound") == 0 ? "inbound"
                                                                       : row->direction;
  g_autofree char *former = row->direction;
  row->direction = g_strdup(direction);
  swap(&row->caller, &row->callee);
  swap(&row->caller_uri, &row->callee_uri);
  swap(&row->caller_name, &row->callee_name);
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
  if (g_strcmp0(left->group_id, call->conversation) != 0) // a story of more than its own rest
    call->row->group_id = g_strdup(left->group_id);
  call->replaces = TRUE;
  inherit(call, left);
  return TRUE;
}

static void follow(EsLiveCall *call, EsCall *left, gboolean turned) {
  if (turned)
    turn(left);
  call->follows = g_strdup(left->id);
  if (!call->row->group_id)
    call->row->group_id = g_strdup(left->group_id);
  inherit(call, left);
}

// Before all is known, the last that is known may not be the last that there was: to go on in its row could
// cost what was recorded since.
gboolean es_sequel_begin(EsLiveCall *call, const char *from, const char *to, GError **error) {
  EsLeftBehind *known = left_behind(call);
  g_autoptr(EsCall) left = NULL;
  gboolean turned;
  if (!call->context->live)
    return TRUE;
  g_autofree char *name = g_strconcat("dialog ", call->row->call_id, NULL);
  call->conversation = es_sequel_group(name);
  call->seeks = known && !es_left_behind_is_complete(known);
  if (call->seeks)
    return TRUE;
  if (!find(call, from, to, &left, &turned, error))
    return FALSE;
  if (left && !(rang(left) && !turned && go_on(call, left)))
    follow(call, left, turned);
  return TRUE;
}

gboolean es_sequel_join(const EsStoryCalls *calls, EsLiveCall *call, GError **error) {
  if (!call->follows || call->skip)
    return TRUE;
  es_live_call_late_event(call, call->row->started_us, "follow-up", -1, NULL);
  return es_story_join(calls, call, call->follows, es_live_call_key(call), error);
}

static gboolean settle_dialog(const EsStoryCalls *calls, EsLiveCall *call, GError **error) {
  const EsDialog *d = &call->dialog;
  g_autoptr(EsCall) left = NULL;
  gboolean turned;
  call->seeks = FALSE;
  if (!find(call, d->caller_tag ? d->caller_tag : "", call->joined ? d->callee_tag : NULL, &left, &turned,
            error))
    return FALSE;
  if (!left || g_strcmp0(left->id, call->row->id) == 0)
    return TRUE;
  follow(call, left, turned);
  EsMapParties parties = {.passed_to = d->answered_user, .connected = call->connected};
  return es_live_call_map(call, &parties, call->row->started_us, error) && es_sequel_join(calls, call, error);
}

static void settle_session(EsLiveCall *call, EsLeftBehind *known, gboolean complete) {
  g_autofree char *group = es_left_behind_group(known, call->row->call_id, call->conversation);
  call->seeks = !group && !complete;
  if (!group || call->row->group_id)
    return;
  call->row->group_id = g_steal_pointer(&group);
  call->dirty = TRUE;
}

gboolean es_sequel_settle(const EsStoryCalls *calls, GError **error) {
  g_autoptr(GPtrArray) open = es_call_table_list(calls->table);
  for (guint i = 0; i < open->len; i++) {
    EsLiveCall *call = open->pdata[i];
    EsLeftBehind *known = call->seeks && !call->skip ? left_behind(call) : NULL;
    gboolean complete = known && es_left_behind_is_complete(known);
    if (known && call->session)
      settle_session(call, known, complete);
    else if (complete && !settle_dialog(calls, call, error))
      return FALSE;
  }
  return TRUE;
}
