// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "earshot/capture/capture.h"
#include "spool.h"

// Recovers everything in a spool that es_spool_open found alone. *repaired grows by each call.
gboolean es_spool_recover(EsSpool *spool, const char *library, EsIndex *index, const EsCaptureSink *sink,
                          guint *repaired, GError **error);
