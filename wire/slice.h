// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A piece of somebody's bytes, for parsers that copy nothing: it is not terminated and may hold anything.
#pragma once

#include <glib.h>
#include <string.h>

typedef struct {
  const char *at;
  gsize length;
} EsSlice;

static inline EsSlice es_slice(const void *at, gsize length) {
  return (EsSlice){at, length};
}

static inline EsSlice es_slice_trim(EsSlice s) {
  while (s.length && g_ascii_isspace(*s.at)) {
    s.at++;
    s.length--;
  }
  while (s.length && g_ascii_isspace(s.at[s.length - 1]))
    s.length--;
  return s;
}

// Takes everything before the first separator off the front of *rest (all of it if there is none); the
// separator is dropped. FALSE when nothing is left.
static inline gboolean es_slice_cut(EsSlice *rest, char separator, EsSlice *piece) {
  if (!rest->length)
    return FALSE;
  const char *found = memchr(rest->at, separator, rest->length);
  gsize length = found ? (gsize)(found - rest->at) : rest->length;
  const EsSlice taken = es_slice(rest->at, length);
  const gsize step = MIN(length + 1, rest->length);
  rest->at += step;
  rest->length -= step;
  *piece = taken; // last, so that both may be the same slice
  return TRUE;
}

// The next word, words being divided by spaces and tabs. FALSE when there is none.
static inline gboolean es_slice_word(EsSlice *rest, EsSlice *word) {
  *rest = es_slice_trim(*rest);
  gsize n = 0;
  while (n < rest->length && !g_ascii_isspace(rest->at[n]))
    n++;
  *word = es_slice(rest->at, n);
  rest->at += n;
  rest->length -= n;
  return n > 0;
}

// Without case.
static inline gboolean es_slice_is(EsSlice s, const char *text) {
  return s.length == strlen(text) && g_ascii_strncasecmp(s.at, text, s.length) == 0;
}

static inline gboolean es_slice_starts(EsSlice s, const char *text) {
  return s.length >= strlen(text) && g_ascii_strncasecmp(s.at, text, strlen(text)) == 0;
}

// Decimal digits at the front; more than fit give max. FALSE without any.
static inline gboolean es_slice_number(EsSlice s, guint64 max, guint64 *number) {
  gsize n = 0;
  *number = 0;
  for (; n < s.length && g_ascii_isdigit(s.at[n]); n++) {
    guint64 digit = (guint64)(s.at[n] - '0');
    *number = *number > (max - digit) / 10 ? max : *number * 10 + digit;
  }
  return n > 0;
}

// A copy for functions that want a terminated text; what is longer is cut.
static inline char *es_slice_copy(EsSlice s, char *buffer, gsize size) {
  gsize n = MIN(s.length, size - 1);
  memcpy(buffer, s.at, n);
  buffer[n] = '\0';
  return buffer;
}
