// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "clock-map.h"

#include <math.h>
#include <string.h>

#define STRETCH (ES_TICKS_PER_S)
#define TOLERATED (20 * ES_TICKS_PER_MS)
#define FINE 12                             // a quarter of a millisecond: whole samples at every rate
#define ENOUGH_TO_FIT 4                     // stretches before the line through them is trusted
#define NETWORK_STEP (10 * ES_TICKS_PER_MS) // within a stretch no clock gets that far: it is 5000 ppm
#define AGREE                                                                                                \
  (5 * ES_TICKS_PER_MS) // a step that may pass again is not followed before the last stretches confirm it
#define TOO_MUCH (80 * ES_TICKS_PER_MS)
#define PATIENCE (10 * ES_TICKS_PER_S)

gint64 es_clock_map_ticks(const EsClockMap *map, gint64 length) {
  return length * ES_TICKS_PER_S / map->clock_hz;
}

static gint64 transit(const EsClockMap *map, gint64 timestamp, gint64 arrival) {
  return arrival - map->anchor - es_clock_map_ticks(map, timestamp - map->first_timestamp);
}

void es_clock_map_start(EsClockMap *map, int clock_hz, gint64 sequence, gint64 timestamp, gint64 arrival) {
  memset(map, 0, sizeof *map);
  map->clock_hz = clock_hz;
  map->first_sequence = sequence;
  map->first_timestamp = timestamp;
  map->first_arrival = map->anchor = map->stretch_start = arrival;
}

// How far places are from arrivals now, by the least transit of the last stretches.
static gint64 recent_offset(const EsClockMap *map) {
  guint n = MIN(map->n_recent, ES_CLOCK_MAP_RECENT);
  if (n == 0)
    return 0;
  gint64 least = map->recent[0];
  for (guint i = 1; i < n; i++)
    least = MIN(least, map->recent[i]);
  return least - map->shift;
}

static gboolean beyond_tolerance(const EsClockMap *map) {
  return ABS(recent_offset(map)) > TOLERATED;
}

// TRUE if the line's slope is drift and no accident of jitter: beyond three standard errors, more while there
// are few points.
static gboolean is_drift(const EsClockMap *map, double sxx, double sxy) {
  double syy = map->sum_yy - map->sum_y * map->sum_y / map->n;
  double residual = MAX(syy - sxy * sxy / sxx, 0) / (map->n - 2);
  return fabs(sxy / sxx) > (3 + 6 / (map->n - 2)) * sqrt(residual / sxx);
}

// The same by the straight line through all stretches, which jitter hardly moves: once a second a third of it
// in whole steps of FINE, so that a steady drift goes a sample or two at a time and the legs hardly part.
static gint64 fitted_offset(const EsClockMap *map, gint64 arrival) {
  double sxx, sxy;
  if (map->n < ENOUGH_TO_FIT || arrival - map->shifted < ES_TICKS_PER_S)
    return 0;
  es_clock_map_fit(map, &sxx, &sxy);
  if (sxx <= 0 || !is_drift(map, sxx, sxy))
    return 0;
  double distance = (double)(arrival - map->first_arrival) / ES_TICKS_PER_S - map->sum_x / map->n;
  double expected = map->sum_y / map->n + sxy / sxx * distance;
  gint64 offset = (gint64)(expected * ES_TICKS_PER_S) + map->steps - map->shift;
  if (ABS(offset) < FINE || ABS(offset) > TOLERATED || ABS(offset - recent_offset(map)) > AGREE)
    return 0;
  gint64 steps = MAX(ABS(offset) / (3 * FINE), 1);
  return (offset < 0 ? -steps : steps) * FINE;
}

// A jump of the least transit is the network's (another route, another buffer) and no clock's: the line is
// drawn through what is left without it.
static void note_network_step(EsClockMap *map) {
  gint64 before = map->recent[(map->n_recent + ES_CLOCK_MAP_RECENT - 1) % ES_CLOCK_MAP_RECENT];
  if (map->n_recent > 0 && ABS(map->stretch_least - before) > NETWORK_STEP)
    map->steps += map->stretch_least - before;
}

static void end_stretch(EsClockMap *map) {
  note_network_step(map);
  double x = (double)(map->stretch_start - map->first_arrival) / ES_TICKS_PER_S;
  double y = (double)(map->stretch_least - map->steps) / ES_TICKS_PER_S;
  map->recent[map->n_recent++ % ES_CLOCK_MAP_RECENT] = map->stretch_least;
  map->n++;
  map->sum_x += x;
  map->sum_y += y;
  map->sum_xx += x * x;
  map->sum_xy += x * y;
  map->sum_yy += y * y;
  map->stretch_used = FALSE;
}

static void observe_drift(EsClockMap *map, gint64 value, gint64 arrival) {
  if (arrival - map->stretch_start >= STRETCH) {
    if (map->stretch_used)
      end_stretch(map);
    map->stretch_start = arrival;
    if (!beyond_tolerance(map))
      map->offset_since = 0;
    else if (map->offset_since == 0)
      map->offset_since = arrival;
  }
  if (!map->stretch_used || value < map->stretch_least)
    map->stretch_least = value;
  map->stretch_used = TRUE;
}

void es_clock_map_observe(EsClockMap *map, gint64 timestamp, gint64 arrival) {
  gint64 value = transit(map, timestamp, arrival);
  if (map->anchored)
    observe_drift(map, value, arrival);
  else if (value < 0)
    map->anchor += value;
}

void es_clock_map_settle(EsClockMap *map) {
  map->anchored = TRUE;
}

gint64 es_clock_map_place(const EsClockMap *map, gint64 timestamp) {
  return map->anchor + map->shift + es_clock_map_ticks(map, timestamp - map->first_timestamp);
}

gint64 es_clock_map_offset(const EsClockMap *map, gint64 arrival) {
  gint64 offset = recent_offset(map);
  return ABS(offset) > TOLERATED ? offset : fitted_offset(map, arrival);
}

gboolean es_clock_map_must_shift(const EsClockMap *map, gint64 now) {
  return map->offset_since != 0 && now - map->offset_since > PATIENCE && ABS(recent_offset(map)) > TOO_MUCH;
}

void es_clock_map_shift(EsClockMap *map, gint64 ticks, gint64 arrival) {
  map->shift += ticks;
  map->shifted = arrival;
  if (!beyond_tolerance(map))
    map->offset_since = 0;
}

void es_clock_map_fit(const EsClockMap *map, double *sxx, double *sxy) {
  *sxx = *sxy = 0;
  if (map->n < 2)
    return;
  *sxx = map->sum_xx - map->sum_x * map->sum_x / map->n;
  *sxy = map->sum_xy - map->sum_x * map->sum_y / map->n;
}
