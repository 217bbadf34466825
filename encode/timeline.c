// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "timeline.h"

#include <string.h>

#include "resampler.h"

#define HELD_MS 60 // what packets of 20 ms need

static void set_room(EsTimeline *t, int rate_hz, gint64 base) {
  t->rate_hz = rate_hz;
  t->base = base;
  t->room = rate_hz * ES_TIMELINE_MS / 1000;
  t->held = rate_hz * HELD_MS / 1000;
  t->samples = g_new0(gint16, (gsize)t->held);
}

static void hold(EsTimeline *t, int count) {
  if (count <= t->held)
    return;
  t->samples = g_renew(gint16, t->samples, (gsize)t->room);
  memset(t->samples + t->held, 0, (gsize)(t->room - t->held) * sizeof *t->samples);
  t->held = t->room;
}

void es_timeline_init(EsTimeline *t, int rate_hz, gint64 base) {
  memset(t, 0, sizeof *t);
  set_room(t, rate_hz, base);
}

void es_timeline_clear(EsTimeline *t) {
  g_clear_pointer(&t->samples, g_free);
}

static gint64 scale(gint64 index, int from_hz, int to_hz) {
  return index * to_hz / from_hz;
}

void es_timeline_set_rate(EsTimeline *t, int rate_hz) {
  if (rate_hz == t->rate_hz)
    return;
  EsTimeline old = *t;
  g_autoptr(EsResampler) resampler = es_resampler_new(old.rate_hz, rate_hz, NULL);
  set_room(t, rate_hz, scale(old.base, old.rate_hz, rate_hz));
  t->used = 0;
  if (resampler) {
    hold(t, t->room);
    int n = es_resampler_push(resampler, old.samples, old.used, t->samples, t->room);
    t->used = n + es_resampler_flush(resampler, t->samples + n, t->room - n);
  }
  for (guint i = 0; i < t->n_spans; i++) {
    t->spans[i].start = scale(old.spans[i].start, old.rate_hz, rate_hz);
    t->spans[i].end = scale(old.spans[i].end, old.rate_hz, rate_hz);
  }
  g_free(old.samples);
}

static void insert_span(EsTimeline *t, guint at, gint64 start, gint64 end) {
  memmove(&t->spans[at + 1], &t->spans[at], (t->n_spans - at) * sizeof t->spans[0]);
  t->spans[at] = (EsSpan){start, end};
  t->n_spans++;
}

// Adds [start, end), which overlaps no span, and joins it with those it touches.
static void add_span(EsTimeline *t, guint at, gint64 start, gint64 end) {
  if (at > 0 && t->spans[at - 1].end == start) {
    t->spans[at - 1].end = end;
    at--;
  } else {
    insert_span(t, at, start, end);
  }
  if (at + 1 < t->n_spans && t->spans[at].end == t->spans[at + 1].start) {
    t->spans[at].end = t->spans[at + 1].end;
    t->n_spans--;
    memmove(&t->spans[at + 1], &t->spans[at + 2], (t->n_spans - at - 1) * sizeof t->spans[0]);
  }
}

// The first span that ends after position.
static guint span_after(const EsTimeline *t, gint64 position) {
  guint i = t->n_spans;
  while (i > 0 && t->spans[i - 1].end > position)
    i--;
  return i;
}

void es_timeline_put(EsTimeline *t, gint64 position, const gint16 *samples, int n) {
  gint64 at = MAX(position, t->base), end = MIN(position + n, t->base + t->room);
  while (at < end) {
    guint i = span_after(t, at);
    if (i < t->n_spans && t->spans[i].start <= at) {
      at = t->spans[i].end;
      continue;
    }
    gint64 until = i < t->n_spans ? MIN(end, t->spans[i].start) : end;
    if (t->n_spans == ES_TIMELINE_SPANS)
      return;
    hold(t, (int)(until - t->base));
    memcpy(t->samples + (at - t->base), samples + (at - position), (gsize)(until - at) * sizeof *samples);
    t->used = MAX(t->used, (int)(until - t->base));
    add_span(t, i, at, until);
    at = until;
  }
}

void es_timeline_each_absence(const EsTimeline *t, int n, void (*absent)(gint64, gint64, gpointer),
                              gpointer user_data) {
  gint64 at = t->base, end = t->base + n;
  for (guint i = 0; i < t->n_spans && at < end; i++) {
    if (t->spans[i].start > at)
      absent(at, MIN(t->spans[i].start, end), user_data);
    at = MAX(at, t->spans[i].end);
  }
  if (at < end)
    absent(at, end, user_data);
}

gboolean es_timeline_has_audio(const EsTimeline *t, int n) {
  return t->n_spans > 0 && t->spans[0].start < t->base + n;
}

int es_timeline_count_audio(const EsTimeline *t, int n) {
  gint64 end = t->base + n, count = 0;
  for (guint i = 0; i < t->n_spans && t->spans[i].start < end; i++)
    count += MIN(t->spans[i].end, end) - MAX(t->spans[i].start, t->base);
  return (int)count;
}

void es_timeline_advance(EsTimeline *t, int n) {
  int rest = MAX(t->used - n, 0);
  memmove(t->samples, t->samples + n, (gsize)rest * sizeof *t->samples);
  memset(t->samples + rest, 0, (gsize)(t->used - rest) * sizeof *t->samples);
  t->used = rest;
  t->base += n;
  guint kept = 0;
  for (guint i = 0; i < t->n_spans; i++)
    if (t->spans[i].end > t->base)
      t->spans[kept++] = t->spans[i];
  t->n_spans = kept;
}
