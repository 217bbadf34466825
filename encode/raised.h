// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// How much of a leg's speech was raised above its own usual level.
#pragma once

#include <glib.h>

#define ES_RAISED_BINS 160 // of half a dB, from -80 dBFS

typedef struct {
  guint32 bins[ES_RAISED_BINS]; // frames of speech by the level of their block
  float power;                  // of the loud frames of the block that is running
  guint8 loud, frames;          // how many of them; of all its frames
  guint32 raised;               // frames of the stretches before this one
} EsRaised;

// One frame of speech; loud: it stands above the background, so that its level is the voice's.
void es_raised_push(EsRaised *raised, float frame_db, gboolean loud);
// From here on another voice or another codec: its usual level is its own.
void es_raised_part(EsRaised *raised);
// Frames raised in all, 0 while no stretch was long enough to have a usual level.
guint32 es_raised_frames(const EsRaised *raised);
