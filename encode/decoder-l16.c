// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// L16 (RFC 3551 section 4.5.11): big-endian samples, channels side by side; we keep their mean.
#include "decoder.h"

static gpointer l16_open(const EsCodec *codec, GError **error) {
  int *channels = g_new(int, 1);
  *channels = codec->channels;
  return channels;
}

static gint16 read_sample(const guint8 *at) {
  return (gint16)(at[0] << 8 | at[1]);
}

static int l16_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  int channels = *(int *)data;
  gsize n = length / (2 * (gsize)channels);
  if (n == 0 || n > ES_DECODER_MAX_SAMPLES)
    return -1;
  for (gsize i = 0; i < n; i++) {
    int sum = 0;
    for (int c = 0; c < channels; c++, payload += 2)
      sum += read_sample(payload);
    samples[i] = (gint16)(sum / channels);
  }
  return (int)n;
}

static void l16_reset(gpointer data) {
}

const EsDecoderClass es_decoder_l16 = {
    .open = l16_open, .decode = l16_decode, .reset = l16_reset, .close = g_free};
