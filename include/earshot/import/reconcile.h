// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The telephone system's calls held against the recordings: what was answered and not recorded, what was
// recorded and the telephone system does not know, and what the missing ones share.
#pragma once

#include "earshot/import/cdr.h"
#include "earshot/index/index.h"

typedef struct {
  gint64 from_us, until_us; // calls that start within; ES_UNKNOWN: as the records reach
  gint64 tolerance_ms;      // how far the starts of one call may lie apart where no id joins them
  gint64 least_ms;          // shorter calls are not compared
} EsReconcileOptions;

typedef enum { ES_CALL_MISSING, ES_CALL_PARTIAL, ES_CALL_UNKNOWN } EsReconcileKind;

typedef struct {
  EsReconcileKind kind;
  const EsCdrCall *cdr; // NULL of one that the telephone system does not know
  char *id;             // the row in the library; NULL if there is none
  char *reason;         // why it has no recording, or only a part; NULL if there is no row
  char *caller, *callee;
  gint64 started_us;
} EsReconcileCall;

// "31 of the 35 missing calls are on extensions 27xx, since 09:12; of 33 such calls since then."
typedef struct {
  const char *field; // extensions, extension, queue, trunk, technology, client, context, direction; time: the
                     // moments alone
  char *value;       // NULL for time
  guint missing;     // of the missing calls that are not told by an earlier pattern
  guint calls;       // of all calls compared, from since_us to until_us where they are known
  gint64 since_us, until_us; // nearly everything of this kind is missing within; ES_UNKNOWN: open
} EsReconcilePattern;

typedef struct {
  guint compared, recorded, missing, partial, unknown;
  gint64 offset_ms; // the recordings' clock less the telephone system's, where calls without ids tell
  gboolean offset_known;
  GPtrArray *calls;    // of EsReconcileCall, by kind, then time
  GPtrArray *patterns; // of EsReconcilePattern, the most telling first; none when nothing stands out
} EsReconciliation;

// cdr must outlive the result.
EsReconciliation *es_reconcile(EsIndex *index, const EsCdr *cdr, const EsReconcileOptions *options,
                               GError **error);
void es_reconciliation_free(EsReconciliation *reconciliation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsReconciliation, es_reconciliation_free)
