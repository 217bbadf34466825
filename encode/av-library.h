// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// FFmpeg's libraries, loaded when the first call needs them: they drag in half a desktop. The functions of
// each library lie together, av-library.c fills them in this order.
#pragma once

#include <glib.h>
#include <libavcodec/avcodec.h>
#include <libswresample/swresample.h>

#define ES_AV_CODEC_FUNCTIONS(F)                                                                             \
  F(avcodec_find_decoder)                                                                                    \
  F(avcodec_find_decoder_by_name)                                                                            \
  F(avcodec_alloc_context3)                                                                                  \
  F(avcodec_free_context)                                                                                    \
  F(avcodec_open2)                                                                                           \
  F(avcodec_send_packet)                                                                                     \
  F(avcodec_receive_frame)                                                                                   \
  F(avcodec_flush_buffers)                                                                                   \
  F(av_packet_alloc)                                                                                         \
  F(av_packet_free)
#define ES_AV_UTIL_FUNCTIONS(F)                                                                              \
  F(av_frame_alloc)                                                                                          \
  F(av_frame_free)                                                                                           \
  F(av_log_set_level)                                                                                        \
  F(av_channel_layout_default)
#define ES_AV_RESAMPLE_FUNCTIONS(F)                                                                          \
  F(swr_alloc_set_opts2)                                                                                     \
  F(swr_init)                                                                                                \
  F(swr_convert)                                                                                             \
  F(swr_free)

typedef struct {
#define ES_AV_MEMBER(name) __typeof__(name) *name##_;
  ES_AV_CODEC_FUNCTIONS(ES_AV_MEMBER)
  ES_AV_UTIL_FUNCTIONS(ES_AV_MEMBER)
  ES_AV_RESAMPLE_FUNCTIONS(ES_AV_MEMBER)
#undef ES_AV_MEMBER
} EsAvLibrary;

// The functions, loaded once for the process; NULL with ES_ERROR_UNSUPPORTED naming the library that is
// missing. Any thread.
const EsAvLibrary *es_av_library(GError **error);
