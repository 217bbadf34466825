// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From a sender's timestamps to the call's clock. Plain value.
//
// The call's clock counts ticks of 1/48000 s by the capture's clock; every rate and nearly every RTP clock
// divides it. A packet's place is
//   anchor + shift + (timestamp - first) * 48000 / clock,
// where anchor is the least (arrival - timestamp) over the first second, so that a late first packet does not
// move the leg, and shift is drift that has been taken out in silence.
//
// Drift is read from the least transit (arrival - place) in stretches of a second: jitter only ever adds
// to the least. A straight line through all of them is the drift in ppm, and where it stands now is what
// shift should become, in steps of a quarter of a millisecond; where the least of the last ten is
// further off than 20 ms (the network changed, or the line is not known yet), that is believed instead and
// taken out at once.
#pragma once

#include <glib.h>

#define ES_TICKS_PER_S 48000
#define ES_TICKS_PER_MS 48
#define ES_CLOCK_MAP_RECENT 10

typedef struct {
  int clock_hz;
  gint64 first_sequence;  // unwrapped number of the first packet that this map is for
  gint64 first_timestamp; // unwrapped
  gint64 first_arrival;   // ticks, as all below
  gboolean anchored;
  gint64 anchor, shift;

  gint64 stretch_start, stretch_least;
  gboolean stretch_used;
  gint64 recent[ES_CLOCK_MAP_RECENT];
  guint n_recent;      // stretches in all; the ring holds the last ones
  gint64 steps;        // by which the network's delay has jumped: no drift
  gint64 shifted;      // arrival at which shift last changed
  gint64 offset_since; // arrival since which offset is beyond what is tolerated; 0: it is not
  double n, sum_x, sum_y, sum_xx, sum_xy,
      sum_yy; // x: seconds since first_arrival, y: least transit in seconds
} EsClockMap;

void es_clock_map_start(EsClockMap *map, int clock_hz, gint64 sequence, gint64 timestamp, gint64 arrival);
// A packet came; before the map is anchored this finds the anchor, after it the drift.
void es_clock_map_observe(EsClockMap *map, gint64 timestamp, gint64 arrival);
void es_clock_map_settle(EsClockMap *map); // anchor with what has come
gint64 es_clock_map_place(const EsClockMap *map, gint64 timestamp);
// A length in the map's clock as ticks.
gint64 es_clock_map_ticks(const EsClockMap *map, gint64 length);

// The ticks to add to shift where nobody hears it; 0 when places fit arrivals.
gint64 es_clock_map_offset(const EsClockMap *map, gint64 arrival);
// TRUE if that has waited for silence too long and grown too large.
gboolean es_clock_map_must_shift(const EsClockMap *map, gint64 now);
void es_clock_map_shift(EsClockMap *map, gint64 ticks, gint64 arrival);

// The straight line's spread and slope: ppm = -1e6 * sxy / sxx; *sxx 0 when there is nothing to fit.
void es_clock_map_fit(const EsClockMap *map, double *sxx, double *sxy);
