// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// CSV as it is read and written. Reading takes it as spreadsheets and telephone systems write it (RFC 4180):
// quotes, quotes doubled within, line ends within quotes, CRLF or LF, a byte order mark, one of , ; tab or |
// between fields (the heading tells which). Rows come one by one, so a file may be of any size; a row of more
// than 1 MiB or 1000 lines is an error, since a quote was not closed. Errors: "<file>:<line>: …",
// ES_ERROR_INVALID; reading: ES_ERROR_IO.
#pragma once

#include <glib.h>

// ---- writing

// Before the heading: without a byte order mark spreadsheets garble Arabic.
#define ES_CSV_MARK "\xEF\xBB\xBF"
// A cell as it stands in a file, quoted where it must be; NULL is an empty one. What a spreadsheet would run
// as a formula gets an apostrophe in front; numbers keep their sign. Caller frees.
char *es_csv_cell(const char *text);

// ---- reading

typedef struct EsCsv EsCsv;

// "-" as path is standard input; name stands for the file in messages. Texts that are not UTF-8 are taken as
// Windows-1256 (what Arabic spreadsheets write). with_heading: the first row names the columns.
EsCsv *es_csv_open(const char *path, gboolean with_heading, GError **error);
EsCsv *es_csv_open_text(const char *name, const char *text, gssize length, gboolean with_heading,
                        GError **error);
void es_csv_free(EsCsv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCsv, es_csv_free)

typedef enum { ES_CSV_ROW, ES_CSV_END, ES_CSV_FAILED } EsCsvStatus;
// Empty lines are passed over.
EsCsvStatus es_csv_next(EsCsv *csv, GError **error);

guint64 es_csv_line(const EsCsv *csv);               // where the present row begins, from 1
guint es_csv_count(const EsCsv *csv);                // fields of the present row
const char *es_csv_field(const EsCsv *csv, guint i); // valid until the next row; NULL beyond the last
// The names of the columns as written, without spaces around them; NULL-terminated; without a heading NULL.
const char *const *es_csv_columns(const EsCsv *csv);
// The field in the column of that name (case and spaces around it do not count); NULL if there is none, or it
// is empty.
const char *es_csv_get(const EsCsv *csv, const char *column);
// Sets *error to "<file>:<line>: <message>", ES_ERROR_INVALID; always returns FALSE.
gboolean es_csv_error(const EsCsv *csv, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
