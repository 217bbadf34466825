// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Positions only grow; their low bits are places. A message that does not fit before the end of the memory
// begins again at its start, and a header of length 0 says so. POSIX locks and C11 atomics, which
// ThreadSanitizer understands. Whoever is missed by a signal looks again when the time of its wait is over.
//
// A writer that waits is woken when half of the ring is free, which is room for any message wherever it comes
// to lie; woken for each message that was read, the two threads would take turns message by message.
#include "audio-ring.h"

#include <pthread.h>
#include <stdatomic.h>

#include "earshot/common/timed-wait.h"

#define UNIT 16 // alignment, and the size of a header

struct EsAudioRing {
  guint8 *memory;
  gsize size;
  atomic_size_t written, read; // positions
  gsize reserved;              // writer's own: where the message in the making ends
  gsize reading;               // reader's own: where the message read last ends
  gint64 waited_us;            // reader's own
  atomic_bool closed, hurry;
  atomic_bool reader_waits, writer_waits;
  pthread_mutex_t mutex; // of the waiting alone
  pthread_cond_t more, room;
};

EsAudioRing *es_audio_ring_new(gsize bytes) {
  EsAudioRing *ring = g_new0(EsAudioRing, 1);
  ring->memory = g_malloc(bytes);
  ring->size = bytes;
  pthread_mutex_init(&ring->mutex, NULL);
  es_timed_wait_init(&ring->more);
  es_timed_wait_init(&ring->room);
  return ring;
}

void es_audio_ring_free(EsAudioRing *ring) {
  pthread_mutex_destroy(&ring->mutex);
  pthread_cond_destroy(&ring->more);
  pthread_cond_destroy(&ring->room);
  g_free(ring->memory);
  g_free(ring);
}

static void wake(EsAudioRing *ring, pthread_cond_t *cond) {
  pthread_mutex_lock(&ring->mutex);
  pthread_cond_signal(cond);
  pthread_mutex_unlock(&ring->mutex);
}

static guint64 *header_at(const EsAudioRing *ring, gsize position) {
  return (guint64 *)(gpointer)(ring->memory + (position & (ring->size - 1)));
}

static void wait_for_room(EsAudioRing *ring, gsize until) {
  while (until - atomic_load(&ring->read) > ring->size) {
    pthread_mutex_lock(&ring->mutex);
    atomic_store(&ring->writer_waits, TRUE);
    pthread_cond_signal(&ring->more);
    if (until - atomic_load(&ring->read) > ring->size)
      es_timed_wait(&ring->room, &ring->mutex, ES_AUDIO_RING_WAIT_MS);
    atomic_store(&ring->writer_waits, FALSE);
    pthread_mutex_unlock(&ring->mutex);
  }
}

static gsize whole_of(gsize length) {
  return (UNIT + length + UNIT - 1) / UNIT * UNIT;
}

gboolean es_audio_ring_has_room(const EsAudioRing *ring, gsize length) {
  gsize whole = whole_of(length), at = atomic_load_explicit(&ring->written, memory_order_relaxed);
  gsize to_end = ring->size - (at & (ring->size - 1));
  gsize until = at + whole + (to_end < whole ? to_end : 0);
  return until - atomic_load(&ring->read) <= ring->size;
}

gsize es_audio_ring_end(const EsAudioRing *ring) {
  return atomic_load_explicit(&ring->written, memory_order_relaxed);
}

gpointer es_audio_ring_reserve(EsAudioRing *ring, gsize length) {
  gsize whole = whole_of(length);
  gsize at = atomic_load_explicit(&ring->written, memory_order_relaxed);
  gsize to_end = ring->size - (at & (ring->size - 1));
  g_assert(whole <= ring->size / 4);
  if (to_end < whole) {
    wait_for_room(ring, at + to_end + whole);
    *header_at(ring, at) = 0;
    at += to_end;
  } else {
    wait_for_room(ring, at + whole);
  }
  *header_at(ring, at) = whole;
  ring->reserved = at + whole;
  return (guint8 *)header_at(ring, at) + UNIT;
}

void es_audio_ring_commit(EsAudioRing *ring) {
  atomic_store(&ring->written, ring->reserved);
  gsize waiting = ring->reserved - atomic_load_explicit(&ring->read, memory_order_relaxed);
  if (waiting > ring->size / ES_AUDIO_RING_PARTS && atomic_load(&ring->reader_waits))
    wake(ring, &ring->more);
}

void es_audio_ring_hurry(EsAudioRing *ring) {
  atomic_store(&ring->hurry, TRUE);
  if (atomic_load(&ring->reader_waits))
    wake(ring, &ring->more);
}

void es_audio_ring_close(EsAudioRing *ring) {
  atomic_store(&ring->closed, TRUE);
  wake(ring, &ring->more);
}

// What it waits longer than it wished to is for the processor, not for messages.
void es_audio_ring_wait(EsAudioRing *ring) {
  gint64 began_us = g_get_monotonic_time();
  pthread_mutex_lock(&ring->mutex);
  atomic_store(&ring->reader_waits, TRUE);
  if (!atomic_load(&ring->closed) && !atomic_exchange(&ring->hurry, FALSE))
    es_timed_wait(&ring->more, &ring->mutex, ES_AUDIO_RING_WAIT_MS);
  atomic_store(&ring->reader_waits, FALSE);
  pthread_mutex_unlock(&ring->mutex);
  ring->waited_us += MIN(g_get_monotonic_time() - began_us, ES_AUDIO_RING_WAIT_MS * 1000);
}

gint64 es_audio_ring_waited_us(const EsAudioRing *ring) {
  return ring->waited_us;
}

double es_audio_ring_fill(EsAudioRing *ring) {
  return (double)(atomic_load(&ring->written) - ring->reading) / (double)ring->size;
}

gboolean es_audio_ring_is_over(EsAudioRing *ring) {
  gboolean closed = atomic_load(&ring->closed);
  return closed && atomic_load(&ring->read) == atomic_load(&ring->written);
}

gsize es_audio_ring_place(const EsAudioRing *ring) {
  return ring->reading;
}

gboolean es_audio_ring_has_part(const EsAudioRing *ring) {
  return atomic_load(&ring->written) - ring->reading > ring->size / ES_AUDIO_RING_PARTS;
}

gsize es_audio_ring_held(const EsAudioRing *ring) {
  return ring->reading - atomic_load_explicit(&ring->read, memory_order_relaxed);
}

gpointer es_audio_ring_read(EsAudioRing *ring) {
  gsize at = ring->reading;
  if (at == atomic_load(&ring->written))
    return NULL;
  if (*header_at(ring, at) == 0)
    at += ring->size - (at & (ring->size - 1));
  ring->reading = at + *header_at(ring, at);
  return (guint8 *)header_at(ring, at) + UNIT;
}

void es_audio_ring_release(EsAudioRing *ring) {
  atomic_store(&ring->read, ring->reading);
  gsize waiting = atomic_load_explicit(&ring->written, memory_order_relaxed) - ring->reading;
  if (waiting <= ring->size / 2 && atomic_load(&ring->writer_waits))
    wake(ring, &ring->room);
}
