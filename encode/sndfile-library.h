// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// libsndfile, loaded when the first call needs it. Functions have their own names without "sf_".
#pragma once

#include <glib.h>
#include <sndfile.h>

#define ES_SNDFILE_FUNCTIONS(F)                                                                              \
  F(close)                                                                                                   \
  F(command)                                                                                                 \
  F(error)                                                                                                   \
  F(get_string)                                                                                              \
  F(open_fd)                                                                                                 \
  F(open_virtual)                                                                                            \
  F(readf_float)                                                                                             \
  F(readf_short)                                                                                             \
  F(seek)                                                                                                    \
  F(strerror)                                                                                                \
  F(writef_short)

typedef struct {
#define ES_SNDFILE_MEMBER(name) __typeof__(sf_##name) *(name);
  ES_SNDFILE_FUNCTIONS(ES_SNDFILE_MEMBER)
#undef ES_SNDFILE_MEMBER
} EsSndfile;

// NULL with ES_ERROR_UNSUPPORTED when it is missing. Any thread.
const EsSndfile *es_sndfile(GError **error);
