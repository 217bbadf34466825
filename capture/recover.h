// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "earshot/capture/capture.h"
#include "spool.h"

// Recovers what was left in a spool between es_spool_open and es_spool_share. *repaired grows by each call.
// One that cannot be recovered keeps none of the others; FALSE then, but live: it is told, and left to the
// next start.
gboolean es_spool_recover(EsSpool *spool, gboolean alone, gboolean live, const char *library, EsIndex *index,
                          const EsCaptureSink *sink, guint *repaired, GError **error);
