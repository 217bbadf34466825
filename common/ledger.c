// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/ledger.h"

static const char *const names[] = {
    [ES_GAP_LOST] = "lost",       [ES_GAP_LATE] = "late",     [ES_GAP_UNDECODABLE] = "undecodable",
    [ES_GAP_MASKED] = "masked",   [ES_GAP_PAUSED] = "paused", [ES_GAP_HOLD] = "hold",
    [ES_GAP_DROPPED] = "dropped", [ES_GAP_SILENT] = "silent",
};

const char *es_gap_reason_name(EsGapReason reason) {
  return names[reason];
}

gboolean es_gap_reason_parse(const char *name, EsGapReason *reason) {
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_strcmp0(names[i], name) == 0) {
      *reason = (EsGapReason)i;
      return TRUE;
    }
  return FALSE;
}

gboolean es_gap_reason_is_missing(EsGapReason reason) {
  return reason == ES_GAP_LOST || reason == ES_GAP_LATE || reason == ES_GAP_UNDECODABLE ||
         reason == ES_GAP_DROPPED;
}
