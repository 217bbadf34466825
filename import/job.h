// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One recording from its original to a file in the staging directory and a row that waits to be written. Runs
// in any thread; what threads share is in EsImportShared.
#pragma once

#include <pthread.h>

#include "earshot/encode/transcode.h"
#include "plan.h"
#include "staging.h"

typedef struct {
  // Set before the threads start, then only read.
  const EsImportOptions *options;
  EsRecordingSettings settings;
  EsStaging *staging; // NULL in a dry run
  GTimeZone *zone;
  // Guarded by mutex.
  pthread_mutex_t mutex;
  GHashTable *claimed; // digest → name of the file of this run that has it
} EsImportShared;

typedef enum {
  ES_IMPORT_STORE,  // call is to be stored
  ES_IMPORT_KNOWN,  // imported before; message if it came under another name or time
  ES_IMPORT_FAILED, // message says why
} EsImportStatus;

typedef struct {
  const EsImportItem *item;
  EsImportStatus status;
  EsCall *call;
  GPtrArray *cues; // of EsCue; NULL without a transcript
  char *message;   // for people; may be NULL
} EsImportDone;

void es_import_done_free(EsImportDone *done);

// index: a handle of this thread, for reading.
EsImportDone *es_import_job(EsImportShared *shared, EsIndex *index, const EsImportItem *item);

// ---- row.c

// What is known when the sound has been read becomes the call's row; guesses become events.
void es_import_complete(const EsImportItem *item, GTimeZone *zone, const EsSound *sound, EsCall *call);
// Whether consent in this state keeps sound and words out.
gboolean es_import_refused(const char *consent_state);
// Roles of the legs in order, "customer,agent". Caller frees.
char *es_import_roles(const EsCall *call);
// Which channel is whose: roles[0] is leg 0's. *swap: the right channel is leg 0.
void es_import_channel_roles(const char *left, const EsCall *stated, const char *roles[2], gboolean *swap);
