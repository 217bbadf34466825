// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind EsDecoder: one class per library that decodes, and comfort noise, which several need.
#pragma once

#include "earshot/encode/codec.h"

typedef struct {
  gpointer (*open)(const EsCodec *codec, GError **error);
  // As es_decoder_decode.
  int (*decode)(gpointer state, const guint8 *payload, gsize length, gint16 *samples);
  void (*reset)(gpointer state);
  void (*close)(gpointer state);
} EsDecoderClass;

extern const EsDecoderClass es_decoder_g711;
extern const EsDecoderClass es_decoder_noise; // RFC 3389
extern const EsDecoderClass es_decoder_opus;  // libopus
extern const EsDecoderClass es_decoder_av;    // libavcodec

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
