// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The major versions are those of the headers we were built with: another major version is another ABI.
#include "av-library.h"

#include <dlfcn.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define STRING(x) #x
#define SONAME(library, major) "lib" library ".so." STRING(major)

static EsAvLibrary library;
static char *problem;

static gpointer open_library(const char *soname) {
  gpointer handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (!handle && !problem)
    problem = g_strdup(dlerror());
  return handle;
}

static gpointer find(gpointer handle, const char *name) {
  gpointer function = handle ? dlsym(handle, name) : NULL;
  if (handle && !function && !problem)
    problem = g_strdup(dlerror());
  return function;
}

// Never closed again: the libraries keep threads and tables of their own.
static gpointer load(gpointer data) {
  gpointer util = open_library(SONAME("avutil", LIBAVUTIL_VERSION_MAJOR));
  gpointer resample = open_library(SONAME("swresample", LIBSWRESAMPLE_VERSION_MAJOR));
  gpointer codec = open_library(SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR));
#define FIND(name) *(gpointer *)&library.name##_ = find(HANDLE, #name);
#define HANDLE codec
  ES_AV_CODEC_FUNCTIONS(FIND)
#undef HANDLE
#define HANDLE util
  ES_AV_UTIL_FUNCTIONS(FIND)
#undef HANDLE
#define HANDLE resample
  ES_AV_RESAMPLE_FUNCTIONS(FIND)
#undef HANDLE
#undef FIND
  if (!problem)
    library.av_log_set_level_(AV_LOG_QUIET); // what is wrong with a packet is in the ledger
  return NULL;
}

const EsAvLibrary *es_av_library(GError **error) {
  static GOnce once = G_ONCE_INIT;
  g_once(&once, load, NULL);
  if (!problem)
    return &library;
  g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("a library that decodes is missing: %s"), problem);
  return NULL;
}
