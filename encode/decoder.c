// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Chooses who decodes a codec.
#include "decoder.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

struct EsDecoder {
  const EsDecoderClass *klass;
  gpointer state;
  int rate_hz;
};

static const EsDecoderClass *class_of(EsCodecId id) {
  switch (id) {
  case ES_CODEC_PCMU:
  case ES_CODEC_PCMA:
    return &es_decoder_g711;
  case ES_CODEC_OPUS:
    return &es_decoder_opus;
  case ES_CODEC_G722:
  case ES_CODEC_G729:
  case ES_CODEC_GSM:
  case ES_CODEC_ILBC:
  case ES_CODEC_SPEEX:
  case ES_CODEC_G723:
    return &es_decoder_av;
  case ES_CODEC_G726:
    return &es_decoder_g726;
  case ES_CODEC_AMR:
  case ES_CODEC_AMR_WB:
    return &es_decoder_amr;
  case ES_CODEC_L16:
    return &es_decoder_l16;
  case ES_CODEC_DVI4:
    return &es_decoder_dvi4;
  case ES_CODEC_CN:
    return &es_decoder_noise;
  default:
    return NULL;
  }
}

static gboolean rate_is_possible(EsCodecId id, int rate_hz) {
  if (id == ES_CODEC_L16 || id == ES_CODEC_DVI4)
    return rate_hz >= 8000 && rate_hz <= 48000;
  return rate_hz == 8000 || rate_hz == 16000 || rate_hz == 24000 || rate_hz == 32000 || rate_hz == 48000;
}

EsDecoder *es_decoder_new(const EsCodec *codec, GError **error) {
  const EsDecoderClass *klass = class_of(codec->id);
  if (!klass || !rate_is_possible(codec->id, codec->rate_hz)) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("codec %s/%d is not supported"),
                codec->name[0] ? codec->name : "?", codec->clock_hz);
    return NULL;
  }
  gpointer state = klass->open(codec, error);
  if (!state)
    return NULL;
  EsDecoder *decoder = g_new0(EsDecoder, 1);
  decoder->klass = klass;
  decoder->state = state;
  decoder->rate_hz = codec->rate_hz;
  return decoder;
}

void es_decoder_free(EsDecoder *decoder) {
  if (!decoder)
    return;
  decoder->klass->close(decoder->state);
  g_free(decoder);
}

int es_decoder_rate_hz(const EsDecoder *decoder) {
  return decoder->rate_hz;
}

int es_decoder_decode(EsDecoder *decoder, const guint8 *payload, gsize length,
                      gint16 samples[ES_DECODER_MAX_SAMPLES]) {
  return length == 0 ? 0 : decoder->klass->decode(decoder->state, payload, length, samples);
}

const EsNoise *es_decoder_hiss(EsDecoder *decoder) {
  return decoder->klass->hiss ? decoder->klass->hiss(decoder->state) : NULL;
}

int es_decoder_repeats(EsDecoder *decoder, const guint8 *payload, gsize length) {
  return decoder->klass->repeats ? decoder->klass->repeats(decoder->state, payload, length) : 0;
}

int es_decoder_recover(EsDecoder *decoder, const guint8 *payload, gsize length,
                       gint16 samples[ES_DECODER_MAX_SAMPLES]) {
  return decoder->klass->recover ? decoder->klass->recover(decoder->state, payload, length, samples) : 0;
}

void es_decoder_reset(EsDecoder *decoder) {
  decoder->klass->reset(decoder->state);
}
