// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The only place that includes sqlite3.h; only the db-*.c files and the tokenizer include this.
#pragma once

#include "db.h"

#ifdef ES_SQLITE_EXTENSION
#include <sqlite3ext.h>
#else
#include <sqlite3.h>
#endif

struct EsDb {
  sqlite3 *handle;
  char *path;
  gboolean read_only;
  gboolean passing;       // what is written now need not outlive a loss of power
  gboolean lasting;       // something that must was written
  guint depth;            // 0 outside, 1 in a transaction, 2 in a savepoint within it
  gint64 until_us;        // monotonic; 0: statements may take as long as they do
  GHashTable *statements; // name → EsStatement
};

// Sets *error from the connection's last failure; always FALSE. rc is what the call returned.
gboolean es_db_fail(EsDb *db, int rc, GError **error);

// Registers the FTS5 tokenizer "earshot" on a connection. Returns an SQLite result code.
int es_fold_tokenizer_register(sqlite3 *handle);
