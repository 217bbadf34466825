// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A thin layer over SQLite: connections, statements by name, transactions, errors in our own terms.
// Statements stand in sql/*.sql, each under a line "-- @name", and are prepared once per connection.
#pragma once

#include <glib.h>

typedef struct EsDb EsDb;
typedef struct EsStatement EsStatement;

typedef enum {
  ES_DB_READ,      // reads; the WAL's shared memory must be there or makeable
  ES_DB_IMMUTABLE, // reads a file that nobody can change (read-only media): no locks, no WAL
  ES_DB_WRITE,
} EsDbMode;

// Opens an existing file. Errors name it. patience_ms: for others that have it locked.
EsDb *es_db_open(const char *path, EsDbMode mode, int patience_ms, GError **error);
void es_db_close(EsDb *db);
void es_db_abandon(EsDb *db); // its file may be another's by now
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsDb, es_db_close)
// How long a statement waits for another process's lock; 5 s unless told otherwise.
void es_db_set_patience(EsDb *db, int milliseconds);
// Statements that still run then (monotonic time) fail; 0: no limit.
void es_db_limit_time(EsDb *db, gint64 until_us);
gboolean es_db_is_out_of_time(const EsDb *db);
// Statements that run while *stop is not 0 fail; NULL: no such end. Not together with a limit of time.
void es_db_stop_when(EsDb *db, const gint *stop);
const char *es_db_path(const EsDb *db);
gboolean es_db_is_read_only(const EsDb *db);

// The text of a named statement, of a whole .sql file; static. NULL if there is none.
const char *es_sql(const char *name);
GBytes *es_sql_file(const char *file);

// Runs a script of one or more statements that give no rows of interest.
gboolean es_db_run(EsDb *db, const char *sql, GError **error);
gboolean es_db_run_named(EsDb *db, const char *name, GError **error);
// The one number that a named statement gives; fallback when there is no row.
gboolean es_db_number(EsDb *db, const char *name, gint64 fallback, gint64 *number, GError **error);

// A transaction that spans several writing calls.
gboolean es_db_begin(EsDb *db, GError **error);
gboolean es_db_commit(EsDb *db, GError **error);
void es_db_rollback(EsDb *db);
// Whether what is written from now on must be on the disk when it is committed (it must, until told
// otherwise). If not, a commit waits for no disk: the end of the process loses nothing, the loss of power the
// last of these commits, up to the next lasting one. Not inside a transaction.
gboolean es_db_set_lasting(EsDb *db, gboolean lasting, GError **error);
// Brackets one writing call: its own transaction, or a savepoint inside es_db_begin's. es_db_leave undoes
// everything since es_db_enter unless ok, and returns ok && the commit worked.
gboolean es_db_enter(EsDb *db, GError **error);
gboolean es_db_leave(EsDb *db, gboolean ok, GError **error);

// A named statement, ready to bind; given back (or freed) by es_statement_release.
EsStatement *es_statement(EsDb *db, const char *name, GError **error);
// A statement made of pieces.
EsStatement *es_statement_of(EsDb *db, const char *sql, GError **error);
void es_statement_release(EsStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsStatement, es_statement_release)

// Names start with ':'. NULL, ES_UNKNOWN and NAN become NULL; invalid UTF-8 is made valid. A name that the
// statement does not have is a mistake of ours and aborts.
void es_bind_text(EsStatement *statement, const char *name, const char *value);
void es_bind_int(EsStatement *statement, const char *name, gint64 value);
void es_bind_known(EsStatement *statement, const char *name, gint64 value); // ES_UNKNOWN → NULL
void es_bind_real(EsStatement *statement, const char *name, double value);
void es_bind_blob(EsStatement *statement, const char *name, const void *data, gsize size);
gboolean es_statement_has(EsStatement *statement, const char *name);

typedef enum { ES_STEP_FAILED, ES_STEP_ROW, ES_STEP_DONE } EsStep;
EsStep es_step(EsStatement *statement, GError **error);
// Runs a statement to its end and makes it ready to be bound again.
gboolean es_run(EsStatement *statement, GError **error);
guint64 es_db_changes(EsDb *db); // rows changed by the last statement
gint64 es_db_last_rowid(EsDb *db);

const char *es_column_text(EsStatement *statement, int column); // valid until the next step
// Of a column that is never NULL: "" where a damaged page says that it is.
const char *es_column_word(EsStatement *statement, int column);
char *es_column_dup(EsStatement *statement, int column);
gint64 es_column_int(EsStatement *statement, int column);  // NULL → ES_UNKNOWN
double es_column_real(EsStatement *statement, int column); // NULL → NAN
const void *es_column_blob(EsStatement *statement, int column, gsize *size);
const char *es_column_name(EsStatement *statement, int column);
