// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each interval is two unsigned LEB128 numbers: from the end of the one before to its start, and its length.
// An hour of speech is about 3 bytes a stretch. Intervals that overlap the one before or run backwards are
// moved to fit: lists are ascending by contract, and a list must never fail to be stored.
#include "intervals.h"
#include "earshot/common/ledger.h"

static void put(GByteArray *bytes, guint64 number) {
  do {
    guint8 byte = number & 0x7f;
    number >>= 7;
    if (number)
      byte |= 0x80;
    g_byte_array_append(bytes, &byte, 1);
  } while (number);
}

static gboolean take(const guint8 **at, const guint8 *end, guint64 *number) {
  *number = 0;
  for (guint shift = 0; *at < end && shift < 56; shift += 7) {
    guint8 byte = *(*at)++;
    *number |= (guint64)(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return TRUE;
  }
  return FALSE;
}

GByteArray *es_intervals_pack(const GArray *intervals) {
  GByteArray *bytes = g_byte_array_new();
  gint64 position = 0;
  for (guint i = 0; i < intervals->len; i++) {
    const EsInterval *interval = &g_array_index(intervals, EsInterval, i);
    gint64 start = MAX(interval->start_ms, position);
    gint64 end = MAX(interval->end_ms, start);
    put(bytes, (guint64)(start - position));
    put(bytes, (guint64)(end - start));
    position = end;
  }
  return bytes;
}

gboolean es_intervals_unpack(const guint8 *data, gsize size, GArray *intervals) {
  const guint8 *at = data, *end = data + size;
  gint64 position = 0;
  while (at < end) {
    guint64 pause, length;
    if (!take(&at, end, &pause) || !take(&at, end, &length))
      return FALSE;
    EsInterval interval = {.start_ms = position + (gint64)pause};
    interval.end_ms = interval.start_ms + (gint64)length;
    if (interval.end_ms < position || interval.end_ms > G_MAXINT64 / 4)
      return FALSE;
    position = interval.end_ms;
    g_array_append_val(intervals, interval);
  }
  return TRUE;
}
