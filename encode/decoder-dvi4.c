// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// DVI4, the IMA's ADPCM as RTP carries it (RFC 3551 section 4.5.1): each payload begins with the state that
// it follows from, so a lost one costs the others nothing; the first sample is in the upper half of a byte.
// libavcodec has IMA ADPCM in two dozen kinds of blocks, but not in this one.
#include "decoder.h"

#define HEADER 4

// The IMA's recommended practice (1992): each step eleven tenths of the one before.
static const gint16 steps[] = {
    7,    8,     9,     10,    11,    12,    13,    14,    16,    17,    19,    21,    23,    25,    28,
    31,   34,    37,    41,    45,    50,    55,    60,    66,    73,    80,    88,    97,    107,   118,
    130,  143,   157,   173,   190,   209,   230,   253,   279,   307,   337,   371,   408,   449,   494,
    544,  598,   658,   724,   796,   876,   963,   1060,  1166,  1282,  1411,  1552,  1707,  1878,  2066,
    2272, 2499,  2749,  3024,  3327,  3660,  4026,  4428,  4871,  5358,  5894,  6484,  7132,  7845,  8630,
    9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
};
static const gint8 moves[] = {-1, -1, -1, -1, 2, 4, 6, 8};

typedef struct {
  int value, index;
} State;

static gint16 next_sample(State *state, guint code) {
  int step = steps[state->index], difference = step >> 3;
  if (code & 4)
    difference += step;
  if (code & 2)
    difference += step >> 1;
  if (code & 1)
    difference += step >> 2;
  state->value = CLAMP(state->value + (code & 8 ? -difference : difference), G_MININT16, G_MAXINT16);
  state->index = CLAMP(state->index + moves[code & 7], 0, (int)G_N_ELEMENTS(steps) - 1);
  return (gint16)state->value;
}

static gpointer dvi4_open(const EsCodec *codec, GError **error) {
  return g_new0(State, 1);
}

static int dvi4_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  State *state = data;
  if (length <= HEADER || (length - HEADER) * 2 > ES_DECODER_MAX_SAMPLES || payload[2] >= G_N_ELEMENTS(steps))
    return -1;
  state->value = (gint16)(payload[0] << 8 | payload[1]);
  state->index = payload[2];
  int n = 0;
  for (gsize i = HEADER; i < length; i++) {
    samples[n++] = next_sample(state, payload[i] >> 4);
    samples[n++] = next_sample(state, payload[i] & 0x0f);
  }
  return n;
}

static void dvi4_reset(gpointer data) {
}

const EsDecoderClass es_decoder_dvi4 = {
    .open = dvi4_open, .decode = dvi4_decode, .reset = dvi4_reset, .close = g_free};
