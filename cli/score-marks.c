// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Moments worth hearing (see score-marks.h).
#include "score-marks.h"
#include "earshot/common/i18n.h"
#include "earshot/common/ledger.h"

#define LEAD_MS 1000    // heard before the mark
#define BACK_MS 1500    // going back from just behind a mark passes it by
#define SHORTEST_MS 300 // neither a word of agreement nor a lost packet is worth a key

static void add(GArray *marks, gint64 start_ms, gint64 end_ms, const char *what) {
  EsMark mark = {MAX(start_ms, 0), end_ms - start_ms, what};
  g_array_append_val(marks, mark);
}

static void add_intervals(GArray *marks, JsonObject *call, const char *name, const char *what) {
  g_autoptr(GArray) intervals = es_reply_intervals(call, name);
  for (guint i = 0; i < intervals->len; i++) {
    const EsInterval *interval = &g_array_index(intervals, EsInterval, i);
    if (interval->end_ms - interval->start_ms >= SHORTEST_MS)
      add(marks, interval->start_ms, interval->end_ms, what);
  }
}

static int by_start(gconstpointer a, gconstpointer b) {
  const EsMark *x = a, *y = b;
  return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

GArray *es_marks_new(JsonObject *call) {
  GArray *marks = g_array_new(FALSE, FALSE, sizeof(EsMark));
  JsonArray *gaps = es_reply_array(call, "gaps");
  add_intervals(marks, call, "talk_over", _("talk-over"));
  add_intervals(marks, call, "dead_air", _("dead air"));
  for (guint i = 0; i < json_array_get_length(gaps); i++) {
    JsonObject *gap = es_reply_object_at(gaps, i);
    EsGapReason reason;
    const char *name = es_reply_text(gap, "reason");
    gint64 start_ms = es_reply_int(gap, "start_ms"), length_ms = es_reply_int(gap, "length_ms");
    if (name != NULL && length_ms >= SHORTEST_MS && es_gap_reason_parse(name, &reason) &&
        es_gap_reason_is_missing(reason))
      add(marks, start_ms, start_ms + length_ms, _("audio missing"));
  }
  g_array_sort(marks, by_start);
  return marks;
}

gint64 es_mark_listen_ms(const EsMark *mark) {
  return MAX(mark->start_ms - LEAD_MS, 0);
}

const EsMark *es_marks_find(const GArray *marks, gint64 position_ms, gboolean forward) {
  for (guint i = 0; i < marks->len; i++) {
    const EsMark *mark = &g_array_index(marks, EsMark, forward ? i : marks->len - 1 - i);
    gint64 from_ms = es_mark_listen_ms(mark);
    if (forward ? from_ms > position_ms : from_ms < position_ms - BACK_MS)
      return mark;
  }
  return NULL;
}
