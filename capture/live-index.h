// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The index while calls are open: what is read there (was this call seen before, who has this extension)
// makes rows better, and none of it is worth a call. Where calls are live, an index that cannot be read
// answers "nobody knows", and what cannot be written waits. Files can be read again: for them each failure is
// one.
//
// Threads: one owner.
#pragma once

#include "earshot/capture/capture.h"

typedef struct EsLiveIndex EsLiveIndex;

// index and sink are borrowed; sink may be NULL.
EsLiveIndex *es_live_index_new(EsIndex *index, gboolean live, const EsCaptureSink *sink);
void es_live_index_free(EsLiveIndex *index);

// Takes failed, told at most once a minute. TRUE: go on without what was asked; FALSE with *error.
gboolean es_live_index_excuses(EsLiveIndex *index, GError *failed, GError **error);

// As es_index_set_group, now or later; what waits is lost with the process.
gboolean es_live_index_set_group(EsLiveIndex *index, const char *id, const char *group, const char *former,
                                 GError **error);
// The group that this call will have; NULL: what the index says.
const char *es_live_index_group(const EsLiveIndex *index, const char *id);
// How many such calls wait.
guint es_live_index_waiting(const EsLiveIndex *index);
// Writes what waits. wait: with all patience.
gboolean es_live_index_settle(EsLiveIndex *index, gboolean wait, GError **error);
