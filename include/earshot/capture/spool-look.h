// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What lies in the spool of a library, and whose it is. Only looks: may run beside recorders.
#pragma once

#include <glib.h>

typedef enum {
  ES_SPOOL_OPEN,    // of a recorder or import that runs
  ES_SPOOL_LEFT,    // of one that is over: the next start takes it up
  ES_SPOOL_REFUSED, // of a call that the index refused: a person has to bring it in
  ES_SPOOL_FOREIGN, // nothing that a recorder made
} EsSpoolOwner;

typedef struct {
  const char *name; // within spool/
  const char *call; // id of the call that it belongs to; NULL
  EsSpoolOwner owner;
} EsSpoolEntry;
typedef void (*EsSpoolFunc)(const EsSpoolEntry *entry, gpointer user_data);

// Calls func for everything there that a reader should know of; *running gets whether any recorder runs. A
// library without a spool has nothing there.
gboolean es_spool_look(const char *library, EsSpoolFunc func, gboolean *running, gpointer user_data,
                       GError **error);
