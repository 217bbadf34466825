// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the journals of runs that are over hold becomes rows: each call is recorded again from what had
// arrived for it, with the same means as a call that ends in the usual way. One that had ended becomes the
// row that it would have been, the others are "interrupted".
//
// So do calls of this run that could not be written: they are made of its own journal when the disk is well
// again. What fails is tried again every ten seconds beside a live recorder, and told once.
//
// Read twice in one go from the first record to the last: once to learn which calls are left, of all runs
// before any is made, once to record them. A crash in between is recovered by the next start: rows that are
// committed are known by their key or by the list in spool/journal/<run>/recovered, and the journal goes
// last.
#pragma once

#include "earshot/capture/capture.h"
#include "left-behind.h"
#include "spool.h"

typedef struct EsRecovery EsRecovery;

// In a thread with its own connection to the index. Beside those that capture it has a low priority, goes on
// looking for recorders that die meanwhile, and tries again what could not be read or written. All are
// borrowed until it is freed.
EsRecovery *es_recovery_start(EsSpool *spool, const char *library, const EsCaptureSink *sink,
                              gboolean beside);
// A call of this run that has ended, with what its row will be in the journal; taken. Any thread. Its row
// comes when what was said of it can be read, its file written and its row committed. key: its source_key,
// taken, may be NULL; its owner lets nobody else use it until then.
void es_recovery_add(EsRecovery *recovery, EsJournalCall *call, gconstpointer owner, char *key);
// The keys (char *) of this owner whose rows came since it asked last; caller unrefs. Any thread.
GPtrArray *es_recovery_take_keys(EsRecovery *recovery, gconstpointer owner);
// What it knows of open calls that other runs left. Any thread; lives as long as it.
EsLeftBehind *es_recovery_left_behind(EsRecovery *recovery);
// Waits until it is done; beside a live recorder for a few seconds, then it ends where it is and the next
// start goes on.
void es_recovery_wait(EsRecovery *recovery);
// Adds the calls that became rows so far; and how many of other runs are known to be left. Any thread.
void es_recovery_add_stats(EsRecovery *recovery, EsCaptureStats *stats);
// After es_recovery_wait. FALSE with what kept it from ending well.
gboolean es_recovery_free(EsRecovery *recovery, GError **error);
