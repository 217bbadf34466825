// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What library.verify is made of. Rows are held against their files (verify-rows.c, each by verify-file.c in
// threads of lowest priority), files against their rows (verify-walk.c), the spool against who runs
// (verify-spool.c). Nothing here changes anything.
//
// Beside a running recorder a finding may only be a moment between two steps: such findings are suspects,
// which are looked at once more at the end (es_verify_settle).
#pragma once

#include "earshot/index/check.h"
#include "operation.h"

typedef struct {
  EsRequest *request;
  gboolean fast;
  EsFileRange range;
  guint threads;
  gint stop;           // atomic
  gboolean busy;       // a recorder or an import runs
  gint64 began_us;     // monotonic
  gint64 told_us;      // how far it is, monotonic
  gint64 total_rows;   // of the range
  gint64 total_bytes;  // of their files
  gint64 rows, files;  // held against the other so far
  gint64 bytes;        // of files that were read as a whole, or would have been
  gint64 in_progress;  // recordings whose row is about to be written
  gint64 findings;     // told
  GPtrArray *suspects; // of EsSuspect
} EsVerify;

// What is wrong. The codes are a promise: the manual page lists them.
typedef enum {
  ES_FOUND_NOTHING,
  ES_FOUND_MISSING,
  ES_FOUND_UNREADABLE,
  ES_FOUND_CHANGED,
  ES_FOUND_UNSEALED,
  ES_FOUND_WRONG_FILE,
  ES_FOUND_WRONG_PLACE,
  ES_FOUND_WRONG_ROW,
  ES_FOUND_NO_ROW,
  ES_FOUND_SECOND_COPY,
  ES_FOUND_STRAY,
  ES_FOUND_SPOOL_LEFT,
  ES_FOUND_SPOOL_STRAY,
  ES_FOUND_REFUSED,
  ES_FOUND_INDEX_DAMAGED,
  ES_FOUND_INDEX_TORN,
  ES_FOUND_INDEX_TEXT,
} EsFound;

// Replies with {code, id, file, message, advice}. id and file may be NULL.
void es_verify_tell(EsVerify *verify, EsFound found, const char *id, const char *file, const char *message);
void es_verify_progress(EsVerify *verify);
gboolean es_verify_is_stopped(const EsVerify *verify);

// ---- verify-file.c: any thread
// Holds one row against its file. *message says what is wrong; caller frees.
EsFound es_verify_file(const char *library, const EsFileRow *row, gboolean fast, char **message);
// The calling thread works and reads only when nobody else wants to.
void es_verify_be_patient(void);

// ---- verify-rows.c
gboolean es_verify_rows(EsVerify *verify, GError **error);
// Looks at one row again: a fresh one, since the one before may have been put right meanwhile.
gboolean es_verify_row_again(EsVerify *verify, const char *id, GError **error);

// ---- verify-walk.c
gboolean es_verify_walk(EsVerify *verify, GError **error);
// One file below recordings/, by its path relative to the library. last: this is the second look.
gboolean es_verify_recording(EsVerify *verify, const char *file, gboolean last, GError **error);

// ---- verify-spool.c
gboolean es_verify_spool(EsVerify *verify, GError **error);

// ---- op-verify.c
// id of a row, or path of a file without one: to be looked at again at the end. FALSE when there are too
// many.
gboolean es_verify_suspect(EsVerify *verify, const char *id, const char *file);
