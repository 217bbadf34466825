// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One error domain for the whole product. The code decides the exit status, the message names what and where.
#pragma once

#include <glib.h>

#define ES_ERROR (es_error_quark())

typedef enum {
  ES_ERROR_FAILED,        // anything else: exit 1
  ES_ERROR_USAGE,         // wrong option, unreadable value: exit 2
  ES_ERROR_AMBIGUOUS,     // an id that fits several rows: exit 2
  ES_ERROR_NOT_FOUND,     // nothing found: exit 3
  ES_ERROR_INVALID,       // input that does not parse (capture, rubric, answers, configuration): exit 1
  ES_ERROR_UNSUPPORTED,   // understood, but not something we can do (link type, codec): exit 1
  ES_ERROR_IO,            // reading or writing failed: exit 1
  ES_ERROR_NO_SPACE,      // disk or quota full: exit 1
  ES_ERROR_READ_ONLY,     // the library cannot be written: exit 1
  ES_ERROR_NEWER_VERSION, // the library was written by a newer program: exit 1
  ES_ERROR_CORRUPT,       // the database or a recording is damaged: exit 1
  ES_ERROR_BUSY,   // locked by another process beyond the waiting time, or all descriptors in use: exit 1
  ES_ERROR_DENIED, // the acting user may not do this: exit 1
  ES_ERROR_CHECK,  // a check ran and found something: exit 1
} EsError;

GQuark es_error_quark(void);

// Exit status of a command that ended with this error (design: 0 done, 1 failed, 2 usage, 3 nothing found).
// NULL gives 0.
int es_error_exit_status(const GError *error);

// The code that fits an errno value (ENOSPC and EDQUOT, EROFS, EACCES, ...).
EsError es_error_from_errno(int saved_errno);

// Sets *error to "<what>: <strerror>" with the code of saved_errno; always returns FALSE.
gboolean es_set_errno(GError **error, int saved_errno, const char *format, ...) G_GNUC_PRINTF(3, 4);
