// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "av-library.h"
#include "earshot/common/late-library.h"

#define STRING(x) #x
#define SONAME(library, major) "lib" library ".so." STRING(major)
#define NAME(name) #name,

static EsAvLibrary functions;

// The functions of each library lie together and in this order (see the header).
static const char *const codec_names[] = {ES_AV_CODEC_FUNCTIONS(NAME) NULL};
static const char *const util_names[] = {ES_AV_UTIL_FUNCTIONS(NAME) NULL};
static const char *const resample_names[] = {ES_AV_RESAMPLE_FUNCTIONS(NAME) NULL};
static EsLateLibrary codec = {SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR), codec_names,
                              (gpointer *)&functions.avcodec_find_decoder_, G_ONCE_INIT};
static EsLateLibrary util = {SONAME("avutil", LIBAVUTIL_VERSION_MAJOR), util_names,
                             (gpointer *)&functions.av_frame_alloc_, G_ONCE_INIT};
static EsLateLibrary resample = {SONAME("swresample", LIBSWRESAMPLE_VERSION_MAJOR), resample_names,
                                 (gpointer *)&functions.swr_alloc_set_opts2_, G_ONCE_INIT};

static gpointer quieten(gpointer data) {
  functions.av_log_set_level_(AV_LOG_QUIET); // what is wrong with a packet is in the ledger
  return NULL;
}

const EsAvLibrary *es_av_library(GError **error) {
  static GOnce once = G_ONCE_INIT;
  if (!es_late_library(&util, error) || !es_late_library(&resample, error) || !es_late_library(&codec, error))
    return NULL;
  g_once(&once, quieten, NULL);
  return &functions;
}
