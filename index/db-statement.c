// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Prepared statements: one of each name is kept per connection. Asked for again while in use (a callback that
// queries), a second one is prepared and freed afterwards.
#include "db-sqlite.h"
#include "earshot/common/clock.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// The next connection reads it through: 64 pages take well under a millisecond.
#define LONGEST_LEFT_BYTES (256 * 1024)

struct EsStatement {
  EsDb *db;
  sqlite3_stmt *handle;
  gboolean kept;
  gboolean in_use;
};

static void statement_free(EsStatement *statement) {
  sqlite3_finalize(statement->handle);
  g_free(statement);
}

// The last connection merges the journal into the database, which waits for the disk several times. One that
// wrote nothing lasting leaves a short journal to a later one: the next reader finds everything either way.
static void leave_short_journal(EsDb *db) {
  g_autofree char *path = g_strconcat(db->path, "-wal", NULL);
  GStatBuf info;
  if (!db->lasting && g_stat(path, &info) == 0 && info.st_size < LONGEST_LEFT_BYTES)
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void es_db_close(EsDb *db) {
  if (!db)
    return;
  GHashTableIter iter;
  gpointer statement;
  g_hash_table_iter_init(&iter, db->statements);
  while (g_hash_table_iter_next(&iter, NULL, &statement))
    statement_free(statement);
  g_hash_table_unref(db->statements);
  leave_short_journal(db);
  sqlite3_close_v2(db->handle);
  g_free(db->path);
  g_free(db);
}

EsStatement *es_statement_of(EsDb *db, const char *sql, GError **error) {
  sqlite3_stmt *handle = NULL;
  int rc = sqlite3_prepare_v3(db->handle, sql, -1, 0, &handle, NULL);
  if (rc != SQLITE_OK) {
    es_db_fail(db, rc, error);
    return NULL;
  }
  EsStatement *statement = g_new0(EsStatement, 1);
  statement->db = db;
  statement->handle = handle;
  statement->in_use = TRUE;
  return statement;
}

EsStatement *es_statement(EsDb *db, const char *name, GError **error) {
  EsStatement *statement = g_hash_table_lookup(db->statements, name);
  if (statement && !statement->in_use) {
    statement->in_use = TRUE;
    return statement;
  }
  const char *sql = es_sql(name);
  g_assert(sql);
  EsStatement *fresh = es_statement_of(db, sql, error);
  if (fresh && !statement) {
    fresh->kept = TRUE;
    g_hash_table_insert(db->statements, g_strdup(name), fresh);
  }
  return fresh;
}

void es_statement_release(EsStatement *statement) {
  if (!statement)
    return;
  if (!statement->kept) {
    statement_free(statement);
    return;
  }
  sqlite3_reset(statement->handle);
  sqlite3_clear_bindings(statement->handle);
  statement->in_use = FALSE;
}

static int parameter(EsStatement *statement, const char *name) {
  int index = sqlite3_bind_parameter_index(statement->handle, name);
  if (G_UNLIKELY(index == 0))
    g_error("statement has no %s: %s", name, sqlite3_sql(statement->handle));
  return index;
}

gboolean es_statement_has(EsStatement *statement, const char *name) {
  return sqlite3_bind_parameter_index(statement->handle, name) > 0;
}

void es_bind_text(EsStatement *statement, const char *name, const char *value) {
  int index = parameter(statement, name);
  if (!value)
    sqlite3_bind_null(statement->handle, index);
  else if (g_utf8_validate(value, -1, NULL))
    sqlite3_bind_text(statement->handle, index, value, -1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text(statement->handle, index, g_utf8_make_valid(value, -1), -1, g_free);
}

void es_bind_int(EsStatement *statement, const char *name, gint64 value) {
  sqlite3_bind_int64(statement->handle, parameter(statement, name), value);
}

void es_bind_known(EsStatement *statement, const char *name, gint64 value) {
  int index = parameter(statement, name);
  if (value == ES_UNKNOWN)
    sqlite3_bind_null(statement->handle, index);
  else
    sqlite3_bind_int64(statement->handle, index, value);
}

void es_bind_real(EsStatement *statement, const char *name, double value) {
  int index = parameter(statement, name);
  if (isnan(value))
    sqlite3_bind_null(statement->handle, index);
  else
    sqlite3_bind_double(statement->handle, index, value);
}

void es_bind_blob(EsStatement *statement, const char *name, const void *data, gsize size) {
  sqlite3_bind_blob64(statement->handle, parameter(statement, name), data ? data : "", size,
                      SQLITE_TRANSIENT);
}

EsStep es_step(EsStatement *statement, GError **error) {
  errno = 0;
  int rc = sqlite3_step(statement->handle);
  if (rc == SQLITE_ROW)
    return ES_STEP_ROW;
  if (rc == SQLITE_DONE)
    return ES_STEP_DONE;
  es_db_fail(statement->db, rc, error);
  return ES_STEP_FAILED;
}

gboolean es_run(EsStatement *statement, GError **error) {
  EsStep step;
  do
    step = es_step(statement, error);
  while (step == ES_STEP_ROW);
  sqlite3_reset(statement->handle);
  return step == ES_STEP_DONE;
}

const char *es_column_text(EsStatement *statement, int column) {
  return (const char *)sqlite3_column_text(statement->handle, column);
}

const char *es_column_word(EsStatement *s, int column) {
  const char *text = es_column_text(s, column);
  return text ? text : "";
}

char *es_column_dup(EsStatement *statement, int column) {
  return g_strdup(es_column_text(statement, column));
}

gint64 es_column_int(EsStatement *statement, int column) {
  if (sqlite3_column_type(statement->handle, column) == SQLITE_NULL)
    return ES_UNKNOWN;
  return sqlite3_column_int64(statement->handle, column);
}

double es_column_real(EsStatement *statement, int column) {
  if (sqlite3_column_type(statement->handle, column) == SQLITE_NULL)
    return (double)NAN;
  return sqlite3_column_double(statement->handle, column);
}

const void *es_column_blob(EsStatement *statement, int column, gsize *size) {
  const void *data = sqlite3_column_blob(statement->handle, column);
  *size = (gsize)sqlite3_column_bytes(statement->handle, column);
  return data;
}

const char *es_column_name(EsStatement *statement, int column) {
  return sqlite3_column_name(statement->handle, column);
}
