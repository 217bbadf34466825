// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call of which a journal holds all that its recorder was told: learned about first, then recorded again.
//
// Threads: one owner.
#pragma once

#include "earshot/index/index.h"
#include "earshot/journal/journal.h"
#include "recovered-list.h"

typedef struct EsLeftCall EsLeftCall;

EsLeftCall *es_left_call_new(void);
// A .part that was begun stays.
void es_left_call_free(EsLeftCall *call);

// ---- first: what is known of it

void es_left_call_learn(EsLeftCall *call, const EsJournalRecord *record);
// TRUE when a row has to be made of it: it was not gone, and nobody (recovered: of earlier attempts) made its
// row since. FALSE without error otherwise.
gboolean es_left_call_is_left(EsLeftCall *call, EsIndex *index, const EsRecoveredList *recovered,
                              GError **error);

// Its row so far if the call had not ended; NULL if it had, or nothing is known. Borrowed.
const EsCall *es_left_call_open_row(const EsLeftCall *call);

// ---- then: all of it again

// Its file may take a descriptor that is held back. Before anything is said.
void es_left_call_insist(EsLeftCall *call);
gboolean es_left_call_insists(const EsLeftCall *call);
// parts: where its .part grows. TRUE in *ended for its end: nothing more is to come. FALSE when its file
// cannot be written.
gboolean es_left_call_say(EsLeftCall *call, const EsJournalRecord *record, const char *parts, gboolean *ended,
                          GError **error);
// Something that may have been of it could not be read, between what was said and what will be.
void es_left_call_torn(EsLeftCall *call);
// TRUE for one that nobody knows: it has packets (or ended, which of this run is sure), and all that told
// whose they are could not be read.
gboolean es_left_call_is_nameless(const EsLeftCall *call, gboolean ended);
// FALSE in *place: what still rang when its recorder died is going on in the row with its key, or has become
// it (sequel.h). own: of this run.
gboolean es_left_call_has_place(const EsCall *row, EsIndex *index, gboolean own, gboolean *place,
                                GError **error);
// Its row, owned by the caller, with its file in its place in library. NULL when that could not be written.
EsCall *es_left_call_finish(EsLeftCall *call, const char *library, const char *parts, GError **error);
