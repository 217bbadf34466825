// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Shared libraries that few commands need are opened by the first call that does. Linked into the program
// they would cost every command its quick start: of processor time libsndfile with its codecs takes 0.4 ms,
// libarchive 0.7, FFmpeg 30.
#pragma once

#include <glib.h>

typedef struct {
  const char *soname; // with the major version of the headers we are built with: another one is another ABI
  const char *const *names; // of functions, NULL-terminated
  gpointer *functions;      // set in that order
  GOnce once;               // G_ONCE_INIT
} EsLateLibrary;

// TRUE when the functions are set. The library is opened once and never closed, as it may keep threads and
// tables of its own. FALSE with ES_ERROR_UNSUPPORTED and the loader's words. Any thread.
gboolean es_late_library(EsLateLibrary *library, GError **error);

// Where a module of ours lies: beside the executable, as in a build tree, else in the folder it is installed
// in. Caller frees.
char *es_module_path(const char *installed, const char *name);
