// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "mixer.h"

#include <string.h>

#define FULL_SCALE 32767
#define RECOVERY 1.04f // a frame

static void add(const gint16 *const *legs, guint n, gint32 *sum, int samples) {
  const gint16 *a = legs[0], *b = n > 1 ? legs[1] : NULL;
  for (int i = 0; i < samples; i++)
    sum[i] = b ? a[i] + b[i] : a[i];
  for (guint leg = 2; leg < n; leg++)
    for (int i = 0; i < samples; i++)
      sum[i] += legs[leg][i];
}

static gint32 peak_of(const gint32 *sum, int samples) {
  gint32 peak = 0;
  for (int i = 0; i < samples; i++)
    peak = MAX(peak, ABS(sum[i]));
  return peak;
}

// The gain moves in a straight line over the frame. Going down it gets there in the first millisecond or two;
// what still sticks out until then is clipped.
static void apply_gain(float from, float to, const gint32 *sum, gint16 *out, int samples) {
  int ramp = to < from ? samples / 10 : samples;
  for (int i = 0; i < samples; i++) {
    float gain = i < ramp ? from + (to - from) * (float)i / (float)ramp : to;
    out[i] = (gint16)CLAMP((float)sum[i] * gain, -FULL_SCALE, FULL_SCALE);
  }
}

void es_mixer_sum(EsMixer *mixer, const gint16 *const *legs, guint n, gint16 *out, int samples) {
  gint32 sum[ES_MIX_FRAME_MAX];
  if (n == 1) {
    memcpy(out, legs[0], (gsize)samples * sizeof *out);
    return;
  }
  add(legs, n, sum, samples);
  gint32 peak = peak_of(sum, samples);
  float from = mixer->gain, to = MIN(1, from * RECOVERY);
  if ((float)peak * to > FULL_SCALE)
    to = FULL_SCALE / (float)peak;
  mixer->gain = to;
  if (from == 1 && to == 1)
    for (int i = 0; i < samples; i++)
      out[i] = (gint16)sum[i];
  else
    apply_gain(from, to, sum, out, samples);
}

void es_mixer_split(EsMixer *mixer, const gint16 *const *legs, guint n, gint16 *out, int samples) {
  gint16 right[ES_MIX_FRAME_MAX];
  es_mixer_sum(mixer, legs + 1, n - 1, right, samples);
  for (int i = 0; i < samples; i++) {
    out[2 * i] = legs[0][i];
    out[2 * i + 1] = right[i];
  }
}
