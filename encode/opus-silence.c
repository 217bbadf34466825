// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The packets were made by libopus 1.3.1 from digital silence with prediction disabled, so that each stands
// for itself: a decoder is silent four of them after the loudest speech, and stays so (the narrow-band one is
// digital silence, the others differ from it by at most one in single samples). Those of SILK and hybrid mode
// are 5 to 18 bytes; CELT has a bit for silence. The mode must be that of the speech before: a decoder that
// changes modes in a file of two streams may leave 4 ms out (FFmpeg does), and a packet without a frame, as
// discontinuous transmission sends them, is no silence but a loss to be concealed.
#include "opus-silence.h"

#include <math.h>

#define CREST 4.0f // the peak that noise of this level does not reach: 12 dB above it

static const struct {
  guint8 length, bytes[19];
} packets[] = {
    {6, {0x08, 0x06, 0xe0, 0xb3, 0xe3, 0x1a}},       // SILK, narrow band
    {7, {0x28, 0x06, 0xe0, 0xb3, 0xe3, 0x18, 0x30}}, // medium band
    {7, {0x48, 0x07, 0xc9, 0x7d, 0x8e, 0xc8, 0x58}}, // wide band
    {16,
     {0x68, 0x07, 0xc9, 0x7d, 0x8e, 0xc8, 0x5c, 0xf5,   // hybrid, super-wide band
      0x2d, 0x3a, 0xb1, 0x47, 0x9b, 0x40, 0x58, 0x58}}, //
    {19,
     {0x78, 0x07, 0xc9, 0x7d, 0x8e, 0xc8, 0x5c, 0xf5, 0x2d, 0x3a, // full band
      0xb3, 0x85, 0xbf, 0x15, 0x31, 0xba, 0x10, 0x30, 0x20}},
    {3, {0x98, 0xff, 0xfe}}, // CELT, narrow band and so on
    {3, {0xb8, 0xff, 0xfe}}, //
    {3, {0xd8, 0xff, 0xfe}}, //
    {3, {0xf8, 0xff, 0xfe}}, //
};

const guint8 *es_opus_silence(guint8 toc, int *length) {
  for (guint i = 0; i < G_N_ELEMENTS(packets); i++)
    if (packets[i].bytes[0] == toc) {
      *length = packets[i].length;
      return packets[i].bytes;
    }
  return NULL;
}

EsSilenceLevel es_silence_level(double level_db) {
  float amplitude = level_db < 0 ? 32768.0f * (float)pow(10, level_db / 20) : -1;
  return (EsSilenceLevel){amplitude * ABS(amplitude), amplitude * CREST};
}

gboolean es_is_silent(const EsSilenceLevel *level, const gint16 *samples, int n, int stride) {
  gint64 sum = 0;
  int peak = 0;
  for (int i = 0; i < n * stride; i += stride) {
    int value = ABS((int)samples[i]);
    sum += value * value;
    peak = MAX(peak, value);
  }
  return (float)sum <= level->mean_square * (float)n && (float)peak <= level->peak;
}
