// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Speech is taken in blocks of 400 ms (pauses between talk left out). A block's level is the mean power of
// its loud frames; its frames are counted in a histogram of levels, so memory does not grow with the call.
// The usual level is the median of the histogram; raised is what stands MARGIN_DB or more above it. A stretch
// of less than ENOUGH speech has no usual level, and nothing in it is raised.
//
// The median because the mean follows the shouting that it is to be compared with: 9 dB more in a third of
// the speech lifts the mean power by 5 dB, the median by 1 to 2.
// Of ordinary speech (announcements, conversations, readings) 0 to 3 % stands 6 dB above its median.
#include "raised.h"

#include <math.h>
#include <string.h>

#define BLOCK 20 // frames of 20 ms
#define LEAST_DB (-80.0f)
#define STEP_DB 0.5f
#define MARGIN_DB 6
#define ENOUGH 400 // frames: 8 s of speech

static guint bin_of(float db) {
  float bin = (db - LEAST_DB) / STEP_DB;
  return (guint)CLAMP(bin, 0.0f, (float)(ES_RAISED_BINS - 1));
}

void es_raised_push(EsRaised *r, float frame_db, gboolean loud) {
  r->frames++;
  if (loud) {
    r->power += powf(10, frame_db / 10);
    r->loud++;
  }
  if (r->frames < BLOCK)
    return;
  if (r->loud > 0)
    r->bins[bin_of(10 * log10f(r->power / r->loud))] += BLOCK;
  r->frames = r->loud = 0;
  r->power = 0;
}

static guint32 count(const EsRaised *r, guint from) {
  guint32 frames = 0;
  for (guint i = from; i < ES_RAISED_BINS; i++)
    frames += r->bins[i];
  return frames;
}

static guint32 raised_of_stretch(const EsRaised *r) {
  guint32 all = count(r, 0), below = 0;
  if (all < ENOUGH)
    return 0;
  for (guint i = 0; i < ES_RAISED_BINS; i++) {
    below += r->bins[i];
    if (2 * below >= all)
      return count(r, i + (guint)(MARGIN_DB / STEP_DB));
  }
  return 0;
}

void es_raised_part(EsRaised *r) {
  r->raised += raised_of_stretch(r);
  memset(r->bins, 0, sizeof r->bins);
  r->frames = r->loud = 0;
  r->power = 0;
}

guint32 es_raised_frames(const EsRaised *r) {
  return r->raised + raised_of_stretch(r);
}
