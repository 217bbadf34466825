// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Speech of each leg becomes a row of frames of 100 ms; two legs are alike when what they share is three
// quarters of what either has, at the best shift within half a second (a telephone system's buffers lie
// between them). The legs of the two calls may stand in either order, but in one and the same.
#include "voices.h"
#include <string.h>

#define FRAME_MS 100
#define MAX_SHIFT 5 // frames
#define SLACK_US (ES_US_PER_S)
#define SLACK_MISSING_MS 500
#define LEAST_SPEECH 20 // frames of speech in one of the two, or the leg says nothing
#define LEAST_PARTS 3   // stretches of speech
#define LEAST_ALIKE 0.75
#define MAX_FRAMES (24 * 60 * 60 * 10)

EsVoices *es_voices_new(const EsCall *call) {
  if (!call->file || call->audio_ms <= 0 || call->audio_offset_ms == ES_UNKNOWN || call->legs->len != 2)
    return NULL;
  EsVoices *v = g_new0(EsVoices, 1);
  v->whole = g_strcmp0(call->outcome, "recorded") == 0;
  v->from_us = call->started_us + call->audio_offset_ms * ES_US_PER_MS;
  v->until_us = v->from_us + call->audio_ms * ES_US_PER_MS;
  v->answered_us = call->answered_us;
  v->missing_ms = MAX(call->missing_ms, 0);
  for (guint i = 0; i < 2; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    v->speech[i] = g_array_ref(leg->speech);
  }
  return v;
}

void es_voices_free(EsVoices *v) {
  g_array_unref(v->speech[0]);
  g_array_unref(v->speech[1]);
  g_free(v);
}

// Marks the frames in which a leg speaks, in a window that begins at from_us. Returns the stretches of speech
// in it.
static guint mark(const EsVoices *v, guint leg, gint64 from_us, guint8 *frames, gint64 n) {
  gint64 lead_ms = (v->from_us - from_us) / ES_US_PER_MS;
  guint parts = 0;
  memset(frames, 0, (gsize)n);
  for (guint i = 0; i < v->speech[leg]->len; i++) {
    const EsInterval *s = &g_array_index(v->speech[leg], EsInterval, i);
    gint64 first = MAX((s->start_ms + lead_ms) / FRAME_MS, 0), end = (s->end_ms + lead_ms) / FRAME_MS;
    end = MIN(end, n);
    if (end <= first)
      continue;
    memset(frames + first, 1, (gsize)(end - first));
    parts++;
  }
  return parts;
}

typedef enum { SILENT, ALIKE, DIFFERENT } Likeness;

static Likeness compare_shifted(const guint8 *a, const guint8 *b, gint64 n, int shift) {
  gint64 shared = 0, either = 0;
  for (gint64 i = MAX_SHIFT; i < n - MAX_SHIFT; i++) {
    guint8 x = a[i], y = b[i + shift];
    shared += x & y;
    either += x | y;
  }
  if (either < LEAST_SPEECH)
    return SILENT;
  return (double)shared >= LEAST_ALIKE * (double)either ? ALIKE : DIFFERENT;
}

static Likeness compare(const guint8 *a, const guint8 *b, gint64 n) {
  Likeness best = DIFFERENT;
  for (int shift = -MAX_SHIFT; shift <= MAX_SHIFT && best == DIFFERENT; shift++)
    best = compare_shifted(a, b, n, shift);
  return best;
}

// turned: the caller of one is the callee of the other.
static gboolean sounds_alike(const EsVoices *kept, const EsVoices *other, gint64 from_us, gboolean sure,
                             guint turned) {
  gint64 n = (other->until_us - from_us) / ES_US_PER_MS / FRAME_MS;
  if (n <= 2 * MAX_SHIFT || n > MAX_FRAMES)
    return FALSE;
  g_autofree guint8 *a = g_malloc((gsize)n), *b = g_malloc((gsize)n);
  guint parts = 0, alike = 0;
  for (guint leg = 0; leg < 2; leg++) {
    parts += mark(other, leg, from_us, a, n);
    mark(kept, leg ^ turned, from_us, b, n);
    Likeness found = compare(a, b, n);
    if (found == DIFFERENT)
      return FALSE;
    alike += found == ALIKE;
  }
  return sure ? alike > 0 : alike == 2 && parts >= LEAST_PARTS;
}

gboolean es_voices_hold(const EsVoices *kept, const EsVoices *other, gboolean sure) {
  gint64 from_us = MAX(other->from_us, other->answered_us);
  if (!kept->whole || kept->from_us > from_us + SLACK_US || kept->until_us < other->until_us - SLACK_US ||
      kept->missing_ms > other->missing_ms + SLACK_MISSING_MS)
    return FALSE;
  return sounds_alike(kept, other, from_us, sure, 0) || sounds_alike(kept, other, from_us, sure, 1);
}
