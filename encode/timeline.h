// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The few hundred milliseconds of one leg between what is encoded and what is decoded: samples at the file's
// rate from the frontier on, and which of them hold audio. Positions are sample indices at that rate.
#pragma once

#include <glib.h>

// A frame, the longest payload (240 ms), what a packet may be taken early, and what drift may shift.
#define ES_TIMELINE_MS 400
#define ES_TIMELINE_SPANS 12

typedef struct {
  gint64 start, end;
} EsSpan;

typedef struct {
  int rate_hz;
  gint64 base;                     // index of samples[0]
  gint16 *samples;                 // silence wherever no span is
  int room, held, used;            // held: of room, in memory; used: nothing but silence from there on
  EsSpan spans[ES_TIMELINE_SPANS]; // with audio, by start, apart from one another
  guint n_spans;
} EsTimeline;

void es_timeline_init(EsTimeline *timeline, int rate_hz, gint64 base);
void es_timeline_clear(EsTimeline *timeline);
// Goes on at another rate; what is there is resampled.
void es_timeline_set_rate(EsTimeline *timeline, int rate_hz);

// Writes audio where there is none yet: the first writer wins, sample by sample. What lies outside the room
// is dropped.
void es_timeline_put(EsTimeline *timeline, gint64 position, const gint16 *samples, int n);
// Calls absent for every stretch of [base, base + n) without audio.
void es_timeline_each_absence(const EsTimeline *timeline, int n, void (*absent)(gint64, gint64, gpointer),
                              gpointer user_data);
gboolean es_timeline_has_audio(const EsTimeline *timeline, int n); // any in the first n samples
int es_timeline_count_audio(const EsTimeline *timeline, int n);    // how many of them
void es_timeline_advance(EsTimeline *timeline, int n);
