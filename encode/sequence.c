// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The window is a ring of bits indexed by the unwrapped number; it always covers (highest - WINDOW, highest].
#include "sequence.h"

#include <string.h>

static gboolean seen(const EsSequence *s, gint64 n) {
  guint bit = (guint)(n & (ES_SEQUENCE_WINDOW - 1));
  return s->seen[bit / 64] >> (bit % 64) & 1;
}

static void mark(EsSequence *s, gint64 n, gboolean value) {
  guint bit = (guint)(n & (ES_SEQUENCE_WINDOW - 1));
  guint64 mask = G_GUINT64_CONSTANT(1) << (bit % 64);
  s->seen[bit / 64] = value ? s->seen[bit / 64] | mask : s->seen[bit / 64] & ~mask;
}

static void start_run(EsSequence *s, gint64 first) {
  memset(s->seen, 0, sizeof s->seen);
  s->started = TRUE;
  s->lowest = s->highest = first;
  s->unique = 1;
  mark(s, first, TRUE);
}

static EsSequencePlace step_ahead(EsSequence *s, gint64 n) {
  if (n - s->highest >= ES_SEQUENCE_WINDOW)
    memset(s->seen, 0, sizeof s->seen);
  else
    for (gint64 i = s->highest + 1; i < n; i++)
      mark(s, i, FALSE);
  mark(s, n, TRUE);
  s->highest = n;
  s->unique++;
  return ES_SEQUENCE_AHEAD;
}

static EsSequencePlace step_back(EsSequence *s, gint64 n) {
  if (seen(s, n)) {
    s->duplicate++;
    return ES_SEQUENCE_DUPLICATE;
  }
  mark(s, n, TRUE);
  s->lowest = MIN(s->lowest, n);
  s->unique++;
  s->reordered++;
  return ES_SEQUENCE_BEHIND;
}

static EsSequencePlace stray(EsSequence *s, guint16 number, gboolean was_seen) {
  if (s->stray && number == s->stray_number) {
    s->duplicate++;
    return ES_SEQUENCE_DUPLICATE;
  }
  s->stray = TRUE;
  s->stray_seen = was_seen;
  s->stray_number = number;
  if (was_seen) {
    s->duplicate++;
  } else {
    s->past_expected++;
    s->past_received++;
  }
  return ES_SEQUENCE_STRAY;
}

// The stray becomes the first of the new run instead of what it was counted as.
static EsSequencePlace restart(EsSequence *s, gint64 *unwrapped) {
  if (s->stray_seen) {
    s->duplicate--;
  } else {
    s->past_expected--;
    s->past_received--;
  }
  s->past_expected += (guint64)(s->highest - s->lowest + 1);
  s->past_received += s->unique;
  gint64 first = (((s->highest >> 16) + 2) << 16) + s->stray_number;
  s->stray = FALSE;
  start_run(s, first);
  step_ahead(s, first + 1);
  *unwrapped = first + 1;
  return ES_SEQUENCE_RESTART;
}

// Whether a number this far behind the highest belongs to the current run.
static gboolean belongs_behind(gint64 back, EsSequenceTime time) {
  return back <= ES_SEQUENCE_MAX_MISORDER || (back < ES_SEQUENCE_WINDOW && time == ES_SEQUENCE_TIME_OLDER);
}

static EsSequencePlace place(EsSequence *s, guint16 number, EsSequenceTime time, gint64 *unwrapped) {
  guint16 ahead = (guint16)(number - (guint16)s->highest);
  gint64 back = ahead == 0 ? 0 : 65536 - ahead;
  if (ahead > 0 && ahead < 32768 && (ahead < ES_SEQUENCE_MAX_DROPOUT || time == ES_SEQUENCE_TIME_IN_STEP)) {
    *unwrapped = s->highest + ahead;
    return step_ahead(s, *unwrapped);
  }
  if (!belongs_behind(back, time))
    return stray(s, number, FALSE);
  *unwrapped = s->highest - back;
  if (seen(s, *unwrapped) && time == ES_SEQUENCE_TIME_OTHER)
    return stray(s, number, TRUE);
  return step_back(s, *unwrapped);
}

EsSequencePlace es_sequence_push(EsSequence *s, guint16 number, EsSequenceTime time, gint64 *unwrapped) {
  if (!s->started) {
    *unwrapped = number + 65536; // room for packets that come before the first in order
    start_run(s, *unwrapped);
    return ES_SEQUENCE_AHEAD;
  }
  if (s->stray && number == (guint16)(s->stray_number + 1))
    return restart(s, unwrapped);
  EsSequencePlace result = place(s, number, time, unwrapped);
  if (result == ES_SEQUENCE_AHEAD || result == ES_SEQUENCE_BEHIND)
    s->stray = FALSE;
  return result;
}

guint es_sequence_missing(const EsSequence *s, gint64 after, gint64 before) {
  guint missing = 0;
  for (gint64 n = after + 1; n < before; n++)
    missing += n <= s->highest - ES_SEQUENCE_WINDOW || !seen(s, n);
  return missing;
}

guint64 es_sequence_expected(const EsSequence *s) {
  return s->past_expected + (s->started ? (guint64)(s->highest - s->lowest + 1) : 0);
}

guint64 es_sequence_received(const EsSequence *s) {
  return s->past_received + (s->started ? s->unique : 0);
}
