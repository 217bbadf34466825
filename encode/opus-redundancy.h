// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What an Opus packet repeats of the frame before it: low bit rate redundancy (LBRR), "in-band FEC".
#pragma once

#include <glib.h>

typedef struct {
  int frame_ms; // of the packet's frames: how much libopus gives when asked for the redundancy
  int tail_ms;  // how much at the end of that is redundancy; libopus makes up the rest
} EsOpusRedundancy;

// FALSE when the packet is damaged or repeats nothing.
gboolean es_opus_redundancy(const guint8 *packet, gsize length, EsOpusRedundancy *redundancy);
