// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The two halves of a recovery: its thread, which decides when what is tried (recover-journal.c), and what is
// made of the journal of one run (recover-run.c).
#pragma once

#include "recover-journal.h"
#include <pthread.h>
#include <stdatomic.h>

// A call of this run, and where in the journal all that is known of it has been said.
typedef struct {
  EsJournalCall *call;
  guint64 position;
  char *key;           // its source_key; NULL
  gconstpointer owner; // of the key
} Own;

struct EsRecovery {
  EsSpool *spool;
  const char *library;
  const EsCaptureSink *sink;
  gboolean beside; // others capture meanwhile
  GThread *thread;
  GError *error; // of the thread; read once it is joined
  EsLeftBehind *behind;
  // Of the thread alone:
  char *told;                // what was at fault with others when it last told of it
  gboolean failing, hurried; // with calls of this run; the last attempt is made
  gboolean others_failing;   // it could not make all that others left
  gint64 others_us, own_us;  // the next look at others and at calls of this run, monotonic
  guint64 own_unreadable;    // bytes of this run's journal, when it was read last
  // Between the owner and the thread:
  atomic_bool stop, done;
  atomic_uint repaired, left;          // of other runs
  atomic_uint recorded, partial, none; // of this one
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  GArray *own;  // of Own, to be made
  GArray *made; // of Own, whose keys were not taken yet
  gboolean ending;
};

// A run that is over and claimed (es_spool_claim_run). Its thread.
typedef struct EsRecoveryRun EsRecoveryRun;

// Learns which calls its journal holds, and tells left-behind.h of those that were open. NULL with an error,
// or without one when told to stop. index and directory are borrowed.
EsRecoveryRun *es_recovery_run_learn(EsRecovery *r, EsIndex *index, const char *directory, GError **error);
// How many calls are not yet rows.
guint es_recovery_run_left(const EsRecoveryRun *run);
// Makes rows of them and removes the journal; counts down what is left. FALSE with an error, or without one
// when told to stop.
gboolean es_recovery_run_make(EsRecoveryRun *run, GError **error);
void es_recovery_run_free(EsRecoveryRun *run);
// Makes rows of these calls of this run (EsJournalCall by number), whose journal stays.
gboolean es_recovery_do_own(EsRecovery *r, EsIndex *index, GHashTable *calls, GError **error);
