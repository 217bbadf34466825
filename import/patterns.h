// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What some calls share that the others do not.
#pragma once

#include "earshot/import/reconcile.h"

typedef struct {
  const EsCdrCall *cdr;
  gboolean missing;
} EsCompared;

// compared: of EsCompared, in order of their start. Of EsReconcilePattern.
GPtrArray *es_patterns_find(const GArray *compared);
