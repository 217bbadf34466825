// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading CSV, parsed by libcsv. It is fed one line of the file at a time, so that the line of every row is
// known.
#include "earshot/common/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define MAX_ROW_BYTES (1024 * 1024)
#define MAX_ROW_LINES 1000

struct EsCsv {
  char *name;
  FILE *file;
  char *text; // what file reads, when it reads a text
  struct csv_parser parser;
  gboolean table; // with a heading: made by a person, so what is wrong with it is told; a log is read as far
                  // as it goes
  gboolean begun; // the separator is known
  guint64 lines;  // read so far
  guint64 row_line;
  gsize row_bytes;
  gboolean row_done, ended;
  GPtrArray *fields;
  char **columns;
  char *line;
  size_t line_size;
};

static char *to_utf8(const char *data, gsize length) {
  if (g_utf8_validate(data, (gssize)length, NULL))
    return g_strndup(data, length);
  char *text = g_convert(data, (gssize)length, "UTF-8", "WINDOWS-1256", NULL, NULL, NULL);
  return text ? text : g_utf8_make_valid(data, (gssize)length);
}

static void take_field(void *data, size_t length, void *user_data) {
  EsCsv *csv = user_data;
  g_ptr_array_add(csv->fields, data ? to_utf8(data, length) : g_strdup(""));
}

static void take_row(int end, void *user_data) {
  ((EsCsv *)user_data)->row_done = TRUE;
}

static EsCsv *csv_new(const char *name) {
  EsCsv *csv = g_new0(EsCsv, 1);
  csv->name = g_strdup(name);
  csv->fields = g_ptr_array_new_with_free_func(g_free);
  csv_init(&csv->parser, CSV_APPEND_NULL);
  return csv;
}

void es_csv_free(EsCsv *csv) {
  if (!csv)
    return;
  if (csv->file && csv->file != stdin)
    fclose(csv->file);
  csv_free(&csv->parser);
  g_ptr_array_unref(csv->fields);
  g_strfreev(csv->columns);
  free(csv->line); // getline's
  g_free(csv->text);
  g_free(csv->name);
  g_free(csv);
}

gboolean es_csv_error(const EsCsv *csv, GError **error, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s:%" G_GUINT64_FORMAT ": %s", csv->name, csv->row_line,
              message);
  return FALSE;
}

// ---- rows

// The separator that the first line has most of, outside quotes.
static unsigned char find_separator(const char *line, gsize length) {
  static const char separators[] = "\t;|,";
  guint counts[sizeof separators - 1] = {0}, best = 0;
  gboolean quoted = FALSE;
  for (gsize i = 0; i < length; i++) {
    const char *found = line[i] ? strchr(separators, line[i]) : NULL;
    if (line[i] == '"')
      quoted = !quoted;
    else if (found && !quoted)
      counts[found - separators]++;
  }
  for (guint i = 1; i < G_N_ELEMENTS(counts); i++)
    if (counts[i] > counts[best])
      best = i;
  return (unsigned char)separators[best];
}

static void begin(EsCsv *csv, char **line, gsize *length) {
  if (*length >= 3 && memcmp(*line, "\xEF\xBB\xBF", 3) == 0) {
    *line += 3;
    *length -= 3;
  }
  csv_set_delim(&csv->parser, find_separator(*line, *length));
  csv->begun = TRUE;
}

static gboolean finish(EsCsv *csv, GError **error) {
  if (csv->table)
    csv_set_opts(&csv->parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI);
  return csv_fini(&csv->parser, take_field, take_row, csv) == 0 ||
         es_csv_error(csv, error, _("the row that begins here does not end: is a quote not closed?"));
}

// Feeds the parser one line. FALSE at the end of the file or on failure.
static gboolean feed_line(EsCsv *csv, GError **error) {
  errno = 0;
  ssize_t got = getline(&csv->line, &csv->line_size, csv->file);
  if (got < 0) {
    csv->ended = TRUE;
    if (ferror(csv->file))
      return es_set_errno(error, errno, "%s", csv->name);
    finish(csv, error);
    return FALSE;
  }
  csv->lines++;
  if (csv->row_bytes == 0)
    csv->row_line = csv->lines;
  char *line = csv->line;
  gsize length = (gsize)got;
  if (csv->table && memchr(line, '\0', length))
    return es_csv_error(csv, error, _("there is a zero byte: this is no CSV; save the table as CSV UTF-8"));
  if (!csv->begun)
    begin(csv, &line, &length);
  csv->row_bytes += length;
  if (csv->row_bytes > MAX_ROW_BYTES || csv->lines - csv->row_line >= MAX_ROW_LINES)
    return es_csv_error(csv, error, _("the row that begins here does not end: is a quote not closed?"));
  if (csv_parse(&csv->parser, line, length, take_field, take_row, csv) != length)
    return es_csv_error(csv, error, "%s", csv_strerror(csv_error(&csv->parser)));
  if (!csv->row_done && csv->fields->len == 0 && strspn(line, "\r\n \t") == length)
    csv->row_bytes = 0; // an empty line
  return TRUE;
}

EsCsvStatus es_csv_next(EsCsv *csv, GError **error) {
  g_ptr_array_set_size(csv->fields, 0);
  csv->row_done = FALSE;
  csv->row_bytes = 0;
  GError *failed = NULL;
  while (!csv->row_done && !csv->ended)
    if (!feed_line(csv, &failed) && failed) {
      csv->ended = TRUE;
      g_propagate_error(error, failed);
      return ES_CSV_FAILED;
    }
  return csv->row_done ? ES_CSV_ROW : ES_CSV_END;
}

// ---- opening

static EsCsv *read_heading(EsCsv *csv, gboolean with_heading, GError **error) {
  g_autoptr(EsCsv) held = csv;
  csv->table = with_heading;
  if (!with_heading)
    return g_steal_pointer(&held);
  EsCsvStatus status = es_csv_next(csv, error);
  if (status == ES_CSV_END)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: the file is empty; its first line must name the columns"), csv->name);
  if (status != ES_CSV_ROW)
    return NULL;
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  for (guint i = 0; i < csv->fields->len; i++)
    g_strv_builder_add(names, g_strstrip(g_ptr_array_index(csv->fields, i)));
  csv->columns = g_strv_builder_end(names);
  return g_steal_pointer(&held);
}

EsCsv *es_csv_open(const char *path, gboolean with_heading, GError **error) {
  gboolean from_stdin = strcmp(path, "-") == 0;
  g_autoptr(EsCsv) csv = csv_new(from_stdin ? "stdin" : path);
  csv->file = from_stdin ? stdin : fopen(path, "re");
  if (!csv->file) {
    es_set_errno(error, errno, "%s", path);
    return NULL;
  }
  return read_heading(g_steal_pointer(&csv), with_heading, error);
}

EsCsv *es_csv_open_text(const char *name, const char *text, gssize length, gboolean with_heading,
                        GError **error) {
  EsCsv *csv = csv_new(name);
  gsize size = length < 0 ? strlen(text) : (gsize)length;
  csv->text = g_malloc(size + 1); // fmemopen refuses a buffer of no bytes
  memcpy(csv->text, text, size);
  csv->text[size] = '\n';
  csv->file = fmemopen(csv->text, size + 1, "r");
  return read_heading(csv, with_heading, error);
}

// ---- the present row

guint64 es_csv_line(const EsCsv *csv) {
  return csv->row_line;
}

guint es_csv_count(const EsCsv *csv) {
  return csv->fields->len;
}

const char *es_csv_field(const EsCsv *csv, guint i) {
  return i < csv->fields->len ? g_ptr_array_index(csv->fields, i) : NULL;
}

const char *const *es_csv_columns(const EsCsv *csv) {
  return (const char *const *)csv->columns;
}

const char *es_csv_get(const EsCsv *csv, const char *column) {
  for (guint i = 0; csv->columns && csv->columns[i]; i++)
    if (g_ascii_strcasecmp(csv->columns[i], column) == 0) {
      const char *field = es_csv_field(csv, i);
      return field && *field ? field : NULL;
    }
  return NULL;
}
