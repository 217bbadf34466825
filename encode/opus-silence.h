// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is silence, and the packets that say so without an encoder.
#pragma once

#include <glib.h>

// The packet of 20 ms of silence in the mode and bandwidth of a packet that begins with toc; it may follow
// any such packet and itself, and every decoder makes silence of it. NULL when there is none.
const guint8 *es_opus_silence(guint8 toc, int *length);

typedef struct {
  float mean_square, peak; // in sample units; a frame above either is no silence
} EsSilenceLevel;

// level_db: root mean square of the loudest silence, dBFS; 0 for none, then nothing is.
EsSilenceLevel es_silence_level(double level_db);
// Looks at every stride-th of n frames' samples.
gboolean es_is_silent(const EsSilenceLevel *level, const gint16 *samples, int n, int stride);
