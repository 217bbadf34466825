// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Threads that take items one after the other and hand what they made of them to the one that writes. When
// that one does not keep up they wait. Each has a reading handle of the index of its own.
#pragma once

#include "job.h"

typedef struct EsImportPool EsImportPool;

// items (of EsImportItem) are borrowed until the pool is freed.
EsImportPool *es_import_pool_new(EsImportShared *shared, const GPtrArray *items, guint threads,
                                 GError **error);
// What is begun is finished and dropped unless it was taken.
void es_import_pool_free(EsImportPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsImportPool, es_import_pool_free)

// The name of the file of this run that claimed the key before; NULL when it is this one's from now on. Any
// thread. Caller frees.
char *es_import_claim(EsImportShared *shared, const char *key, const char *name);

typedef enum { ES_POOL_DONE, ES_POOL_WAIT, ES_POOL_END } EsPoolStatus;
// Waits up to a tenth of a second. DONE: *done is the caller's. END: every item begun has been taken.
EsPoolStatus es_import_pool_take(EsImportPool *pool, EsImportDone **done);
