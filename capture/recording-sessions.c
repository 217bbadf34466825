// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "recording-sessions.h"
#include "recording-private.h"

#define KEEP_US (32 * ES_US_PER_S)

// The first call that had this name.
typedef struct {
  char *name, *id, *key;
} Kin;

struct EsRecordingSessions {
  GHashTable *sessions; // Call-ID → EsRecordingSession
  GHashTable *kin;      // name → Kin
  GQueue order;         // of Kin, oldest first
};

static void kin_free(gpointer data) {
  Kin *kin = data;
  g_free(kin->name);
  g_free(kin->id);
  g_free(kin->key);
  g_free(kin);
}

EsRecordingSessions *es_recording_sessions_new(void) {
  EsRecordingSessions *sessions = g_new0(EsRecordingSessions, 1);
  sessions->sessions =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)es_recording_session_free);
  sessions->kin = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, kin_free);
  g_queue_init(&sessions->order);
  return sessions;
}

void es_recording_sessions_free(EsRecordingSessions *sessions) {
  g_hash_table_unref(sessions->sessions);
  g_queue_clear(&sessions->order);
  g_hash_table_unref(sessions->kin);
  g_free(sessions);
}

EsRecordingSession *es_recording_sessions_find(const EsRecordingSessions *sessions, const char *call_id) {
  return g_hash_table_lookup(sessions->sessions, call_id);
}

guint es_recording_sessions_size(const EsRecordingSessions *sessions) {
  return g_hash_table_size(sessions->sessions);
}

void es_recording_sessions_add(EsRecordingSessions *sessions, EsRecordingSession *session,
                               const char *call_id) {
  EsRecordingSession *before = es_recording_sessions_find(sessions, call_id);
  gboolean busy = before && (!before->ended || before->calls->len > 0);
  g_autofree char *other = busy ? g_strdup_printf("%s\n%p", call_id, (void *)session) : NULL;
  g_hash_table_replace(sessions->sessions, g_strdup(busy ? other : call_id), session);
}

void es_recording_sessions_hold(const EsRecordingSessions *sessions, EsHoldings *own) {
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, sessions->sessions);
  while (g_hash_table_iter_next(&iter, NULL, &each)) {
    const EsRecordingSession *session = each;
    if (!session->left)
      es_holdings_add_call(own, session->call_id);
  }
}

static gboolean is_done_with(const EsRecordingSession *session, gint64 now_us, gint64 idle_us) {
  if (session->calls->len > 0)
    return FALSE;
  if (session->ended)
    return now_us == G_MAXINT64 || now_us - session->ended_us > KEEP_US;
  return !session->served && (now_us == G_MAXINT64 || now_us - session->last_us > idle_us);
}

void es_recording_sessions_sweep(EsRecordingSessions *sessions, gint64 now_us, gint64 idle_us) {
  GHashTableIter iter;
  gpointer session;
  g_hash_table_iter_init(&iter, sessions->sessions);
  while (g_hash_table_iter_next(&iter, NULL, &session))
    if (is_done_with(session, now_us, idle_us))
      g_hash_table_iter_remove(&iter);
}

static void remember(EsRecordingSessions *sessions, const EsLiveCall *call, const char *name) {
  if (g_queue_get_length(&sessions->order) >= ES_RECORDING_KIN_MAX) {
    Kin *oldest = g_queue_pop_head(&sessions->order);
    g_hash_table_remove(sessions->kin, oldest->name);
  }
  Kin *kin = g_new0(Kin, 1);
  kin->name = g_strdup(name);
  kin->id = g_strdup(call->row->id);
  kin->key = g_strdup(es_live_call_key(call));
  g_hash_table_insert(sessions->kin, kin->name, kin);
  g_queue_push_tail(&sessions->order, kin);
}

gboolean es_recording_sessions_kin(EsRecordingSessions *sessions, const EsStoryCalls *calls, EsLiveCall *call,
                                   const char *name, GError **error) {
  const Kin *kin = g_hash_table_lookup(sessions->kin, name);
  if (!kin) {
    remember(sessions, call, name);
    return TRUE;
  }
  return strcmp(kin->id, call->row->id) == 0 || es_story_join(calls, call, kin->id, kin->key, error);
}
