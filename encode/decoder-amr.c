// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// AMR and AMR-WB: payloads of RFC 4867 repacked as libavcodec reads them from files. It decodes speech only;
// silence frames become noise of the level they describe, here and until the sender speaks again.
//
// Senders are met that announce one packing and send the other. A payload that is not exactly as long as it
// says is therefore tried the other way.
#include <string.h>

#include "amr-payload.h"
#include "av-frames.h"
#include "decoder.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

typedef struct {
  EsAvFrames frames;
  gboolean wide, octet_aligned;
  int frame_samples;
  EsNoise noise;
  gboolean hissing; // the last frame was no speech
  EsAmrPayload payload;
} AmrDecoder;

// What the format parameters ask for and we do not do; NULL if nothing.
static const char *unsupported(const EsCodec *codec) {
  static const char *const parameters[] = {"interleaving", "crc", "robust-sorting"};
  for (guint i = 0; i < G_N_ELEMENTS(parameters); i++)
    if (es_codec_parameter(codec, parameters[i]) > 0)
      return parameters[i];
  return codec->channels > 1 ? "channels" : NULL;
}

static void amr_close(gpointer data) {
  AmrDecoder *d = data;
  es_av_frames_close(&d->frames);
  g_free(d);
}

static gpointer amr_open(const EsCodec *codec, GError **error) {
  const char *parameter = unsupported(codec);
  if (parameter) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: “%s” is not supported"), codec->name,
                parameter);
    return NULL;
  }
  AmrDecoder *d = g_new0(AmrDecoder, 1);
  d->wide = codec->id == ES_CODEC_AMR_WB;
  d->octet_aligned = es_codec_parameter(codec, "octet-align") == 1;
  d->frame_samples = codec->rate_hz / 50;
  EsAvFormat format = {.id = d->wide ? AV_CODEC_ID_AMR_WB : AV_CODEC_ID_AMR_NB, .rate_hz = codec->rate_hz};
  if (es_av_frames_open(&d->frames, &format, codec->name, error))
    return d;
  amr_close(d);
  return NULL;
}

static int decode_frame(AmrDecoder *d, const EsAmrFrame *frame, gint16 *samples) {
  if (frame->kind == ES_AMR_SPEECH) {
    d->hissing = FALSE;
    return es_av_frames_decode(&d->frames, frame->bytes, frame->length, samples, d->frame_samples);
  }
  if (frame->kind == ES_AMR_SILENCE) {
    d->hissing = TRUE;
    es_noise_set_rms(&d->noise, es_amr_silence_rms(frame, d->wide));
  }
  if (d->hissing)
    es_noise_fill(&d->noise, samples, d->frame_samples);
  else
    memset(samples, 0, (gsize)d->frame_samples * sizeof *samples);
  return d->frame_samples;
}

static int amr_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  AmrDecoder *d = data;
  int n = 0;
  if (!es_amr_parse(payload, length, d->wide, d->octet_aligned, &d->payload) &&
      !es_amr_parse(payload, length, d->wide, !d->octet_aligned, &d->payload))
    return -1;
  for (guint i = 0; i < d->payload.n && n + d->frame_samples <= ES_DECODER_MAX_SAMPLES; i++) {
    int got = decode_frame(d, &d->payload.frames[i], samples + n);
    if (got < 0)
      return n > 0 ? n : -1;
    n += got;
  }
  return n;
}

static void amr_reset(gpointer data) {
  AmrDecoder *d = data;
  es_av_frames_reset(&d->frames);
  d->hissing = FALSE;
}

static const EsNoise *amr_hiss(gpointer data) {
  const AmrDecoder *d = data;
  return d->hissing ? &d->noise : NULL;
}

const EsDecoderClass es_decoder_amr = {
    .open = amr_open, .decode = amr_decode, .reset = amr_reset, .close = amr_close, .hiss = amr_hiss};
