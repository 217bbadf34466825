// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Integrated loudness (ITU-R BS.1770-4) of several mono lanes that run side by side: the legs and their mix.
// Memory is bounded whatever the length: gated blocks fall into a histogram of tenths of a dB.
#pragma once

#include <glib.h>

typedef struct EsLoudness EsLoudness;

EsLoudness *es_loudness_new(guint n_lanes, int rate_hz);
void es_loudness_free(EsLoudness *loudness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsLoudness, es_loudness_free)

// The next frames come at another rate.
void es_loudness_set_rate(EsLoudness *loudness, int rate_hz);
// One lane more at this place, silent so far; those from there on move up.
void es_loudness_insert(EsLoudness *loudness, guint lane);
// 20 ms (rate / 50 samples) of every lane.
void es_loudness_push(EsLoudness *loudness, const gint16 *const *lanes);
// 20 ms in which every lane is silent: the same as pushing zeros, and nothing to do once the last sound has
// faded.
void es_loudness_rest(EsLoudness *loudness);
// LUFS; NAN when no block passed the gate.
double es_loudness_integrated(const EsLoudness *loudness, guint lane);
// "R128_TRACK_GAIN=…" (RFC 7845 section 5.2.1) for a file this loud; NULL for NAN. Caller frees.
char *es_loudness_gain_tag(double lufs);
