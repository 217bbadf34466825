// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A deferral begins at a place of the ring and a position of the journal: what stands in the ring up to that
// place is done first, then what the journal holds from that position on. The teller ends it once the hand
// says that it has nearly caught up; the hand then reads to the position where the teller began to use the
// ring again, and goes on there. So there may be more than one, each behind the other.
//
// What the journal has no record for (looks, ends) waits in a list with the position that has to be reached.
// Positions are those of the hand's own calls; the records of others between them are passed over.
#include "audio-hand.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audio-ring.h"
#include "earshot/common/clock.h"
#include "steering.h"

#define GIVE_WAY 10 // nice value of threads that encode while others capture
#define AT_ONCE 64  // messages and records between looks at the clock
#define NEARLY 8    // part of the ring that holds what is said while the hand reads the rest
#define MARK_US (G_USEC_PER_SEC / 2)

// Something that the journal does not say, for when all that was said before is done.
typedef struct {
  guint64 position;
  EsMessage message;
} Aside;

// When the journal had come to a position.
typedef struct {
  guint64 position;
  gint64 at_us; // monotonic
} Mark;

typedef struct {
  guint number;
  gsize place;               // of the ring
  EsJournalReader *reader;   // the hand's
  atomic_uint_least64_t end; // what is said behind it goes by the ring again; G_MAXUINT64 while it is open
  GQueue asides, marks;
} Deferral;

struct EsHand {
  EsHandSettings settings;
  EsAudioRing *ring;
  GThread *thread; // NULL before its first call
  // The teller's:
  Deferral *open; // NULL: the ring is used
  guint deferrals;
  gint64 marked_us;
  // The hand's:
  EsSteering steering;
  gint64 looked_us, waited_us;   // as of the latest look
  double fill;                   // the most since then
  GPtrArray *gathered;           // of EsAudio, with messages that were read and not done
  guint64 packets, complexities; // pushed; the sum of what they found
  int latest, least;             // of these
  guint n;
  // Between them:
  atomic_uint calls;
  atomic_uint deferred;               // how many deferrals there are
  atomic_uint_least64_t said, heard;  // positions: behind what was said last; of the reader
  atomic_bool nearly, hurried, leave; // of the open one: nearly caught up
  atomic_int_least64_t behind_us;     // when the teller said what is read now; 0: nothing is deferred
  pthread_mutex_t mutex;
  GQueue queue;          // of Deferral, the first is the hand's
  GHashTable *by_number; // of EsAudio
  // Told at each look:
  atomic_int told_complexity, told_least, told_load; // -1 before any packet; of the load in thousandths
  atomic_uint_least64_t told_packets, told_complexities;
};

// Followed by the codec, where it is none of those that the call keeps, and the payload.
typedef struct {
  EsMessage message;
  EsAddress source;
} PacketMessage;

static gboolean is_packet(const EsMessage *m) {
  return m->kind == ES_MESSAGE_SAID && (m->said.kind == ES_JOURNAL_PUSH || m->said.kind == ES_JOURNAL_COUNT);
}

// ---- the teller: the ring

// The same codec, which outlasts the message if the call has not had too many.
static const EsCodec *keep_codec(EsAudio *audio, const EsCodec *codec) {
  for (guint i = 0; i < audio->n_codecs; i++)
    if (es_audio_same_codec(&audio->codecs[i], codec))
      return &audio->codecs[i];
  if (audio->n_codecs == G_N_ELEMENTS(audio->codecs))
    return codec;
  audio->codecs[audio->n_codecs] = *codec;
  return &audio->codecs[audio->n_codecs++];
}

static gboolean is_kept(const EsAudio *audio, const EsCodec *codec) {
  return codec >= audio->codecs && codec < audio->codecs + G_N_ELEMENTS(audio->codecs);
}

static gsize length_of(const EsMessage *m) {
  if (!is_packet(m))
    return sizeof *m;
  gsize codec = is_kept(m->audio, m->said.packet.codec) ? 0 : sizeof(EsCodec);
  return sizeof(PacketMessage) + codec + m->said.packet.length;
}

static void put_into_ring(EsHand *h, const EsMessage *message) {
  PacketMessage *m = es_audio_ring_reserve(h->ring, length_of(message));
  m->message = *message;
  if (is_packet(message)) {
    EsMediaPacket *packet = &m->message.said.packet;
    guint8 *rest = (guint8 *)(m + 1);
    if (!is_kept(message->audio, packet->codec)) {
      packet->codec = memcpy(rest, packet->codec, sizeof(EsCodec));
      rest += sizeof(EsCodec);
    }
    m->source = *packet->source;
    packet->source = &m->source;
    if (packet->length)
      packet->payload = memcpy(rest, packet->payload, packet->length);
  }
  es_audio_ring_commit(h->ring);
}

// ---- the teller: deferral

static void begin_deferral(EsHand *h) {
  EsJournalStats stats;
  es_journal_stats(h->settings.journal, &stats);
  Deferral *d = g_new0(Deferral, 1);
  d->number = ++h->deferrals;
  d->end = G_MAXUINT64;
  d->place = es_audio_ring_end(h->ring);
  d->reader = es_journal_reader_new(h->settings.journal, stats.appended);
  g_queue_init(&d->asides);
  g_queue_init(&d->marks);
  h->marked_us = 0;
  gint64 none = 0;
  atomic_compare_exchange_strong(&h->behind_us, &none, g_get_monotonic_time());
  atomic_store(&h->nearly, FALSE);
  atomic_store(&h->said, stats.appended);
  pthread_mutex_lock(&h->mutex);
  g_queue_push_tail(&h->queue, d);
  pthread_mutex_unlock(&h->mutex);
  h->open = d;
  atomic_fetch_add(&h->deferred, 1);
  es_audio_ring_hurry(h->ring);
}

static void end_deferral(EsHand *h) {
  atomic_store(&h->open->end, atomic_load(&h->said));
  h->open = NULL;
  es_journal_write_out(h->settings.journal);
}

// Whether the message goes by the ring.
static gboolean choose_way(EsHand *h, const EsMessage *message) {
  if (!message->audio->call)
    return TRUE;
  if (h->open && atomic_load(&h->nearly) && !h->settings.later)
    end_deferral(h);
  if (!h->open && (h->settings.later || !es_audio_ring_has_room(h->ring, length_of(message))))
    begin_deferral(h);
  return h->open == NULL;
}

static void mark(EsHand *h) {
  gint64 now_us = g_get_monotonic_time();
  if (now_us - h->marked_us < MARK_US)
    return;
  Mark *m = g_new(Mark, 1);
  *m = (Mark){atomic_load(&h->said), now_us};
  h->marked_us = now_us;
  pthread_mutex_lock(&h->mutex);
  g_queue_push_tail(&h->open->marks, m);
  pthread_mutex_unlock(&h->mutex);
}

static void write_down(EsHand *h, const EsMessage *message) {
  EsAudio *audio = message->audio;
  if (h->open && audio->deferral != h->open->number) {
    es_audio_sources_say_again(audio->said);
    audio->deferral = h->open->number;
  }
  guint64 position = es_audio_record_write(h->settings.journal, audio->call, audio->said, &message->said);
  gboolean alone = h->open || atomic_load_explicit(&audio->left, memory_order_relaxed);
  audio->torn |= alone && !position;
  if (!h->open)
    return;
  if (position)
    atomic_store(&h->said, position);
  mark(h);
}

static void put_aside(EsHand *h, const EsMessage *message) {
  Aside *aside = g_new(Aside, 1);
  *aside = (Aside){atomic_load(&h->said), *message};
  pthread_mutex_lock(&h->mutex);
  g_queue_push_tail(&h->open->asides, aside);
  pthread_mutex_unlock(&h->mutex);
}

void es_hand_tell(EsHand *h, const EsMessage *told) {
  EsMessage message = *told;
  gboolean last = message.kind == ES_MESSAGE_END || message.kind == ES_MESSAGE_FREE;
  if (is_packet(&message))
    message.said.packet.codec = keep_codec(message.audio, message.said.packet.codec);
  gboolean by_ring = choose_way(h, &message);
  if (message.kind == ES_MESSAGE_SAID && message.audio->torn)
    return;
  if (message.kind == ES_MESSAGE_SAID && message.audio->call)
    write_down(h, &message);
  if (by_ring)
    put_into_ring(h, &message);
  else if (message.kind != ES_MESSAGE_SAID)
    put_aside(h, &message);
  if (!last)
    return;
  atomic_fetch_sub(&h->calls, 1);
  es_audio_ring_hurry(h->ring);
}

void es_hand_hurry(EsHand *h) {
  atomic_store(&h->hurried, TRUE);
}

void es_hand_leave(EsHand *h) {
  atomic_store(&h->leave, TRUE);
}

// ---- the hand: how it fares

static void tell_state(EsHand *h) {
  atomic_store(&h->told_load, (int)lrint(1000 * h->steering.load));
  if (h->packets == 0)
    return;
  atomic_store(&h->told_complexity, h->latest);
  atomic_store(&h->told_least, h->least);
  atomic_store(&h->told_packets, h->packets);
  atomic_store(&h->told_complexities, h->complexities);
}

static void look(EsHand *h) {
  gboolean deferred = atomic_load(&h->deferred) > 0;
  h->fill = MAX(h->fill, deferred ? 1 : es_audio_ring_fill(h->ring));
  gint64 now_us = g_get_monotonic_time(), past_us = now_us - h->looked_us;
  if (past_us < ES_STEERING_LOOK_US)
    return;
  gint64 waited_us = es_audio_ring_waited_us(h->ring);
  double idle = (double)(waited_us - h->waited_us) / (double)past_us;
  es_steering_look(&h->steering, now_us, CLAMP(1 - idle, 0, 1), h->fill);
  h->looked_us = now_us;
  h->waited_us = waited_us;
  h->fill = 0;
  tell_state(h);
}

static void pause_work(EsHand *h) {
  es_audio_ring_wait(h->ring);
  look(h);
}

// ---- the hand: work

static void forget(EsHand *h, EsAudio *audio) {
  if (!audio->call)
    return;
  pthread_mutex_lock(&h->mutex);
  g_hash_table_remove(h->by_number, GUINT_TO_POINTER(audio->number));
  pthread_mutex_unlock(&h->mutex);
}

static void do_said(EsHand *h, EsAudio *audio, const EsAudioSaid *said) {
  if (said->kind == ES_JOURNAL_PUSH) {
    h->latest = es_audio_set_effort(audio, es_steering_complexity(&h->steering));
    h->least = MIN(h->least, h->latest);
    h->complexities += (guint64)h->latest;
    h->packets++;
  }
  es_audio_do_said(audio, said);
  if (++h->n % AT_ONCE == 0)
    look(h);
}

static void do_message(EsHand *h, const EsMessage *message) {
  if (message->kind == ES_MESSAGE_SAID) {
    do_said(h, message->audio, &message->said);
    return;
  }
  if (message->kind == ES_MESSAGE_END || message->kind == ES_MESSAGE_FREE)
    forget(h, message->audio);
  es_audio_do_message(message);
}

// ---- the hand: deferral

static Deferral *first_deferral(EsHand *h) {
  if (atomic_load(&h->deferred) == 0)
    return NULL;
  pthread_mutex_lock(&h->mutex);
  Deferral *d = g_queue_peek_head(&h->queue);
  pthread_mutex_unlock(&h->mutex);
  return d;
}

static void free_deferral(Deferral *d) {
  es_journal_reader_free(d->reader);
  g_queue_clear_full(&d->asides, g_free);
  g_queue_clear_full(&d->marks, g_free);
  g_free(d);
}

// The next message whose time has come, NULL if there is none; all: whether it has or not. Owned by the
// caller.
static Aside *take_aside(EsHand *h, Deferral *d, guint64 position, gboolean all) {
  pthread_mutex_lock(&h->mutex);
  const Aside *next = g_queue_peek_head(&d->asides);
  gboolean due = next && (all || next->position <= position);
  Aside *aside = due ? g_queue_pop_head(&d->asides) : NULL;
  pthread_mutex_unlock(&h->mutex);
  return aside;
}

static void follow_marks(EsHand *h, Deferral *d, guint64 position) {
  pthread_mutex_lock(&h->mutex);
  const Mark *mark;
  while ((mark = g_queue_peek_head(&d->marks)) && mark->position <= position)
    g_free(g_queue_pop_head(&d->marks));
  atomic_store(&h->behind_us, mark ? mark->at_us : 0);
  pthread_mutex_unlock(&h->mutex);
}

// TRUE when it is over, and the ring goes on. Otherwise the teller is told how near that is.
static gboolean leave_deferral(EsHand *h, Deferral *d, guint64 position, guint64 left) {
  pthread_mutex_lock(&h->mutex);
  guint64 end = atomic_load(&d->end);
  gboolean ended = end != G_MAXUINT64, done = position >= end || atomic_load(&h->leave);
  gboolean over = ended && done && d->asides.length == 0;
  if (over)
    g_queue_pop_head(&h->queue);
  else if (!ended)
    atomic_store(&h->nearly, left < h->settings.queue_bytes / NEARLY);
  pthread_mutex_unlock(&h->mutex);
  if (!over)
    return FALSE;
  free_deferral(d);
  atomic_store(&h->behind_us, 0);
  atomic_fetch_sub(&h->deferred, 1);
  return TRUE;
}

static void do_record(EsHand *h, const Deferral *d, const EsJournalRecord *record) {
  EsAudioSaid said;
  pthread_mutex_lock(&h->mutex);
  EsAudio *audio = g_hash_table_lookup(h->by_number, GUINT_TO_POINTER(record->call));
  pthread_mutex_unlock(&h->mutex);
  if (!audio)
    return;
  if (audio->heard_in != d->number) {
    g_clear_pointer(&audio->heard, es_audio_sources_free);
    audio->heard = es_audio_sources_new();
    audio->heard_in = d->number;
  }
  if (es_audio_record_read(record, audio->heard, &said))
    do_said(h, audio, &said);
}

// A journal that cannot be read is as bad as a file that cannot be written. What it holds is left to the next
// start, which looks for what can be saved.
static void fail_all(EsHand *h, GError *error) {
  GHashTableIter iter;
  gpointer value;
  pthread_mutex_lock(&h->mutex);
  g_hash_table_iter_init(&iter, h->by_number);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    EsAudio *audio = value;
    if (!audio->failed)
      atomic_store(&audio->error, g_error_copy(error));
    audio->failed = TRUE;
  }
  pthread_mutex_unlock(&h->mutex);
  g_error_free(error);
  atomic_store(&h->leave, TRUE);
}

// Reads on. FALSE when there was nothing to read.
static gboolean read_some(EsHand *h, Deferral *d) {
  GError *error = NULL;
  EsJournalRecord record;
  guint n = 0;
  for (; n < AT_ONCE && es_journal_reader_next(d->reader, &record, &error); n++)
    if (es_journal_reader_position(d->reader) <= atomic_load(&d->end))
      do_record(h, d, &record);
  if (error)
    fail_all(h, error);
  return n > 0;
}

static void do_asides(EsHand *h, Deferral *d, guint64 position) {
  Aside *aside;
  gboolean leave = atomic_load(&h->leave);
  while ((aside = take_aside(h, d, position, leave))) {
    if (leave) {
      forget(h, aside->message.audio);
      es_audio_leave(&aside->message);
    } else {
      do_message(h, &aside->message);
    }
    g_free(aside);
  }
}

static gboolean may_read(EsHand *h) {
  return !atomic_load(&h->leave) &&
         (!h->settings.later || atomic_load(&h->calls) == 0 || atomic_load(&h->hurried));
}

static void work_on_deferral(EsHand *h, Deferral *d) {
  gboolean read = may_read(h) && read_some(h, d);
  guint64 position = es_journal_reader_position(d->reader), said = atomic_load(&h->said);
  do_asides(h, d, position);
  atomic_store(&h->heard, position);
  follow_marks(h, d, position);
  guint64 left = said > position ? said - position : 0;
  if (leave_deferral(h, d, position, left))
    return;
  if (read) {
    look(h);
    return;
  }
  if (left && may_read(h))
    es_journal_write_out(h->settings.journal);
  pause_work(h);
}

// ---- the hand: the ring

// Puts a message behind those of its call.
static void gather(EsHand *h, EsMessage *message) {
  EsAudio *audio = message->audio;
  message->next = NULL;
  if (audio->first)
    audio->last->next = message;
  else
    g_ptr_array_add(h->gathered, audio);
  audio->first = audio->first ? audio->first : message;
  audio->last = message;
}

// The call may be gone with its last message.
static void do_gathered(EsHand *h, EsAudio *audio) {
  EsMessage *next = audio->first;
  audio->first = NULL;
  while (next) {
    EsMessage *message = next;
    next = message->next;
    do_message(h, message);
  }
}

// Does what waits in the ring up to the place of a deferral, call by call: among hundreds of calls each one's
// queues, measures and encoder have to be fetched into the processor's caches again, and this way once for
// all that was said of it meanwhile.
static void work_on_ring(EsHand *h, const Deferral *d) {
  EsMessage *message;
  if (!es_audio_ring_has_part(h->ring))
    pause_work(h);
  while (es_audio_ring_held(h->ring) < h->settings.queue_bytes / ES_AUDIO_RING_PARTS &&
         !(d && es_audio_ring_place(h->ring) == d->place) && (message = es_audio_ring_read(h->ring)))
    gather(h, message);
  for (guint i = 0; i < h->gathered->len; i++)
    do_gathered(h, h->gathered->pdata[i]);
  g_ptr_array_set_size(h->gathered, 0);
  es_audio_ring_release(h->ring);
}

static gpointer work(gpointer data) {
  EsHand *h = data;
  if (h->settings.live)
    setpriority(PRIO_PROCESS, (id_t)gettid(), GIVE_WAY);
  h->looked_us = g_get_monotonic_time();
  es_steering_init(&h->steering, h->looked_us);
  while (!es_audio_ring_is_over(h->ring) || atomic_load(&h->deferred)) {
    Deferral *d = first_deferral(h);
    if (d && es_audio_ring_place(h->ring) == d->place)
      work_on_deferral(h, d);
    else
      work_on_ring(h, d);
  }
  return NULL;
}

// ---- a hand

EsHand *es_hand_new(const EsHandSettings *settings) {
  EsHand *h = g_new0(EsHand, 1);
  h->settings = *settings;
  h->least = G_MAXINT;
  h->told_complexity = h->told_least = -1;
  pthread_mutex_init(&h->mutex, NULL);
  g_queue_init(&h->queue);
  h->gathered = g_ptr_array_new();
  h->by_number = g_hash_table_new(NULL, NULL);
  return h;
}

void es_hand_free(EsHand *h) {
  if (h->open)
    end_deferral(h);
  if (h->thread) {
    es_hand_hurry(h);
    es_audio_ring_close(h->ring);
    g_thread_join(h->thread);
    es_audio_ring_free(h->ring);
  }
  g_hash_table_unref(h->by_number);
  g_ptr_array_unref(h->gathered);
  pthread_mutex_destroy(&h->mutex);
  g_free(h);
}

void es_hand_add(EsHand *h, EsAudio *audio) {
  if (!h->thread) {
    h->ring = es_audio_ring_new(h->settings.queue_bytes);
    h->thread = g_thread_new(h->settings.name, work, h);
  }
  atomic_fetch_add(&h->calls, 1);
  if (!audio->call)
    return;
  pthread_mutex_lock(&h->mutex);
  g_hash_table_insert(h->by_number, GUINT_TO_POINTER(audio->number), audio);
  pthread_mutex_unlock(&h->mutex);
}

guint es_hand_calls(const EsHand *h) {
  return atomic_load(&h->calls);
}

static void add_effort(const EsHand *h, EsAudioStats *stats) {
  gint64 complexity = atomic_load(&h->told_complexity), least = atomic_load(&h->told_least);
  stats->load = fmax(stats->load, atomic_load(&h->told_load) / 1000.0);
  if (complexity < 0)
    return;
  gboolean first = stats->complexity == ES_UNKNOWN;
  stats->complexity = first ? complexity : MIN(stats->complexity, complexity);
  stats->least_complexity = first ? least : MIN(stats->least_complexity, least);
  stats->packets += atomic_load(&h->told_packets);
  stats->complexities += atomic_load(&h->told_complexities);
}

void es_hand_add_stats(EsHand *h, EsAudioStats *stats) {
  if (!h->thread)
    return;
  add_effort(h, stats);
  if (atomic_load(&h->deferred) == 0)
    return;
  guint64 said = atomic_load(&h->said), heard = atomic_load(&h->heard);
  gint64 behind_us = atomic_load(&h->behind_us);
  stats->deferred = TRUE;
  stats->deferred_calls += atomic_load(&h->calls);
  stats->backlog_bytes = MAX(stats->backlog_bytes, said > heard ? said - heard : 0);
  if (behind_us)
    stats->behind_us = MAX(stats->behind_us, g_get_monotonic_time() - behind_us);
}
