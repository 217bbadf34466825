// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A library in memory for the targets that need one. It is made anew every so often, so that it stays small
// and fast however long the fuzzer runs, and removed when the program ends.
#pragma once

#include "earshot/index/index.h"
#include "spool.h"
#include "worker.h"

typedef struct {
  char *path;
  EsIndex *index;
  guint used;
} EsFuzzLibrary;

EsFuzzLibrary *es_fuzz_library(void);
// Names of files in its spool, the lock aside.
guint es_fuzz_library_spooled(const EsFuzzLibrary *library);
// Checks what must hold of every row that the recorder makes, and removes its file; user_data is the library.
void es_fuzz_check_row(const EsCall *call, gpointer user_data);
// A worker of this configuration over the library, to which play tells a script; then every call has ended,
// as a row, and nothing is left behind.
void es_fuzz_worker(const char *config, void (*play)(EsWorker *worker, gpointer script), gpointer script);
