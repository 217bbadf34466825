// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One of libavcodec's speech decoders, fed frame by frame. Zero-initialised is closed.
#pragma once

#include "av-library.h"
#include "earshot/encode/codec.h"

#define ES_AV_BYTES_MAX 4096 // of a frame, or of what is fed at once

typedef struct {
  const EsAvLibrary *av;
  AVCodecContext *context;
  AVPacket *packet;
  AVFrame *frame;
  guint8 bytes[ES_AV_BYTES_MAX + AV_INPUT_BUFFER_PADDING_SIZE];
} EsAvFrames;

// What a decoder must be told before it opens; 0 where it need not.
typedef struct {
  enum AVCodecID id;
  const char *name; // of a certain implementation; NULL: whichever libavcodec prefers
  int rate_hz;
  int block; // bytes of a frame
} EsAvFormat;

// ES_ERROR_UNSUPPORTED when libavcodec or the decoder is missing; what names the codec for people.
gboolean es_av_frames_open(EsAvFrames *frames, const EsAvFormat *format, const char *what, GError **error);
void es_av_frames_close(EsAvFrames *frames);
void es_av_frames_reset(EsAvFrames *frames);
// Decodes the first channel. Returns how many samples, -1 when there are none or they do not fit.
int es_av_frames_decode(EsAvFrames *frames, const guint8 *bytes, gsize length, gint16 *samples, int room);
