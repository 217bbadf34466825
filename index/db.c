// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Connections and transactions.
#include "db-sqlite.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <errno.h>

// sqlite3_open_v2 with a file: URI, so that immutable=1 can be said; the path is escaped.
static char *uri(const char *path, EsDbMode mode) {
  g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
  return g_strconcat("file:", escaped, mode == ES_DB_IMMUTABLE ? "?immutable=1" : "", NULL);
}

void es_db_set_patience(EsDb *db, int milliseconds) {
  sqlite3_busy_timeout(db->handle, milliseconds);
}

#define STEPS_BETWEEN_LOOKS 10000 // of SQLite's machine

gboolean es_db_is_out_of_time(const EsDb *db) {
  return db->until_us && g_get_monotonic_time() >= db->until_us;
}

static int look_at_time(void *db) {
  return es_db_is_out_of_time(db);
}

void es_db_limit_time(EsDb *db, gint64 until_us) {
  db->until_us = until_us;
  sqlite3_progress_handler(db->handle, until_us ? STEPS_BETWEEN_LOOKS : 0, until_us ? look_at_time : NULL,
                           db);
}

static int look_at_stop(void *stop) {
  return g_atomic_int_get((const gint *)stop) != 0;
}

void es_db_stop_when(EsDb *db, const gint *stop) {
  sqlite3_progress_handler(db->handle, stop ? STEPS_BETWEEN_LOOKS : 0, stop ? look_at_stop : NULL,
                           (void *)stop);
}

static int open_file(const char *path, int flags, int mode) {
  return es_descriptors_open(path, flags, (mode_t)mode);
}

// The index of a recorder must open its files even when nothing else can be.
static void use_own_calls(void) {
  static gsize once;
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (!g_once_init_enter(&once))
    return;
  vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_file);
  vfs->xSetSystemCall(vfs, "close", (sqlite3_syscall_ptr)es_descriptors_close);
  g_once_init_leave(&once, 1);
}

static gboolean prepare_connection(EsDb *db, int patience_ms, GError **error) {
  sqlite3_extended_result_codes(db->handle, 1);
  es_db_set_patience(db, patience_ms);
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  int rc = es_fold_tokenizer_register(db->handle);
  if (rc != SQLITE_OK)
    return es_db_fail(db, rc, error);
  return es_db_run_named(db, "settings", error);
}

EsDb *es_db_open(const char *path, EsDbMode mode, int patience_ms, GError **error) {
  g_autoptr(EsDb) db = g_new0(EsDb, 1);
  db->path = g_strdup(path);
  db->read_only = mode != ES_DB_WRITE;
  use_own_calls();
  db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *name = uri(path, mode);
  int flags =
      SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | (db->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  int rc = sqlite3_open_v2(name, &db->handle, flags, NULL);
  if (rc != SQLITE_OK) {
    es_db_fail(db, rc, error);
    return NULL;
  }
  // Opened for writing but only readable: SQLite falls back silently, we say so.
  if (!db->read_only && sqlite3_db_readonly(db->handle, "main") == 1) {
    g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY, _("%s: the library cannot be written"), path);
    return NULL;
  }
  if (!prepare_connection(db, patience_ms, error))
    return NULL;
  return g_steal_pointer(&db);
}

// Without the last connection's clearing up: what lies beside its path may be another's by now.
void es_db_abandon(EsDb *db) {
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  es_db_close(db);
}

const char *es_db_path(const EsDb *db) {
  return db->path;
}

gboolean es_db_is_read_only(const EsDb *db) {
  return db->read_only;
}

gboolean es_db_run(EsDb *db, const char *sql, GError **error) {
  errno = 0;
  int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK || es_db_fail(db, rc, error);
}

gboolean es_db_run_named(EsDb *db, const char *name, GError **error) {
  return es_db_run(db, es_sql(name), error);
}

gboolean es_db_number(EsDb *db, const char *name, gint64 fallback, gint64 *number, GError **error) {
  g_autoptr(EsStatement) statement = es_statement(db, name, error);
  if (!statement)
    return FALSE;
  EsStep step = es_step(statement, error);
  *number = step == ES_STEP_ROW ? es_column_int(statement, 0) : fallback;
  return step != ES_STEP_FAILED;
}

gboolean es_db_set_lasting(EsDb *db, gboolean lasting, GError **error) {
  g_return_val_if_fail(db->depth == 0, FALSE);
  if (db->passing == !lasting)
    return TRUE;
  if (!es_db_run_named(db, lasting ? "lasting" : "passing", error))
    return FALSE;
  db->passing = !lasting;
  return TRUE;
}

// SQLite would go on to write a file that nobody finds any more.
static gboolean check_in_place(EsDb *db, GError **error) {
  int moved = 0;
  sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved)
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: the file was moved, removed or replaced"), db->path);
  return !moved;
}

gboolean es_db_begin(EsDb *db, GError **error) {
  g_return_val_if_fail(db->depth == 0, FALSE);
  if (!check_in_place(db, error))
    return FALSE;
  if (!es_db_run_named(db, "begin", error))
    return FALSE;
  db->lasting |= !db->passing;
  db->depth = 1;
  return TRUE;
}

gboolean es_db_commit(EsDb *db, GError **error) {
  g_return_val_if_fail(db->depth == 1, FALSE);
  if (!es_db_run_named(db, "commit", error)) {
    es_db_rollback(db);
    return FALSE;
  }
  db->depth = 0;
  return TRUE;
}

// A full disk may have rolled back already; then there is nothing left to do.
void es_db_rollback(EsDb *db) {
  if (!sqlite3_get_autocommit(db->handle))
    es_db_run_named(db, "rollback", NULL);
  db->depth = 0;
}

gboolean es_db_enter(EsDb *db, GError **error) {
  if (db->read_only) {
    g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY, _("%s: the library is open for reading only"), db->path);
    return FALSE;
  }
  if (db->depth == 0)
    return es_db_begin(db, error);
  g_return_val_if_fail(db->depth == 1, FALSE);
  if (!es_db_run_named(db, "savepoint", error))
    return FALSE;
  db->depth = 2;
  return TRUE;
}

gboolean es_db_leave(EsDb *db, gboolean ok, GError **error) {
  if (db->depth == 1) {
    if (ok)
      return es_db_commit(db, error);
    es_db_rollback(db);
    return FALSE;
  }
  db->depth = 1;
  if (sqlite3_get_autocommit(db->handle))
    return FALSE;
  if (!ok)
    es_db_run_named(db, "rollback-inner", NULL);
  return es_db_run_named(db, "release", ok ? error : NULL) && ok;
}

guint64 es_db_changes(EsDb *db) {
  return (guint64)sqlite3_changes64(db->handle);
}

gint64 es_db_last_rowid(EsDb *db) {
  return sqlite3_last_insert_rowid(db->handle);
}
