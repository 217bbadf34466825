// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who speaks when: an energy detector with an adaptive floor and hangover, in frames of 20 ms, and what
// follows from two legs' masks.
#pragma once

#include "earshot/common/ledger.h"
#include "raised.h"

#define ES_ACTIVITY_LEARN 100 // frames

typedef struct {
  guint32 start, end; // frames of 20 ms from the first one pushed, half-open
} EsTalk;

typedef struct {
  GArray *talks;     // of EsTalk
  guint32 frame;     // how many were pushed
  float floor_db;    // level of the background, dBFS
  float smooth_db;   // level of the last frames together, dBFS
  float minimum_db;  // least level of the stretch that is running
  guint stretch;     // frames of it
  guint onset, hang; // frames above the threshold in a row; frames that speech goes on without any
  gboolean speaking;
  float learnt_db[ES_ACTIVITY_LEARN]; // the first frames, from the first usable one on
  guint n_learnt;
  EsRaised raised;
} EsActivity;

void es_activity_init(EsActivity *activity);
void es_activity_clear(EsActivity *activity);

// One frame: its mean square in sample units. usable FALSE: nothing was heard (no audio, party on hold).
void es_activity_push(EsActivity *activity, float mean_square, gboolean usable);
// TRUE if a passage of this mean square is no louder than the background, be it between two words.
gboolean es_activity_is_low(const EsActivity *activity, float mean_square);
// TRUE if a passage of this mean square may be shortened or stretched without harm to speech.
gboolean es_activity_is_quiet(const EsActivity *activity, float mean_square);
// From the next frame on another voice or another codec is heard.
void es_activity_part(EsActivity *activity);
float es_mean_square(const gint16 *samples, int n);

// The masks as intervals in ms, cut at length_ms. Arrays of EsInterval, owned by the caller.
GArray *es_activity_intervals(const EsActivity *activity, gint64 length_ms);
// Speech that was raised, as raised.c tells it; ES_UNKNOWN when nothing was heard at all.
gint64 es_activity_raised_ms(const EsActivity *activity);
// Where at least two of the n arrays overlap for least_ms or longer.
GArray *es_intervals_overlaps(GArray *const *speech, guint n, gint64 least_ms);
// What [0, length_ms) has left outside all n arrays, in pieces of least_ms or longer.
GArray *es_intervals_rest(GArray *const *taken, guint n, gint64 length_ms, gint64 least_ms);
gint64 es_intervals_sum_ms(const GArray *intervals);
