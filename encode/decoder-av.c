// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// G.722, G.723.1, G.729, GSM, iLBC and Speex by libavcodec. RTP puts several frames into a payload;
// libavcodec wants them one by one where it cannot find their borders itself, so each codec has a way to cut:
//
//   G.722   any length, a byte is two samples
//   G.723.1 30 ms; the first byte tells 24 (6.3 kbit/s), 20 (5.3), 4 (SID) or 1 byte (nothing new to say)
//   GSM     33 bytes, 20 ms (RFC 3551 section 4.5.8)
//   G.729   10 bytes, 10 ms; a rest of 2 bytes is a SID frame (Annex B), which libavcodec refuses
//   iLBC    38 bytes, 20 ms or 50 bytes, 30 ms (RFC 3952): the length says which, the fmtp when both fit
//   Speex   frames of whole bits, one behind the other (speex-frames.h)
#include <math.h>
#include <string.h>

#include "av-frames.h"
#include "decoder.h"
#include "speex-frames.h"

#define G729_FRAME 10
#define G729_SID 2
#define G729_SID_SAMPLES 80
#define G723_SAMPLES 240
#define G723_SID 2 // kind of frame; 3: as before

typedef struct {
  EsAvFrames frames;
  EsCodec codec;
  int block; // bytes of a frame; 0: the whole payload at once
  EsNoise noise;
  gboolean hissing; // the last frame was a silence descriptor
} AvDecoder;

static int first_block(const EsCodec *codec) {
  switch (codec->id) {
  case ES_CODEC_GSM:
    return 33;
  case ES_CODEC_G729:
    return G729_FRAME;
  case ES_CODEC_ILBC:
    return strstr(codec->fmtp, "mode=20") ? 38 : 50; // 30 ms unless told (RFC 3952 section 4.2)
  default:
    return 0;
  }
}

static EsAvFormat format_of(const AvDecoder *d) {
  EsAvFormat format = {.rate_hz = d->codec.rate_hz, .block = d->block};
  switch (d->codec.id) {
  case ES_CODEC_G722:
    format.id = AV_CODEC_ID_ADPCM_G722;
    break;
  case ES_CODEC_G723:
    format.id = AV_CODEC_ID_G723_1;
    break;
  case ES_CODEC_G729:
    format.id = AV_CODEC_ID_G729;
    break;
  case ES_CODEC_GSM:
    format.id = AV_CODEC_ID_GSM;
    break;
  case ES_CODEC_ILBC:
    format.id = AV_CODEC_ID_ILBC;
    break;
  default:
    format.name = "speex"; // libspeex writes to standard error when a payload is broken
  }
  return format;
}

static gboolean open_frames(AvDecoder *d, GError **error) {
  EsAvFormat format = format_of(d);
  return es_av_frames_open(&d->frames, &format, d->codec.name, error);
}

static void av_close(gpointer data) {
  AvDecoder *d = data;
  es_av_frames_close(&d->frames);
  g_free(d);
}

static gpointer av_open(const EsCodec *codec, GError **error) {
  AvDecoder *d = g_new0(AvDecoder, 1);
  d->codec = *codec;
  d->block = first_block(codec);
  if (open_frames(d, error))
    return d;
  av_close(d);
  return NULL;
}

// Annex B's silence descriptor ends with five bits of gain in steps of 2 dB. It is the gain of what excites
// the filter of the voice tract, which adds some 8 dB to the noise of a room.
static int decode_g729_sid(AvDecoder *d, const guint8 *bytes, gint16 *samples) {
  int gain = bytes[1] >> 1 & 0x1f;
  es_noise_set_rms(&d->noise, 4 * pow(10, gain / 10.0));
  es_noise_fill(&d->noise, samples, G729_SID_SAMPLES);
  d->hissing = TRUE;
  return G729_SID_SAMPLES;
}

static int decode_blocks(AvDecoder *d, const guint8 *payload, gsize length, gint16 *samples) {
  int n = 0;
  gsize block = (gsize)d->block;
  while (length >= block) {
    int got = es_av_frames_decode(&d->frames, payload, block, samples + n, ES_DECODER_MAX_SAMPLES - n);
    if (got < 0)
      return -1;
    n += got;
    payload += block;
    length -= block;
  }
  d->hissing = FALSE;
  if (length == G729_SID && d->codec.id == ES_CODEC_G729 && n + G729_SID_SAMPLES <= ES_DECODER_MAX_SAMPLES) {
    n += decode_g729_sid(d, payload, samples + n);
    length = 0;
  }
  return length > 0 && n == 0 ? -1 : n;
}

// The decoder takes one frame from where it starts and leaves the rest alone.
static int decode_speex(AvDecoder *d, const guint8 *payload, gsize length, gint16 *samples) {
  guint8 shifted[ES_AV_BYTES_MAX];
  int n = 0;
  for (guint bit = 0, end; (end = es_speex_frame_end(payload, length, bit)) > 0; bit = end) {
    gsize bytes = es_speex_shift(payload, length, bit, shifted);
    int got = es_av_frames_decode(&d->frames, shifted, bytes, samples + n, ES_DECODER_MAX_SAMPLES - n);
    if (got < 0)
      return n > 0 ? n : -1;
    n += got;
  }
  return n > 0 ? n : -1;
}

// The gain of a silence descriptor: six bits, read from the right as all of this codec; its steps double
// twice.
static double g723_silence_rms(const guint8 *frame) {
  int gain = frame[3] >> 2;
  return (gain < 16 ? gain << 6 : gain < 32 ? (gain - 8) << 7 : (gain - 20) << 8) / 16.0;
}

static int decode_g723_silence(AvDecoder *d, const guint8 *frame, gint16 *samples) {
  if ((frame[0] & 3) == G723_SID) {
    es_noise_set_rms(&d->noise, g723_silence_rms(frame));
    d->hissing = TRUE;
  }
  if (d->hissing)
    es_noise_fill(&d->noise, samples, G723_SAMPLES);
  else
    memset(samples, 0, G723_SAMPLES * sizeof *samples);
  return G723_SAMPLES;
}

static int decode_g723_speech(AvDecoder *d, const guint8 *frame, gsize length, gint16 *samples) {
  d->hissing = FALSE;
  return es_av_frames_decode(&d->frames, frame, length, samples, G723_SAMPLES);
}

static int decode_g723(AvDecoder *d, const guint8 *payload, gsize length, gint16 *samples) {
  static const gsize sizes[] = {24, 20, 4, 1};
  int n = 0;
  while (length > 0 && n + G723_SAMPLES <= ES_DECODER_MAX_SAMPLES) {
    guint kind = payload[0] & 3;
    if (length < sizes[kind])
      break;
    int got = kind >= G723_SID ? decode_g723_silence(d, payload, samples + n)
                               : decode_g723_speech(d, payload, sizes[kind], samples + n);
    if (got < 0)
      break;
    n += got;
    payload += sizes[kind];
    length -= sizes[kind];
  }
  return n > 0 ? n : -1;
}

// The frame length belongs to libavcodec's context, so a sender that changes it gets a new one.
static gboolean follow_ilbc_mode(AvDecoder *d, gsize length) {
  if (length % (gsize)d->block == 0)
    return TRUE;
  int other = 38 + 50 - d->block;
  if (length % (gsize)other != 0)
    return FALSE;
  d->block = other;
  es_av_frames_close(&d->frames);
  return open_frames(d, NULL);
}

static int av_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  AvDecoder *d = data;
  if (length > ES_AV_BYTES_MAX)
    return -1;
  if (d->codec.id == ES_CODEC_ILBC && !follow_ilbc_mode(d, length))
    return -1;
  if (d->codec.id == ES_CODEC_SPEEX)
    return decode_speex(d, payload, length, samples);
  if (d->codec.id == ES_CODEC_G723)
    return decode_g723(d, payload, length, samples);
  if (d->block > 0)
    return decode_blocks(d, payload, length, samples);
  return es_av_frames_decode(&d->frames, payload, length, samples, ES_DECODER_MAX_SAMPLES);
}

static void av_reset(gpointer data) {
  AvDecoder *d = data;
  es_av_frames_reset(&d->frames);
  d->hissing = FALSE;
}

static const EsNoise *av_hiss(gpointer data) {
  const AvDecoder *d = data;
  return d->hissing ? &d->noise : NULL;
}

const EsDecoderClass es_decoder_av = {
    .open = av_open, .decode = av_decode, .reset = av_reset, .close = av_close, .hiss = av_hiss};
