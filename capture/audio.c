// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "audio.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audio-record.h"
#include "audio-ring.h"
#include "earshot/common/clock.h"
#include "steering.h"

#define RING_BYTES (4 * 1024 * 1024)
#define GIVE_WAY 10 // nice value of threads that encode while others capture
#define MESSAGES 64 // between looks at the clock

typedef struct {
  EsAudioRing *ring;
  GThread *thread; // NULL before its first call
  guint calls;     // of the teller
  gboolean live;
  // Its own:
  EsSteering steering;
  gint64 looked_us, waited_us;   // as of the latest look
  double fill;                   // the most since then
  guint64 packets, complexities; // pushed; the sum of what they found
  int latest, least;             // of these
  // Told by it at each look:
  atomic_int told_complexity, told_least, told_load; // -1 before any packet; of the load in thousandths
  atomic_uint_least64_t told_packets, told_complexities;
} Hand;

struct EsAudioPool {
  gboolean live;
  EsJournal *journal; // NULL for what can be read again
  guint n_hands;
  Hand *hands;
  guint under_way; // ends that were told and not taken, of the teller
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  GQueue done; // guarded by mutex
};

// Of a call's ledgers, on their way from its thread to the teller.
typedef struct {
  EsRecordingResult result;
  gint64 audio_us;
} Look;

struct EsAudio {
  EsAudioPool *pool;
  Hand *hand;              // NULL: done at once
  EsJournalCall *call;     // NULL: not in the journal
  EsAudioSources *sources; // the teller's: what the journal knows
  EsRecording *recording;  // the hand's
  gboolean steered;        // its encoder follows the hand
  int complexity;          // the hand's: of its encoder
  _Atomic(Look *) look;    // made and not yet taken
  gboolean look_wished;    // the teller's
  _Atomic(GError *) error;
  gboolean failed; // the hand's: nothing more is written
};

typedef enum { SAID, LOOK, END, FREE } Kind;

typedef struct {
  Kind kind;
  EsAudio *audio;
  EsAudioSaid said;
  EsAudioEnd end;
  gpointer data;
} Message;

typedef struct {
  Message message;
  EsCodec codec;
  EsAddress source;
  guint8 payload[];
} PacketMessage;

// ---- on the call's thread

static void follow_steering(EsAudio *audio) {
  Hand *hand = audio->hand;
  int wanted = hand && audio->steered ? es_steering_complexity(&hand->steering) : audio->complexity;
  if (wanted != audio->complexity)
    es_recording_set_complexity(audio->recording, wanted);
  audio->complexity = wanted;
  if (!hand)
    return;
  hand->packets++;
  hand->complexities += (guint64)wanted;
  hand->latest = wanted;
  hand->least = MIN(hand->least, wanted);
}

static void do_said(EsAudio *audio, const EsAudioSaid *said) {
  GError *error = NULL;
  if (es_audio_do(audio->recording, said, audio->failed ? NULL : &error) || audio->failed)
    return;
  audio->failed = TRUE;
  atomic_store(&audio->error, error);
}

static void make_look(EsAudio *audio) {
  Look *look = g_new0(Look, 1);
  es_recording_peek(audio->recording, &look->result);
  if (!es_recording_has_audio(audio->recording, &look->audio_us))
    look->audio_us = ES_UNKNOWN;
  atomic_store(&audio->look, look);
}

static void look_free(Look *look) {
  if (look)
    es_recording_result_clear(&look->result);
  g_free(look);
}

static void drop(EsAudio *audio) {
  GError *error = atomic_load(&audio->error);
  look_free(atomic_load(&audio->look));
  g_clear_error(&error);
  es_recording_free(audio->recording);
  es_audio_sources_free(audio->sources);
  g_free(audio);
}

static void end(EsAudio *audio, EsAudioEnd func, gpointer data) {
  EsAudioPool *pool = audio->pool;
  g_autoptr(GError) failed = atomic_exchange(&audio->error, NULL);
  func(g_steal_pointer(&audio->recording), failed, data);
  drop(audio);
  pthread_mutex_lock(&pool->mutex);
  g_queue_push_tail(&pool->done, data);
  pthread_cond_signal(&pool->ended);
  pthread_mutex_unlock(&pool->mutex);
}

static void do_message(const Message *m) {
  EsAudio *audio = m->audio;
  switch (m->kind) {
  case SAID:
    if (m->said.kind == ES_JOURNAL_PUSH)
      follow_steering(audio);
    do_said(audio, &m->said);
    break;
  case LOOK:
    make_look(audio);
    break;
  case END:
    end(audio, m->end, m->data);
    break;
  case FREE:
    drop(audio);
    break;
  }
}

static void tell_state(Hand *hand) {
  atomic_store(&hand->told_load, (int)lrint(1000 * hand->steering.load));
  if (hand->packets == 0)
    return;
  atomic_store(&hand->told_complexity, hand->latest);
  atomic_store(&hand->told_least, hand->least);
  atomic_store(&hand->told_packets, hand->packets);
  atomic_store(&hand->told_complexities, hand->complexities);
}

static void look(Hand *hand) {
  hand->fill = MAX(hand->fill, es_audio_ring_fill(hand->ring));
  gint64 now_us = g_get_monotonic_time(), past_us = now_us - hand->looked_us;
  if (past_us < ES_STEERING_LOOK_US)
    return;
  gint64 waited_us = es_audio_ring_waited_us(hand->ring);
  double idle = (double)(waited_us - hand->waited_us) / (double)past_us;
  es_steering_look(&hand->steering, now_us, CLAMP(1 - idle, 0, 1), hand->fill);
  hand->looked_us = now_us;
  hand->waited_us = waited_us;
  hand->fill = 0;
  tell_state(hand);
}

static void begin_work(Hand *hand) {
  if (hand->live)
    setpriority(PRIO_PROCESS, (id_t)gettid(), GIVE_WAY);
  hand->looked_us = g_get_monotonic_time();
  es_steering_init(&hand->steering, hand->looked_us);
}

static gpointer work(gpointer data) {
  Hand *hand = data;
  const Message *message;
  gint64 waited_us = 0;
  begin_work(hand);
  for (guint n = 0; (message = es_audio_ring_read(hand->ring)); n++) {
    gboolean waited = es_audio_ring_waited_us(hand->ring) != waited_us;
    if (waited || n % MESSAGES == 0)
      look(hand);
    waited_us = es_audio_ring_waited_us(hand->ring);
    do_message(message);
    es_audio_ring_release(hand->ring);
  }
  return NULL;
}

// ---- the pool

EsAudioPool *es_audio_pool_new(guint threads, gboolean live, EsJournal *journal) {
  EsAudioPool *pool = g_new0(EsAudioPool, 1);
  pool->live = live;
  pool->journal = journal;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->ended, NULL);
  g_queue_init(&pool->done);
  pool->n_hands = threads;
  pool->hands = g_new0(Hand, threads);
  for (guint i = 0; i < threads; i++) {
    Hand *hand = &pool->hands[i];
    hand->live = live;
    hand->least = G_MAXINT;
    hand->told_complexity = hand->told_least = -1;
  }
  return pool;
}

static void add_hand(const Hand *hand, EsAudioStats *stats) {
  gint64 complexity = atomic_load(&hand->told_complexity), least = atomic_load(&hand->told_least);
  stats->load = fmax(stats->load, atomic_load(&hand->told_load) / 1000.0);
  if (complexity < 0)
    return;
  gboolean first = stats->complexity == ES_UNKNOWN;
  stats->complexity = first ? complexity : MIN(stats->complexity, complexity);
  stats->least_complexity = first ? least : MIN(stats->least_complexity, least);
  stats->packets += atomic_load(&hand->told_packets);
  stats->complexities += atomic_load(&hand->told_complexities);
}

void es_audio_pool_stats(const EsAudioPool *pool, EsAudioStats *stats) {
  *stats = (EsAudioStats){.complexity = ES_UNKNOWN, .least_complexity = ES_UNKNOWN, .load = NAN};
  for (guint i = 0; i < pool->n_hands; i++)
    if (pool->hands[i].thread)
      add_hand(&pool->hands[i], stats);
}

void es_audio_pool_free(EsAudioPool *pool) {
  if (!pool)
    return;
  for (guint i = 0; i < pool->n_hands; i++) {
    if (!pool->hands[i].thread)
      continue;
    es_audio_ring_close(pool->hands[i].ring);
    g_thread_join(pool->hands[i].thread);
    es_audio_ring_free(pool->hands[i].ring);
  }
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->ended);
  g_free(pool->hands);
  g_free(pool);
}

gpointer es_audio_pool_take(EsAudioPool *pool, gboolean wait) {
  if (pool->under_way == 0)
    return NULL;
  pthread_mutex_lock(&pool->mutex);
  while (wait && pool->done.length == 0)
    pthread_cond_wait(&pool->ended, &pool->mutex);
  gpointer data = g_queue_pop_head(&pool->done);
  pthread_mutex_unlock(&pool->mutex);
  pool->under_way -= data ? 1 : 0;
  return data;
}

static Hand *least_busy(EsAudioPool *pool) {
  Hand *hand = pool->n_hands ? &pool->hands[0] : NULL;
  for (guint i = 1; i < pool->n_hands; i++)
    if (pool->hands[i].calls < hand->calls)
      hand = &pool->hands[i];
  return hand;
}

static void start_if_new(Hand *hand) {
  if (hand->thread)
    return;
  hand->ring = es_audio_ring_new(RING_BYTES);
  hand->thread = g_thread_new("audio", work, hand);
}

// ---- what the teller says

static void begin_in_journal(EsAudio *audio, const EsRecordingSettings *settings, const char *id,
                             guint n_legs) {
  audio->sources = es_audio_sources_new();
  es_audio_record_begin(audio->pool->journal, audio->call, settings, id, n_legs);
}

EsAudio *es_audio_new(EsAudioPool *pool, const EsRecordingSettings *settings, const char *id, guint n_legs,
                      EsJournalCall *call) {
  EsAudio *audio = g_new0(EsAudio, 1);
  audio->pool = pool;
  audio->call = call;
  if (call)
    begin_in_journal(audio, settings, id, n_legs);
  audio->recording = es_recording_new(settings, id, n_legs);
  audio->complexity = settings->complexity;
  audio->steered = pool->live && settings->steered;
  audio->hand = least_busy(pool);
  if (!audio->hand)
    return audio;
  start_if_new(audio->hand);
  audio->hand->calls++;
  return audio;
}

static void tell(EsAudio *audio, Message message) {
  message.audio = audio;
  if (!audio->hand) {
    do_message(&message);
    return;
  }
  Message *m = es_audio_ring_reserve(audio->hand->ring, sizeof *m);
  *m = message;
  es_audio_ring_commit(audio->hand->ring);
}

static void tell_packet(EsAudio *audio, Message message) {
  const EsMediaPacket *packet = &message.said.packet;
  message.audio = audio;
  if (!audio->hand) {
    do_message(&message);
    return;
  }
  PacketMessage *m = es_audio_ring_reserve(audio->hand->ring, sizeof *m + packet->length);
  m->message = message;
  m->codec = *packet->codec;
  m->source = *packet->source;
  memcpy(m->payload, packet->payload, packet->length);
  m->message.said.packet.codec = &m->codec;
  m->message.said.packet.source = &m->source;
  m->message.said.packet.payload = m->payload;
  es_audio_ring_commit(audio->hand->ring);
}

// The journal has it before anybody works on it.
static void say(EsAudio *audio, const EsAudioSaid *said) {
  Message message = {.kind = SAID, .said = *said};
  if (audio->call)
    es_audio_record_write(audio->pool->journal, audio->call, audio->sources, said);
  if (said->kind == ES_JOURNAL_PUSH || said->kind == ES_JOURNAL_COUNT)
    tell_packet(audio, message);
  else
    tell(audio, message);
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

gboolean es_audio_check(EsAudio *audio, GError **error) {
  if (!atomic_load_explicit(&audio->error, memory_order_relaxed))
    return TRUE;
  g_propagate_error(error, atomic_exchange(&audio->error, NULL));
  return FALSE;
}

gboolean es_audio_peek(EsAudio *audio, EsRecordingResult *result, gint64 *audio_us) {
  if (!audio->look_wished || !audio->hand)
    tell(audio, (Message){.kind = LOOK});
  audio->look_wished = TRUE;
  Look *look = atomic_exchange(&audio->look, NULL);
  if (!look)
    return FALSE;
  audio->look_wished = FALSE;
  *result = look->result;
  *audio_us = look->audio_us;
  g_free(look);
  return TRUE;
}

static void leave(EsAudio *audio, Message message) {
  Hand *hand = audio->hand;
  tell(audio, message);
  if (!hand)
    return;
  hand->calls--;
  es_audio_ring_hurry(hand->ring);
}

void es_audio_free(EsAudio *audio) {
  leave(audio, (Message){.kind = FREE});
}

void es_audio_end(EsAudio *audio, EsAudioEnd func, gpointer data) {
  audio->pool->under_way++;
  leave(audio, (Message){.kind = END, .end = func, .data = data});
}
