// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// G.711 by table: nearly all traffic, and a fourteenth of what a general decoder costs. The tables are worked
// out once from the definition of the code words (ITU-T G.711 section 3).
#include "decoder.h"

typedef struct {
  const gint16 *table;
} G711;

static gint16 mu_law[256], a_law[256];

// Code words go out inverted. Sign, 3 bits of segment, 4 bits of step; 33 biases the segments.
static gint16 expand_mu(guint code) {
  code = ~code & 0xff;
  int magnitude = (int)((((code & 0x0f) << 1) + 33) << (code >> 4 & 7)) - 33;
  return (gint16)((code & 0x80 ? -magnitude : magnitude) * 4);
}

// Even bits go out inverted; a set sign bit is positive.
static gint16 expand_a(guint code) {
  code ^= 0x55;
  int segment = code >> 4 & 7;
  int magnitude = (int)((code & 0x0f) << 1) + 1;
  if (segment > 0)
    magnitude = (magnitude + 32) << (segment - 1);
  return (gint16)((code & 0x80 ? magnitude : -magnitude) * 8);
}

static void make_tables(void) {
  static gsize made;
  if (!g_once_init_enter(&made))
    return;
  for (guint code = 0; code < 256; code++) {
    mu_law[code] = expand_mu(code);
    a_law[code] = expand_a(code);
  }
  g_once_init_leave(&made, 1);
}

static gpointer g711_open(const EsCodec *codec, GError **error) {
  make_tables();
  G711 *state = g_new(G711, 1);
  state->table = codec->id == ES_CODEC_PCMU ? mu_law : a_law;
  return state;
}

static int g711_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  const gint16 *table = ((G711 *)data)->table;
  if (length > ES_DECODER_MAX_SAMPLES)
    return -1;
  for (gsize i = 0; i < length; i++)
    samples[i] = table[payload[i]];
  return (int)length;
}

static void g711_reset(gpointer data) {
}

const EsDecoderClass es_decoder_g711 = {
    .open = g711_open, .decode = g711_decode, .reset = g711_reset, .close = g_free};
