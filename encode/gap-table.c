// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "gap-table.h"

#include <string.h>

#define TOUCHING 48 // ticks: gaps less than a millisecond apart are one

#define GAP(table, i) g_array_index((table)->gaps, EsGapSpan, i)

void es_gap_table_init(EsGapTable *table) {
  memset(table, 0, sizeof *table);
  table->gaps = g_array_new(FALSE, FALSE, sizeof(EsGapSpan));
}

void es_gap_table_clear(EsGapTable *table) {
  g_clear_pointer(&table->gaps, g_array_unref);
}

static gboolean joins(const EsGapSpan *a, const EsGapSpan *b, gint64 apart) {
  return a->reason == b->reason && b->start - a->end < apart;
}

// Joins neighbours of the same reason over ever longer distances until half the table is free. What is
// missing in all is counted apart and stays right.
static void make_room(EsGapTable *table) {
  for (gint64 apart = TOUCHING * 20; table->gaps->len > ES_GAPS_MAX / 2 && apart < G_MAXINT64 / 2;
       apart *= 2) {
    guint kept = 0;
    for (guint i = 1; i < table->gaps->len; i++)
      if (joins(&GAP(table, kept), &GAP(table, i), apart))
        GAP(table, kept).end = GAP(table, i).end;
      else
        GAP(table, ++kept) = GAP(table, i);
    g_array_set_size(table->gaps, kept + 1);
  }
  if (table->gaps->len >= ES_GAPS_MAX) // reasons alternate without end; the oldest go
    g_array_remove_range(table->gaps, 0, ES_GAPS_MAX / 2);
}

static void join_at(EsGapTable *table, guint i) {
  if (i + 1 < table->gaps->len && joins(&GAP(table, i), &GAP(table, i + 1), TOUCHING)) {
    GAP(table, i).end = MAX(GAP(table, i).end, GAP(table, i + 1).end);
    g_array_remove_index(table->gaps, i + 1);
  }
}

static void add_gap(EsGapTable *table, gint64 start, gint64 end, EsGapReason reason) {
  EsGapSpan gap = {start, end, reason};
  if (start >= end)
    return;
  if (es_gap_reason_is_missing(reason))
    table->missing += end - start;
  if (table->gaps->len >= ES_GAPS_MAX)
    make_room(table);
  guint at = table->gaps->len;
  while (at > 0 && GAP(table, at - 1).start > start)
    at--;
  g_array_insert_val(table->gaps, at, gap);
  join_at(table, at);
  if (at > 0)
    join_at(table, at - 1);
}

static void remove_absence(EsGapTable *table, guint i) {
  table->n_absences--;
  memmove(&table->absences[i], &table->absences[i + 1], (table->n_absences - i) * sizeof table->absences[0]);
}

static void insert_absence(EsGapTable *table, guint at, gint64 start, gint64 end) {
  if (start >= end)
    return;
  if (table->n_absences == ES_ABSENCES_MAX) { // the oldest will not be explained any more
    remove_absence(table, 0);
    at = at > 0 ? at - 1 : 0;
  }
  memmove(&table->absences[at + 1], &table->absences[at],
          (table->n_absences - at) * sizeof table->absences[0]);
  table->absences[at].start = start;
  table->absences[at].end = end;
  table->n_absences++;
}

void es_gap_table_absent(EsGapTable *table, gint64 start, gint64 end) {
  EsGapSpan *last = table->n_absences > 0 ? &table->absences[table->n_absences - 1] : NULL;
  if (last && last->end == start)
    last->end = end;
  else
    insert_absence(table, table->n_absences, start, end);
}

// Turns what is absent in [start, end) into gaps.
static void settle(EsGapTable *table, gint64 start, gint64 end, EsGapReason reason) {
  for (guint i = table->n_absences; i-- > 0;) {
    gint64 from = MAX(start, table->absences[i].start), to = MIN(end, table->absences[i].end);
    if (from >= to)
      continue;
    EsGapSpan absence = table->absences[i];
    remove_absence(table, i);
    insert_absence(table, i, to, absence.end);
    insert_absence(table, MIN(i, table->n_absences), absence.start, from);
    add_gap(table, from, to, reason);
  }
}

void es_gap_table_claim(EsGapTable *table, gint64 start, gint64 end, EsGapReason reason) {
  if (start >= end)
    return;
  settle(table, start, MIN(end, table->frontier), reason);
  EsGapSpan rest = {MAX(start, table->frontier), end, reason};
  EsGapSpan *last = table->n_claims > 0 ? &table->claims[table->n_claims - 1] : NULL;
  if (rest.start >= rest.end)
    return;
  if (last && last->reason == reason && last->end >= rest.start && last->start <= rest.start)
    last->end = MAX(last->end, rest.end);
  else if (table->n_claims < ES_CLAIMS_MAX)
    table->claims[table->n_claims++] = rest;
}

void es_gap_table_close(EsGapTable *table, gint64 frontier) {
  guint kept = 0;
  table->frontier = frontier;
  for (guint i = 0; i < table->n_claims; i++) {
    EsGapSpan claim = table->claims[i];
    settle(table, claim.start, MIN(claim.end, frontier), claim.reason);
    claim.start = MAX(claim.start, frontier);
    if (claim.start < claim.end)
      table->claims[kept++] = claim;
  }
  table->n_claims = kept;
}

// Cuts [start, end) out of the lost gap i and puts it back as late.
static void relabel(EsGapTable *table, guint i, gint64 start, gint64 end) {
  EsGapSpan gap = GAP(table, i);
  g_array_remove_index(table->gaps, i);
  table->missing -= gap.end - gap.start;
  add_gap(table, gap.start, start, ES_GAP_LOST);
  add_gap(table, end, gap.end, ES_GAP_LOST);
  add_gap(table, start, end, ES_GAP_LATE);
}

void es_gap_table_came_late(EsGapTable *table, gint64 start, gint64 end) {
  for (guint i = table->gaps->len; i-- > 0 && GAP(table, i).end > start;)
    if (GAP(table, i).reason == ES_GAP_LOST && GAP(table, i).start < end) {
      relabel(table, i, MAX(start, GAP(table, i).start), MIN(end, GAP(table, i).end));
      break; // a packet's audio lies in one gap
    }
  es_gap_table_claim(table, start, end, ES_GAP_LATE);
}

void es_gap_table_clip(EsGapTable *table, gint64 start, gint64 end) {
  guint kept = 0;
  for (guint i = 0; i < table->gaps->len; i++) {
    EsGapSpan gap = GAP(table, i);
    gint64 from = MAX(gap.start, start), to = MIN(gap.end, end);
    if (es_gap_reason_is_missing(gap.reason))
      table->missing -= (gap.end - gap.start) - MAX(to - from, 0);
    gap.start = from;
    gap.end = to;
    if (from < to)
      GAP(table, kept++) = gap;
  }
  g_array_set_size(table->gaps, kept);
}
