// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that have ended, on their way into the index: several in one transaction, none before its file is on
// disk where there is a journal (which then forgets the call).
//
// Threads: one owner.
#pragma once

#include "call.h"
#include "earshot/capture/capture.h"

typedef struct EsFinished EsFinished;

// All are borrowed; sink may be NULL.
EsFinished *es_finished_new(const EsCallContext *context, const EsCaptureSink *sink, EsCaptureStats *stats);
// What is not committed is left to the next start.
void es_finished_free(EsFinished *finished);

// Takes the row; call: what the journal knows it as, NULL if nothing.
void es_finished_add(EsFinished *finished, EsCall *row, EsJournalCall *call);
// Of EsCall, those that are not committed yet.
GPtrArray *es_finished_rows(EsFinished *finished);
// Whether it is time to commit: many wait, or the first of them long enough.
gboolean es_finished_are_many(const EsFinished *finished);
gboolean es_finished_are_due(const EsFinished *finished);
// Commits those whose files are on disk. wait: all, once they are.
gboolean es_finished_commit(EsFinished *finished, gboolean wait, GError **error);
