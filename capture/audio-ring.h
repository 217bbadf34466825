// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue of bytes from one thread to one other, without a lock for each message. Messages lie in one
// piece and are written and read where they lie.
//
// Nobody is woken for a single message: the reader looks every ES_AUDIO_RING_WAIT_MS, and at once when one of
// the ring's parts is full or it was told to hurry. A writer that finds no room waits, unless it has another
// way.
#pragma once

#include <glib.h>

#define ES_AUDIO_RING_WAIT_MS 60
#define ES_AUDIO_RING_PARTS                                                                                  \
  4 // one is worth reading, one is being done, and two are there for what comes meanwhile

typedef struct EsAudioRing EsAudioRing;

// bytes is a power of two.
EsAudioRing *es_audio_ring_new(gsize bytes);
void es_audio_ring_free(EsAudioRing *ring);

// Writer: whether there is room for a message of so many bytes now.
gboolean es_audio_ring_has_room(const EsAudioRing *ring, gsize length);
// Writer: room for a message of so many bytes, at most a quarter of the ring; waits for it. Nothing is
// passed on before es_audio_ring_commit.
gpointer es_audio_ring_reserve(EsAudioRing *ring, gsize length);
void es_audio_ring_commit(EsAudioRing *ring);
void es_audio_ring_hurry(EsAudioRing *ring);
// Writer: the place behind all that was committed.
gsize es_audio_ring_end(const EsAudioRing *ring);
// No more will come.
void es_audio_ring_close(EsAudioRing *ring);

// Reader: the next message, aligned for any type, NULL when there is none.
gpointer es_audio_ring_read(EsAudioRing *ring);
// Those that were read are done with.
void es_audio_ring_release(EsAudioRing *ring);
// Reader: the place behind the message that was read last.
gsize es_audio_ring_place(const EsAudioRing *ring);
// Reader: whether a part is full.
gboolean es_audio_ring_has_part(const EsAudioRing *ring);
// Reader: how many bytes were read and not released.
gsize es_audio_ring_held(const EsAudioRing *ring);
// Reader: closed and empty.
gboolean es_audio_ring_is_over(EsAudioRing *ring);
// Reader: waits as for a message, but only for the time that this takes at most.
void es_audio_ring_wait(EsAudioRing *ring);
// Reader: for how long it has waited in all, and what part of the ring waits to be read, 0 to 1.
gint64 es_audio_ring_waited_us(const EsAudioRing *ring);
double es_audio_ring_fill(EsAudioRing *ring);
