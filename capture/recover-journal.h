// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the journals of runs that are over hold becomes rows: each call is recorded again from what had
// arrived for it, with the same means as a call that ends in the usual way. One that had ended becomes the
// row that it would have been, the others are "interrupted".
//
// Read twice in one go from the first record to the last: once to learn which calls are left, once to record
// them. A crash in between is recovered by the next start: rows that are committed are known by their key or
// by the list in spool/journal/<run>/recovered, and the journal goes last.
#pragma once

#include "earshot/capture/capture.h"
#include "spool.h"

typedef struct EsRecovery EsRecovery;

// In a thread with its own connection to the index. Beside those that capture it has a low priority, goes on
// looking for recorders that die meanwhile, and tries again what could not be read or written. All are
// borrowed until it is freed.
EsRecovery *es_recovery_start(EsSpool *spool, const char *library, const EsCaptureSink *sink,
                              gboolean beside);
// Waits until it is done; not for one beside others.
void es_recovery_wait(EsRecovery *recovery);
// How many calls became rows so far, and how many are known to be left. Any thread.
void es_recovery_progress(EsRecovery *recovery, guint *repaired, guint *left);
// Ends it where it is, unless it is done within a few seconds; the next start goes on. FALSE with what kept
// it from ending well by itself.
gboolean es_recovery_free(EsRecovery *recovery, GError **error);
