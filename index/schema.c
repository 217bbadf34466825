// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Making and migrating the database. sql/schema-NNN.sql takes version NNN-1 to NNN; each runs in one
// transaction with its row of schema_history and its PRAGMA user_version, so a step is done or it is not. A
// new database is made under another name and linked into place: whoever finds index.sqlite finds it whole,
// and an empty file of that name is damage, never a beginning.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define APPLICATION_ID 1163085908 // "ESHT"

int es_index_schema_version(void) {
  return ES_SCHEMA_VERSION;
}

static gboolean write_history(EsDb *db, int version, GError **error) {
  g_autoptr(EsStatement) statement = es_statement(db, "schema-history", error);
  if (!statement)
    return FALSE;
  es_bind_int(statement, ":version", version);
  es_bind_int(statement, ":applied_us", g_get_real_time());
  es_bind_text(statement, ":program", "earshot " ES_VERSION);
  return es_run(statement, error);
}

// Runs inside a transaction. Another process may have migrated while we waited for the lock.
static gboolean migrate_one(EsDb *db, int version, GError **error) {
  gint64 now;
  if (!es_db_number(db, "user-version", 0, &now, error))
    return FALSE;
  if (now >= version)
    return TRUE;
  g_autofree char *file = g_strdup_printf("schema-%03d.sql", version);
  g_autoptr(GBytes) bytes = es_sql_file(file);
  g_assert(bytes);
  gsize size;
  const char *data = g_bytes_get_data(bytes, &size);
  g_autofree char *script = g_strndup(data, size);
  g_autofree char *bump = g_strdup_printf("PRAGMA user_version = %d", version);
  if (es_db_run(db, script, error) && write_history(db, version, error) && es_db_run(db, bump, error))
    return TRUE;
  g_prefix_error(error, _("migrating the index to schema %d: "), version);
  return FALSE;
}

static gboolean migrate(EsDb *db, int from, GError **error) {
  for (int version = from + 1; version <= ES_SCHEMA_VERSION; version++) {
    if (!es_db_begin(db, error))
      return FALSE;
    gboolean ok = migrate_one(db, version, error);
    if (!es_db_leave(db, ok, error))
      return FALSE;
  }
  return TRUE;
}

gboolean es_schema_prepare(EsDb *db, gboolean may_migrate, GError **error) {
  gint64 application, version;
  if (!es_db_number(db, "application-id", 0, &application, error) ||
      !es_db_number(db, "user-version", 0, &version, error))
    return FALSE;
  if (application != APPLICATION_ID || version < 1) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: this is not an Earshot index"), es_db_path(db));
    return FALSE;
  }
  if (version > ES_SCHEMA_VERSION) {
    g_set_error(error, ES_ERROR, ES_ERROR_NEWER_VERSION,
                _("%s: the library was written by a newer Earshot (schema %d, this program knows %d)"),
                es_db_path(db), (int)version, ES_SCHEMA_VERSION);
    return FALSE;
  }
  if (version < ES_SCHEMA_VERSION && es_db_is_read_only(db)) {
    g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY,
                _("%s: the library is older (schema %d, this program needs %d) and open for reading only"),
                es_db_path(db), (int)version, ES_SCHEMA_VERSION);
    return FALSE;
  }
  if (version < ES_SCHEMA_VERSION && !may_migrate) {
    g_set_error(
        error, ES_ERROR, ES_ERROR_READ_ONLY,
        _("%s: what was put in the place of the library's index is older (schema %d, this program needs "
          "%d); it is brought up to date when recording starts again"),
        es_db_path(db), (int)version, ES_SCHEMA_VERSION);
    return FALSE;
  }
  return version == ES_SCHEMA_VERSION || migrate(db, (int)version, error);
}

static gboolean fill(const char *path, GError **error) {
  g_autoptr(EsDb) db = es_db_open(path, ES_DB_WRITE, ES_INDEX_PATIENCE_MS, error);
  return db && migrate(db, 0, error) && es_db_run_named(db, "journal-wal", error);
}

static gboolean sync_folder(const char *path, GError **error) {
  g_autofree char *folder = g_path_get_dirname(path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) {
    es_set_errno(error, errno, "%s", folder);
    if (fd >= 0)
      close(fd);
    return FALSE;
  }
  close(fd);
  return TRUE;
}

static void remove_with_journals(const char *path) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    g_autofree char *name = g_strconcat(path, suffixes[i], NULL);
    g_unlink(name);
  }
}

gboolean es_schema_create(const char *path, GError **error) {
  g_autofree char *draft = g_strconcat(path, ".new-XXXXXX", NULL);
  int fd = g_mkstemp_full(draft, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return es_set_errno(error, errno, "%s", draft);
  close(fd);
  gboolean ok = fill(draft, error);
  if (ok && link(draft, path) != 0 && errno != EEXIST)
    ok = es_set_errno(error, errno, "%s", path);
  ok = ok && sync_folder(path, error);
  remove_with_journals(draft);
  return ok;
}
