// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One mono stream from one rate to another through libswresample. Output sample k always stands for the
// moment k / rate_out after the first input sample: the filter's delay only holds samples back, it does not
// move them.
#pragma once

#include <glib.h>

typedef struct EsResampler EsResampler;

EsResampler *es_resampler_new(int rate_in_hz, int rate_out_hz, GError **error);
void es_resampler_free(EsResampler *resampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsResampler, es_resampler_free)
gboolean es_resampler_fits(const EsResampler *resampler, int rate_in_hz, int rate_out_hz);

// Returns how many samples came out, at most room.
int es_resampler_push(EsResampler *resampler, const gint16 *in, int n, gint16 *out, int room);
// Gives what is held back and begins anew: the next sample pushed is a first one.
int es_resampler_flush(EsResampler *resampler, gint16 *out, int room);
