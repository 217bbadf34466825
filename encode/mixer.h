// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Legs into one frame of the file. Plain value; zero-initialised apart from gain, which starts at 1.
#pragma once

#include <glib.h>

#define ES_MIX_FRAME_MAX 960

typedef struct {
  float gain;
} EsMixer;

// The sum of n legs. A lone speaker is never turned down; where voices add up beyond full scale, the mix is
// turned down as far as needed within one frame and comes back over about half a second.
void es_mixer_sum(EsMixer *mixer, const gint16 *const *legs, guint n, gint16 *out, int samples);
// Two channels interleaved: the first leg left, the second right; further ones join the right.
void es_mixer_split(EsMixer *mixer, const gint16 *const *legs, guint n, gint16 *out, int samples);
