// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hours of a week in which somebody has an extension, by the clock on the wall: a shift that begins at 8
// begins at 8 in summer and in winter. One that ends before it begins goes on after midnight and belongs to
// the day on which it began.
#pragma once

#include "earshot/common/clock.h"

typedef struct {
  guint days;    // bit 0: Sunday … bit 6: Saturday; 0: always, and then the rest means nothing
  int start_min; // minutes after midnight
  int end_min;   // not after start_min: of the next day
} EsShift;

// hours: "08:00-16:00", "8-16", "10pm-6am", "22:00–06:00"; days: "sun-thu", "sat, mon", "الأحد-الخميس".
// Either may be NULL: all day, every day; both: always. Digits of both families. ES_ERROR_INVALID.
gboolean es_shift_parse(const char *hours, const char *days, EsShift *shift, GError **error);
// As es_shift_parse reads it: "08:00-16:00", "sun-thu"; NULL where it says nothing. Caller frees.
char *es_shift_hours(const EsShift *shift);
char *es_shift_days(const EsShift *shift);
gboolean es_shift_holds(const EsShift *shift, gint64 at_us);
// Whether both hold at some moment of [from, until); ES_UNKNOWN: open.
gboolean es_shift_overlap(const EsShift *a, const EsShift *b, gint64 from_us, gint64 until_us);
