// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Sequence numbers of one RTP stream: unwrapped, counted, held against each other (in the spirit of RFC 3550
// appendix A.1). Plain value; zero-initialised is empty.
//
// A run is a stretch of consecutive numbers from one start of the sender. For each run exactly
//   lost = highest - lowest + 1 - unique,
// whatever order its packets come in. A sender that starts again begins another run; a number out of place
// counts as a run of its own until the next one shows that the sender did start again there.
#pragma once

#include <glib.h>

#define ES_SEQUENCE_WINDOW 4096 // how far back a duplicate is told from a late packet
#define ES_SEQUENCE_MAX_DROPOUT 3000
#define ES_SEQUENCE_MAX_MISORDER 100

typedef struct {
  gboolean started;
  gint64 lowest, highest; // unwrapped, of the current run
  guint64 unique;         // of the current run
  guint64 past_expected, past_received;
  guint64 duplicate, reordered;
  gboolean stray;      // the packet before was out of place
  gboolean stray_seen; // it looked like a duplicate and is counted as one
  guint16 stray_number;
  guint64 seen[ES_SEQUENCE_WINDOW / 64];
} EsSequence;

// What the packet's timestamp says about its place.
typedef enum {
  ES_SEQUENCE_TIME_OLDER,   // not after the highest packet's, and not by more than a minute before it
  ES_SEQUENCE_TIME_IN_STEP, // after it by about as much as the distance of the numbers and the clock say
  ES_SEQUENCE_TIME_OTHER,
} EsSequenceTime;

typedef enum {
  ES_SEQUENCE_AHEAD,     // higher than all before
  ES_SEQUENCE_BEHIND,    // not seen yet, lower than the highest
  ES_SEQUENCE_DUPLICATE, // seen before
  ES_SEQUENCE_STRAY,     // out of place; the next one will tell
  ES_SEQUENCE_RESTART,   // confirms the stray before it: a new run began with that one
} EsSequencePlace;

// Counts one packet. *unwrapped: its number, ever growing over runs; after ES_SEQUENCE_RESTART the stray's is
// one less. Not set for strays.
EsSequencePlace es_sequence_push(EsSequence *sequence, guint16 number, EsSequenceTime time,
                                 gint64 *unwrapped);

// How many numbers strictly between two unwrapped ones of the current run have not come (yet).
guint es_sequence_missing(const EsSequence *sequence, gint64 after, gint64 before);

guint64 es_sequence_expected(const EsSequence *sequence);
guint64 es_sequence_received(const EsSequence *sequence);
