// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the machine has left, looked at now and then for all threads of a run that keep calls; each then does
// its part.
//
// Threads: any, but new and free.
#pragma once

#include "earshot/capture/capture.h"
#include "earshot/journal/journal.h"
#include "overload-settings.h"
#include "overload.h"

typedef struct EsShedding EsShedding;

// What a journal may take of the disk that has none yet.
guint64 es_shedding_journal_limit(const EsOverloadSettings *settings, const char *library);

// journal: NULL where there is none.
EsShedding *es_shedding_new(const EsOverloadSettings *settings, const char *library, EsJournal *journal);
void es_shedding_free(EsShedding *shedding);

// What holds now. figures may be NULL.
EsOverload es_shedding_look(EsShedding *shedding, EsOverloadFigures *figures);
void es_shedding_add_stats(EsShedding *shedding, EsCaptureStats *stats);
