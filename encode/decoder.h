// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind EsDecoder: one class per way of decoding, and comfort noise, which several need.
#pragma once

#include "earshot/encode/codec.h"

// Pseudo-random noise of one level; plain value.
typedef struct {
  guint32 seed;
  int amplitude; // of the largest sample
} EsNoise;

// level: RFC 3389's first byte, 0-127 in -dBov. Levels above -30 dBov are no background noise and are lowered
// to it.
void es_noise_set_level(EsNoise *noise, guint level);
// From the root mean square of the wanted noise in sample units.
void es_noise_set_rms(EsNoise *noise, double rms);
void es_noise_fill(EsNoise *noise, gint16 *samples, int n);

typedef struct {
  gpointer (*open)(const EsCodec *codec, GError **error);
  // As es_decoder_decode.
  int (*decode)(gpointer state, const guint8 *payload, gsize length, gint16 *samples);
  void (*reset)(gpointer state);
  void (*close)(gpointer state);
  const EsNoise *(*hiss)(gpointer state); // see es_decoder_hiss; NULL: never
  // See es_decoder_repeats and es_decoder_recover; NULL: no payload repeats another.
  int (*repeats)(gpointer state, const guint8 *payload, gsize length);
  int (*recover)(gpointer state, const guint8 *payload, gsize length, gint16 *samples);
} EsDecoderClass;

extern const EsDecoderClass es_decoder_g711;
extern const EsDecoderClass es_decoder_g726;
extern const EsDecoderClass es_decoder_l16;
extern const EsDecoderClass es_decoder_dvi4;
extern const EsDecoderClass es_decoder_noise; // RFC 3389
extern const EsDecoderClass es_decoder_opus;  // libopus
extern const EsDecoderClass es_decoder_av;    // libavcodec
extern const EsDecoderClass es_decoder_amr;   // libavcodec, out of RFC 4867's payloads

// The noise to go on with when the payload before ended with a silence descriptor: the sender keeps still
// until there is something to say. NULL when it ended with speech.
const EsNoise *es_decoder_hiss(EsDecoder *decoder);

// How many milliseconds a payload repeats of the one before it, should that not have come; 0 if none. Only
// what the sender encoded, never what a decoder makes up.
int es_decoder_repeats(EsDecoder *decoder, const guint8 *payload, gsize length);
// Decodes that, before the payload itself. Returns how many samples: the last one belongs just before the
// payload's first.
int es_decoder_recover(EsDecoder *decoder, const guint8 *payload, gsize length,
                       gint16 samples[ES_DECODER_MAX_SAMPLES]);
