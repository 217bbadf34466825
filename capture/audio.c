// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "audio.h"

#include <math.h>
#include <pthread.h>

#include "audio-hand.h"
#include "audio-private.h"
#include "earshot/common/clock.h"
#include "earshot/common/timed-wait.h"

struct EsAudioPool {
  EsAudioPoolSettings settings;
  EsHand **hands;
  guint under_way; // ends that were told and not taken, of the teller
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  GQueue done;               // guarded by mutex
  _Atomic(GError *) failure; // the first that was not told yet
};

// ---- the pool

EsAudioPool *es_audio_pool_new(const EsAudioPoolSettings *settings) {
  EsAudioPool *pool = g_new0(EsAudioPool, 1);
  const EsHandSettings hand = {settings->journal, "audio", settings->queue_bytes, settings->live,
                               settings->later && settings->journal};
  pool->settings = *settings;
  pthread_mutex_init(&pool->mutex, NULL);
  es_timed_wait_init(&pool->ended);
  g_queue_init(&pool->done);
  pool->hands = g_new0(EsHand *, settings->threads);
  for (guint i = 0; i < settings->threads; i++)
    pool->hands[i] = es_hand_new(&hand);
  return pool;
}

void es_audio_pool_free(EsAudioPool *pool) {
  if (!pool)
    return;
  for (guint i = 0; i < pool->settings.threads; i++)
    es_hand_free(pool->hands[i]);
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->ended);
  GError *untold = es_audio_pool_failure(pool);
  g_clear_error(&untold);
  g_free(pool->hands);
  g_free(pool);
}

void es_audio_pool_stats(const EsAudioPool *pool, EsAudioStats *stats) {
  *stats = (EsAudioStats){.complexity = ES_UNKNOWN, .least_complexity = ES_UNKNOWN, .load = NAN};
  for (guint i = 0; i < pool->settings.threads; i++)
    es_hand_add_stats(pool->hands[i], stats);
}

void es_audio_pool_put(EsAudioPool *pool, gpointer data) {
  pthread_mutex_lock(&pool->mutex);
  g_queue_push_tail(&pool->done, data);
  pthread_cond_signal(&pool->ended);
  pthread_mutex_unlock(&pool->mutex);
}

void es_audio_pool_tell(EsAudioPool *pool, GError *error) {
  GError *none = NULL;
  if (!atomic_compare_exchange_strong(&pool->failure, &none, error))
    g_error_free(error);
}

GError *es_audio_pool_failure(EsAudioPool *pool) {
  if (!atomic_load_explicit(&pool->failure, memory_order_relaxed))
    return NULL;
  return atomic_exchange(&pool->failure, NULL);
}

EsJournal *es_audio_pool_journal(const EsAudioPool *pool) {
  return pool->settings.journal;
}

gpointer es_audio_pool_take(EsAudioPool *pool, guint wait_ms) {
  gint64 until_us = g_get_monotonic_time() + (gint64)wait_ms * ES_US_PER_MS, left_us;
  if (pool->under_way == 0)
    return NULL;
  pthread_mutex_lock(&pool->mutex);
  while (pool->done.length == 0 && (left_us = until_us - g_get_monotonic_time()) > 0)
    es_timed_wait(&pool->ended, &pool->mutex, (guint)(left_us / ES_US_PER_MS + 1));
  gpointer data = g_queue_pop_head(&pool->done);
  pthread_mutex_unlock(&pool->mutex);
  pool->under_way -= data ? 1 : 0;
  return data;
}

void es_audio_pool_hurry(EsAudioPool *pool) {
  for (guint i = 0; i < pool->settings.threads; i++)
    es_hand_hurry(pool->hands[i]);
}

void es_audio_pool_leave(EsAudioPool *pool) {
  for (guint i = 0; i < pool->settings.threads; i++)
    es_hand_leave(pool->hands[i]);
}

static EsHand *least_busy(EsAudioPool *pool) {
  EsHand *hand = pool->settings.threads ? pool->hands[0] : NULL;
  for (guint i = 1; i < pool->settings.threads; i++)
    if (es_hand_calls(pool->hands[i]) < es_hand_calls(hand))
      hand = pool->hands[i];
  return hand;
}

// ---- what the teller says

EsAudio *es_audio_new(EsAudioPool *pool, const EsRecordingSettings *settings, const char *id, guint n_legs,
                      EsJournalCall *call) {
  EsAudio *audio = g_new0(EsAudio, 1);
  audio->pool = pool;
  audio->call = call;
  g_strlcpy(audio->id, id, sizeof audio->id);
  if (call) {
    audio->number = es_journal_call_number(call);
    audio->said = es_audio_sources_new();
    audio->torn = !es_audio_record_begin(pool->settings.journal, call, audio->said, settings, id, n_legs);
  }
  audio->recording = es_recording_new(settings, id, n_legs);
  audio->complexity = settings->complexity;
  audio->steered = pool->settings.live && !pool->settings.later && settings->steered;
  audio->hand = least_busy(pool);
  if (audio->hand)
    es_hand_add(audio->hand, audio);
  return audio;
}

static void tell(EsAudio *audio, EsMessage message) {
  message.audio = audio;
  if (audio->hand) {
    es_hand_tell(audio->hand, &message);
    return;
  }
  if (message.kind == ES_MESSAGE_SAID && audio->torn)
    return;
  if (message.kind == ES_MESSAGE_SAID && audio->call)
    es_audio_record_write(audio->pool->settings.journal, audio->call, audio->said, &message.said);
  es_audio_do_message(&message);
}

static void say(EsAudio *audio, const EsAudioSaid *said) {
  tell(audio, (EsMessage){.kind = ES_MESSAGE_SAID, .said = *said});
}

void es_audio_push(EsAudio *audio, const EsMediaPacket *packet, gint64 until_us) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_PUSH, .packet = *packet, .until_us = until_us});
}

void es_audio_count(EsAudio *audio, const EsMediaPacket *packet) {
  EsAudioSaid said = {.kind = ES_JOURNAL_COUNT, .packet = *packet};
  said.packet.length = 0; // what may not be used goes no further
  say(audio, &said);
}

void es_audio_add_leg(EsAudio *audio) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_ADD_LEG});
}

void es_audio_explain(EsAudio *audio, guint leg, EsGapReason reason, gint64 at_us) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_EXPLAIN, .leg = leg, .reason = reason, .from_us = at_us});
}

void es_audio_clear(EsAudio *audio, guint leg, gint64 at_us) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_CLEAR, .leg = leg, .from_us = at_us});
}

void es_audio_dropped(EsAudio *audio, gint64 from_us, gint64 until_us) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_DROPPED, .from_us = from_us, .until_us = until_us});
}

void es_audio_advance(EsAudio *audio, gint64 now_us) {
  say(audio, &(EsAudioSaid){.kind = ES_JOURNAL_ADVANCE, .from_us = now_us});
}

gboolean es_audio_is_torn(const EsAudio *audio) {
  return audio->torn;
}

gboolean es_audio_check(EsAudio *audio, GError **error) {
  if (!atomic_load_explicit(&audio->error, memory_order_relaxed))
    return TRUE;
  g_propagate_error(error, atomic_exchange(&audio->error, NULL));
  return FALSE;
}

gboolean es_audio_peek(EsAudio *audio, EsRecordingResult *result, gint64 *audio_us) {
  if (!audio->look_wished || !audio->hand)
    tell(audio, (EsMessage){.kind = ES_MESSAGE_LOOK});
  audio->look_wished = TRUE;
  EsAudioLook *look = atomic_exchange(&audio->look, NULL);
  if (!look)
    return FALSE;
  audio->look_wished = FALSE;
  *result = look->result;
  *audio_us = look->audio_us;
  g_free(look);
  return TRUE;
}

void es_audio_free(EsAudio *audio) {
  tell(audio, (EsMessage){.kind = ES_MESSAGE_FREE});
}

void es_audio_end(EsAudio *audio, EsAudioEnd func, gpointer data) {
  audio->pool->under_way++;
  tell(audio, (EsMessage){.kind = ES_MESSAGE_END, .end = func, .data = data});
}
