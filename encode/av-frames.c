// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "av-frames.h"

#include <math.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

static gboolean open_context(EsAvFrames *f, const EsAvFormat *format) {
  const AVCodec *codec = format->name ? f->av->avcodec_find_decoder_by_name_(format->name)
                                      : f->av->avcodec_find_decoder_(format->id);
  if (!codec || !(f->context = f->av->avcodec_alloc_context3_(codec)))
    return FALSE;
  f->context->sample_rate = format->rate_hz;
  f->context->block_align = format->block;
  f->context->thread_count = 1;
  f->av->av_channel_layout_default_(&f->context->ch_layout, 1);
  return f->av->avcodec_open2_(f->context, codec, NULL) >= 0;
}

gboolean es_av_frames_open(EsAvFrames *f, const EsAvFormat *format, const char *what, GError **error) {
  if (!(f->av = es_av_library(error)))
    return FALSE;
  f->packet = f->av->av_packet_alloc_();
  f->frame = f->av->av_frame_alloc_();
  if (f->packet && f->frame && open_context(f, format))
    return TRUE;
  es_av_frames_close(f);
  g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("libavcodec here has no decoder for %s"), what);
  return FALSE;
}

void es_av_frames_close(EsAvFrames *f) {
  if (!f->av)
    return;
  f->av->avcodec_free_context_(&f->context);
  f->av->av_packet_free_(&f->packet);
  f->av->av_frame_free_(&f->frame);
}

void es_av_frames_reset(EsAvFrames *f) {
  if (f->context)
    f->av->avcodec_flush_buffers_(f->context);
}

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

static int receive_all(EsAvFrames *f, gint16 *samples, int room) {
  int n = 0;
  while (f->av->avcodec_receive_frame_(f->context, f->frame) >= 0) {
    int taken = take_frame(f->frame, samples + n, room - n);
    if (taken < 0)
      return n > 0 ? n : -1;
    n += taken;
  }
  return n;
}

int es_av_frames_decode(EsAvFrames *f, const guint8 *bytes, gsize length, gint16 *samples, int room) {
  if (!f->context || length > ES_AV_BYTES_MAX)
    return -1;
  memcpy(f->bytes, bytes, length);
  memset(f->bytes + length, 0, AV_INPUT_BUFFER_PADDING_SIZE);
  f->packet->data = f->bytes;
  f->packet->size = (int)length;
  if (f->av->avcodec_send_packet_(f->context, f->packet) < 0)
    return -1;
  int n = receive_all(f, samples, room);
  return n > 0 ? n : -1;
}
