// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "earshot/capture/capture.h"
#include "spool.h"

// Recovers what was left in a spool between es_spool_open and es_spool_share. *repaired grows by each call.
gboolean es_spool_recover(EsSpool *spool, gboolean alone, const char *library, EsIndex *index,
                          const EsCaptureSink *sink, guint *repaired, GError **error);
