// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a leg has no audio, and why. Two lists: absences, stretches that were written as silence and that
// nothing explains (yet), and gaps, which have a reason. A reason is given to what is absent only: audio from
// another stream of the leg, or a sender that falls silent by design, leaves no gap.
//
// Times are ticks (clock-map.h) on the capture's clock.
#pragma once

#include "earshot/common/ledger.h"

#define ES_GAPS_MAX 10000 // of a leg; beyond, neighbours are joined
#define ES_ABSENCES_MAX 32
#define ES_CLAIMS_MAX 16

typedef struct {
  gint64 start, end;
  EsGapReason reason;
} EsGapSpan;

typedef struct {
  GArray *gaps;                        // of EsGapSpan, by start, apart from one another
  gint64 missing;                      // ticks of gaps whose audio existed (es_gap_reason_is_missing)
  gint64 frontier;                     // what lies before is closed: absences there are final
  EsGapSpan absences[ES_ABSENCES_MAX]; // the latest; reason unused
  guint n_absences;
  EsGapSpan claims[ES_CLAIMS_MAX]; // reasons for stretches that are not closed yet
  guint n_claims;
} EsGapTable;

void es_gap_table_init(EsGapTable *table);
void es_gap_table_clear(EsGapTable *table);

// The stretch was written as silence.
void es_gap_table_absent(EsGapTable *table, gint64 start, gint64 end);
// Everything before frontier is written; claims on it are settled.
void es_gap_table_close(EsGapTable *table, gint64 frontier);
// Whatever is absent in the stretch, now or once it is closed, is so for this reason. The first reason stays.
void es_gap_table_claim(EsGapTable *table, gint64 start, gint64 end, EsGapReason reason);
// Audio that was thought lost came after all, too late.
void es_gap_table_came_late(EsGapTable *table, gint64 start, gint64 end);
// Forgets what lies outside [start, end).
void es_gap_table_clip(EsGapTable *table, gint64 start, gint64 end);
