// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing an index.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define FEW 5000

static gboolean make_library(const char *library, const char *path, GError **error) {
  if (g_mkdir_with_parents(library, 0700) != 0)
    return es_set_errno(error, errno, "%s", library);
  return g_file_test(path, G_FILE_TEST_EXISTS) || es_schema_create(path, error);
}

// How to read. A folder that can be written, or one that a running writer has open (its shared memory is
// there), is read as usual. Else nobody can change the file while we look, unless a WAL waits to be merged:
// without it calls would be missing silently.
static gboolean choose_reading(const char *library, const char *path, EsDbMode *mode, GError **error) {
  g_autofree char *wal = g_strconcat(path, "-wal", NULL);
  g_autofree char *shared = g_strconcat(path, "-shm", NULL);
  GStatBuf info;
  *mode = ES_DB_READ;
  if (access(library, W_OK) == 0 || access(shared, R_OK) == 0)
    return TRUE;
  *mode = ES_DB_IMMUTABLE;
  if (g_stat(wal, &info) != 0 || info.st_size == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY,
              _("%s: recent calls are still in index.sqlite-wal, and the folder cannot be written to merge "
                "them; open a copy that can be written"),
              path);
  return FALSE;
}

static gboolean check_file(const char *library, const char *path, GError **error) {
  GStatBuf info;
  if (g_stat(path, &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      return es_set_errno(error, errno, "%s", path);
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("%s: there is no library here"), library);
    return FALSE;
  }
  if (info.st_size > 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the database is empty, its content is lost"), path);
  return FALSE;
}

// A WAL database needs files beside it to be written, so a writable file alone is not enough.
static gboolean check_writable(const char *library, const char *path, GError **error) {
  if (access(library, W_OK) == 0 && access(path, W_OK) == 0)
    return TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY, _("%s: the library cannot be written (%s)"), path,
              g_strerror(errno));
  return FALSE;
}

static EsDb *open_db(const char *library, EsIndexMode mode, int patience_ms, gboolean may_migrate,
                     GError **error) {
  g_autofree char *path = g_build_filename(library, "index.sqlite", NULL);
  if (mode == ES_INDEX_CREATE && !make_library(library, path, error))
    return NULL;
  if (!check_file(library, path, error))
    return NULL;
  if (mode != ES_INDEX_READ && !check_writable(library, path, error))
    return NULL;
  EsDbMode access_mode = ES_DB_WRITE;
  if (mode == ES_INDEX_READ && !choose_reading(library, path, &access_mode, error))
    return NULL;
  g_autoptr(EsDb) db = es_db_open(path, access_mode, patience_ms, error);
  if (!db || !es_schema_prepare(db, may_migrate, error))
    return NULL;
  return g_steal_pointer(&db);
}

EsIndex *es_index_open(const char *library, EsIndexMode mode, GError **error) {
  g_autoptr(EsDb) db = open_db(library, mode, ES_INDEX_PATIENCE_MS, TRUE, error);
  if (!db)
    return NULL;
  EsIndex *index = g_new0(EsIndex, 1);
  index->few = FEW;
  index->library = g_strdup(library);
  index->db = g_steal_pointer(&db);
  return index;
}

gboolean es_index_reopen(EsIndex *index, int patience_ms, GError **error) {
  EsDb *db = open_db(index->library, ES_INDEX_WRITE, patience_ms, FALSE, error);
  if (!db)
    return FALSE;
  es_db_abandon(index->db);
  index->db = db;
  return TRUE;
}

void es_index_close(EsIndex *index) {
  if (!index)
    return;
  es_db_close(index->db);
  g_free(index->library);
  g_free(index);
}

const char *es_index_library(const EsIndex *index) {
  return index->library;
}

gboolean es_index_is_read_only(const EsIndex *index) {
  return es_db_is_read_only(index->db);
}

void es_index_set_patience(EsIndex *index, int milliseconds) {
  es_db_set_patience(index->db, milliseconds);
}

gboolean es_index_begin(EsIndex *index, GError **error) {
  if (es_db_is_read_only(index->db)) {
    g_set_error(error, ES_ERROR, ES_ERROR_READ_ONLY, _("%s: the library is open for reading only"),
                es_db_path(index->db));
    return FALSE;
  }
  return es_db_begin(index->db, error);
}

gboolean es_index_commit(EsIndex *index, GError **error) {
  return es_db_commit(index->db, error);
}

void es_index_rollback(EsIndex *index) {
  es_db_rollback(index->db);
}

gboolean es_run_for_call(EsIndex *index, const char *name, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, name, error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  return es_run(s, error);
}
