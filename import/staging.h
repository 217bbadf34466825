// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where an import keeps what is not yet in the library: spool/import-<id>/, locked while the import runs.
//
//   lock      held exclusively by the import that made the directory
//   <id>      a recording that is being made, or waits for its row
//   journal   paths of recordings that have been moved to their place and whose rows are not yet committed
//
// Steps for a batch of calls: journal written and flushed; recordings moved; flushed; rows committed; journal
// removed. Whatever is killed in between, the next import takes out of recordings/ what the journal names and
// the index does not know: the originals are still there, and are imported again.
#pragma once

#include "earshot/index/index.h"

typedef struct EsStaging EsStaging;

// Clears up behind killed imports, then makes a directory of its own.
EsStaging *es_staging_open(const char *library, EsIndex *index, GError **error);
// Removes the directory, unless rows could not be committed: then the next import takes the recordings back.
void es_staging_close(EsStaging *staging);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsStaging, es_staging_close)

// Where the recording of that id is made. Any thread. Caller frees.
char *es_staging_path(const EsStaging *staging, const char *id);
// Moves the recordings of calls (of EsCall; those without a file are passed over) to their place.
gboolean es_staging_place(EsStaging *staging, const GPtrArray *calls, GError **error);
// Their rows are committed.
void es_staging_committed(EsStaging *staging);
