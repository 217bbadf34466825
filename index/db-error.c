// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SQLite's result codes in our terms. The code decides what a person is told and with which exit status;
// the message names the file and keeps SQLite's own words where they add something.
#include "db-sqlite.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <errno.h>

static gboolean fail_io(EsDb *db, int extended, int saved_errno, GError **error) {
  if (extended == SQLITE_IOERR_SHORT_READ || extended == SQLITE_IOERR_CORRUPTFS) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the file is shorter than it should be or damaged"),
                db->path);
    return FALSE;
  }
  if (saved_errno == ENOSPC || saved_errno == EDQUOT || saved_errno == EFBIG) {
    g_set_error(error, ES_ERROR, ES_ERROR_NO_SPACE, _("%s: no space left to write"), db->path);
    return FALSE;
  }
  EsError code = saved_errno ? es_error_from_errno(saved_errno) : ES_ERROR_IO;
  g_set_error(error, ES_ERROR, code, _("%s: cannot be read or written: %s"), db->path,
              saved_errno ? g_strerror(saved_errno) : sqlite3_errstr(extended));
  return FALSE;
}

static void describe(int rc, EsError *code, const char **format) {
  switch (rc & 0xff) {
  case SQLITE_CORRUPT:
    *code = ES_ERROR_CORRUPT;
    *format = _("%s: the database is damaged (%s)");
    break;
  case SQLITE_NOTADB:
    *code = ES_ERROR_CORRUPT;
    *format = _("%s: this is not a database (%s)");
    break;
  case SQLITE_FULL:
    *code = ES_ERROR_NO_SPACE;
    *format = _("%s: no space left to write (%s)");
    break;
  case SQLITE_READONLY:
    *code = ES_ERROR_READ_ONLY;
    *format = _("%s: the library cannot be written (%s)");
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_PROTOCOL:
    *code = ES_ERROR_BUSY;
    *format = _("%s: another process is using the library; try again (%s)");
    break;
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_TOOBIG:
    *code = ES_ERROR_INVALID;
    *format = _("%s: refused: %s");
    break;
  default:
    *code = ES_ERROR_FAILED;
    *format = "%s: %s";
  }
}

// SQLite does not keep the errno of a commit that fails; callers clear errno before they call it.
gboolean es_db_fail(EsDb *db, int rc, GError **error) {
  int saved_errno = errno;
  int extended = sqlite3_extended_errcode(db->handle);
  if ((extended & 0xff) != (rc & 0xff))
    extended = rc;
  if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
    return fail_io(db, extended,
                   sqlite3_system_errno(db->handle) ? sqlite3_system_errno(db->handle) : saved_errno, error);
  EsError code;
  const char *format;
  describe(rc, &code, &format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  g_set_error(error, ES_ERROR, code, format, db->path, sqlite3_errmsg(db->handle));
#pragma GCC diagnostic pop
  return FALSE;
}
