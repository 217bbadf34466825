// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// G.722, G.729, GSM, iLBC and Speex by libavcodec. RTP puts several frames into a payload; libavcodec wants
// them one by one where it cannot find their borders itself, so each codec has a way to cut:
//
//   G.722   any length, a byte is two samples
//   GSM     33 bytes, 20 ms (RFC 3551 section 4.5.8)
//   G.729   10 bytes, 10 ms; a rest of 2 bytes is a SID frame (Annex B), which libavcodec refuses
//   iLBC    38 bytes, 20 ms or 50 bytes, 30 ms (RFC 3952): the length says which, the fmtp when both fit
//   Speex   frames of whole bits, one behind the other (speex-frames.h)
#include "decoder.h"

#include <math.h>
#include <string.h>

#include "av-library.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "speex-frames.h"

#define PAYLOAD_MAX 4096
#define G729_FRAME 10
#define G729_SID 2

typedef struct {
  const EsAvLibrary *av;
  EsCodec codec;
  AVCodecContext *context;
  AVPacket *packet;
  AVFrame *frame;
  int block; // bytes of a frame; 0: the whole payload at once
  EsNoise noise;
  guint8 bytes[PAYLOAD_MAX + AV_INPUT_BUFFER_PADDING_SIZE];
} AvDecoder;

static const AVCodec *find_codec(const EsAvLibrary *av, EsCodecId id) {
  switch (id) {
  case ES_CODEC_G722:
    return av->avcodec_find_decoder_(AV_CODEC_ID_ADPCM_G722);
  case ES_CODEC_G729:
    return av->avcodec_find_decoder_(AV_CODEC_ID_G729);
  case ES_CODEC_GSM:
    return av->avcodec_find_decoder_(AV_CODEC_ID_GSM);
  case ES_CODEC_ILBC:
    return av->avcodec_find_decoder_(AV_CODEC_ID_ILBC);
  default: // by name: libspeex writes to standard error when a payload is broken
    return av->avcodec_find_decoder_by_name_("speex");
  }
}

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

static gboolean open_context(AvDecoder *d) {
  const AVCodec *codec = find_codec(d->av, d->codec.id);
  if (!codec || !(d->context = d->av->avcodec_alloc_context3_(codec)))
    return FALSE;
  d->context->sample_rate = d->codec.rate_hz;
  d->context->block_align = d->block;
  d->context->thread_count = 1;
  d->av->av_channel_layout_default_(&d->context->ch_layout, 1);
  return d->av->avcodec_open2_(d->context, codec, NULL) >= 0;
}

static void av_close(gpointer data) {
  AvDecoder *d = data;
  d->av->avcodec_free_context_(&d->context);
  d->av->av_packet_free_(&d->packet);
  d->av->av_frame_free_(&d->frame);
  g_free(d);
}

static gpointer av_open(const EsCodec *codec, GError **error) {
  const EsAvLibrary *av = es_av_library(error);
  if (!av)
    return NULL;
  AvDecoder *d = g_new0(AvDecoder, 1);
  d->av = av;
  d->codec = *codec;
  d->block = first_block(codec);
  d->packet = av->av_packet_alloc_();
  d->frame = av->av_frame_alloc_();
  if (d->packet && d->frame && open_context(d))
    return d;
  av_close(d);
  g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("libavcodec here has no decoder for %s"), codec->name);
  return NULL;
}

// Copies the first channel of the decoded frame. Returns how many samples, -1 if they do not fit.
static int take_frame(const AVFrame *frame, gint16 *samples, int room) {
  if (frame->nb_samples > room)
    return -1;
  switch (frame->format) {
  case AV_SAMPLE_FMT_S16:
  case AV_SAMPLE_FMT_S16P:
    memcpy(samples, frame->data[0], (gsize)frame->nb_samples * sizeof *samples);
    return frame->nb_samples;
  case AV_SAMPLE_FMT_FLT:
  case AV_SAMPLE_FMT_FLTP:
    for (int i = 0; i < frame->nb_samples; i++)
      samples[i] = (gint16)lrintf(CLAMP(((const float *)frame->data[0])[i] * 32768, -32768, 32767));
    return frame->nb_samples;
  default:
    return -1;
  }
}

static int receive_all(AvDecoder *d, gint16 *samples, int room) {
  int n = 0;
  while (d->av->avcodec_receive_frame_(d->context, d->frame) >= 0) {
    int taken = take_frame(d->frame, samples + n, room - n);
    if (taken < 0)
      return n > 0 ? n : -1;
    n += taken;
  }
  return n;
}

static int decode_block(AvDecoder *d, const guint8 *bytes, gsize length, gint16 *samples, int room) {
  memcpy(d->bytes, bytes, length);
  memset(d->bytes + length, 0, AV_INPUT_BUFFER_PADDING_SIZE);
  d->packet->data = d->bytes;
  d->packet->size = (int)length;
  if (d->av->avcodec_send_packet_(d->context, d->packet) < 0)
    return -1;
  int n = receive_all(d, samples, room);
  return n > 0 ? n : -1;
}

// Annex B's silence descriptor ends with five bits of gain in steps of 2 dB, the highest near -24 dBov.
static int decode_g729_sid(AvDecoder *d, const guint8 *bytes, gint16 *samples) {
  int gain = bytes[1] >> 1 & 0x1f;
  es_noise_set_rms(&d->noise, 2000 * pow(10, (gain - 31) / 10.0));
  es_noise_fill(&d->noise, samples, 80);
  return 80;
}

static int decode_blocks(AvDecoder *d, const guint8 *payload, gsize length, gint16 *samples) {
  int n = 0;
  gsize block = (gsize)d->block;
  while (length >= block) {
    int got = decode_block(d, payload, block, samples + n, ES_DECODER_MAX_SAMPLES - n);
    if (got < 0)
      return -1;
    n += got;
    payload += block;
    length -= block;
  }
  if (length == G729_SID && d->codec.id == ES_CODEC_G729 && n + 80 <= ES_DECODER_MAX_SAMPLES) {
    n += decode_g729_sid(d, payload, samples + n);
    length = 0;
  }
  return length > 0 && n == 0 ? -1 : n;
}

// The decoder takes one frame from where it starts and leaves the rest alone.
static int decode_speex(AvDecoder *d, const guint8 *payload, gsize length, gint16 *samples) {
  guint8 shifted[PAYLOAD_MAX];
  int n = 0;
  for (guint bit = 0, end; (end = es_speex_frame_end(payload, length, bit)) > 0; bit = end) {
    gsize bytes = es_speex_shift(payload, length, bit, shifted);
    int got = decode_block(d, shifted, bytes, samples + n, ES_DECODER_MAX_SAMPLES - n);
    if (got < 0)
      return n > 0 ? n : -1;
    n += got;
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
  d->av->avcodec_free_context_(&d->context);
  return open_context(d);
}

static int av_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  AvDecoder *d = data;
  if (length > PAYLOAD_MAX || !d->context)
    return -1;
  if (d->codec.id == ES_CODEC_ILBC && !follow_ilbc_mode(d, length))
    return -1;
  if (d->codec.id == ES_CODEC_SPEEX)
    return decode_speex(d, payload, length, samples);
  if (d->block > 0)
    return decode_blocks(d, payload, length, samples);
  return decode_block(d, payload, length, samples, ES_DECODER_MAX_SAMPLES);
}

static void av_reset(gpointer data) {
  AvDecoder *d = data;
  if (d->context)
    d->av->avcodec_flush_buffers_(d->context);
}

const EsDecoderClass es_decoder_av = {av_open, av_decode, av_reset, av_close};
