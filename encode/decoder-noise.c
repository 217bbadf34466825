// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Comfort noise: white noise at the level that the sender measured. The spectrum that RFC 3389 can carry
// besides is left out: it is a matter of taste, and the noise is not evidence of anything.
#include "decoder.h"

#include <math.h>

#define LOUDEST_LEVEL 30 // -dBov; a hostile sender could ask for full scale

typedef struct {
  EsNoise noise;
  int frame; // samples of 20 ms
} NoiseDecoder;

// Uniform noise of amplitude a has the root mean square a / sqrt(3).
void es_noise_set_rms(EsNoise *noise, double rms) {
  noise->amplitude = (int)lrint(CLAMP(rms, 0, 32768 * pow(10, -LOUDEST_LEVEL / 20.0)) * 1.7320508);
}

void es_noise_set_level(EsNoise *noise, guint level) {
  es_noise_set_rms(noise, 32768 * pow(10, -(double)(level & 0x7f) / 20));
}

void es_noise_fill(EsNoise *noise, gint16 *samples, int n) {
  guint32 seed = noise->seed ? noise->seed : 1;
  for (int i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u; // Knuth's and Lewis's linear congruence: noise enough to hear
    samples[i] = (gint16)(((gint32)seed >> 16) * noise->amplitude / 32768);
  }
  noise->seed = seed;
}

static gpointer noise_open(const EsCodec *codec, GError **error) {
  NoiseDecoder *decoder = g_new0(NoiseDecoder, 1);
  decoder->frame = codec->rate_hz / 50;
  return decoder;
}

static int noise_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  NoiseDecoder *decoder = data;
  es_noise_set_level(&decoder->noise, payload[0]);
  es_noise_fill(&decoder->noise, samples, decoder->frame);
  return decoder->frame;
}

static void noise_reset(gpointer data) {
}

const EsDecoderClass es_decoder_noise = {
    .open = noise_open, .decode = noise_decode, .reset = noise_reset, .close = g_free};
