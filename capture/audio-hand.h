// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One thread that decodes and encodes, and the two ways to it: a ring in memory, and the journal. What is
// said of a call that the journal knows stands there in any case. When the ring is full nobody waits: from
// then on nothing goes into the ring, and the thread reads the rest out of the journal, in the order in which
// it was said, until it has caught up. Its calls are then said to be deferred. A call that the journal does
// not know makes its teller wait.
//
// Threads: one teller; everything else is said to be the hand's own.
#pragma once

#include "audio-private.h"

typedef struct {
  EsJournal *journal; // NULL: there is no other way
  const char *name;   // of the thread
  gsize queue_bytes;  // of the ring, a power of two
  gboolean live;      // gives way to those that capture
  gboolean later;     // encodes only while no call of its is open, or in a hurry
} EsHandSettings;

EsHand *es_hand_new(const EsHandSettings *settings);
// Ends the thread once all that was told is done.
void es_hand_free(EsHand *hand);

// A call more, before anything is said of it; and fewer, from es_hand_tell of END or FREE on.
void es_hand_add(EsHand *hand, EsAudio *audio);
guint es_hand_calls(const EsHand *hand);
// Passes on what is said; SAID is written to the journal as well.
void es_hand_tell(EsHand *hand, const EsMessage *message);
// What is deferred is done now, even where it should be done later.
void es_hand_hurry(EsHand *hand);
// What is deferred is left to the journal: ends that wait come back without a recording.
void es_hand_leave(EsHand *hand);

// The teller's: adds to stats.
void es_hand_add_stats(EsHand *hand, EsAudioStats *stats);
