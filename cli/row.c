// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of a screen (see row.h).
#include "row.h"
#include "text.h"

#include <string.h>

static EsRow *row_new(void) {
  EsRow *row = g_new0(EsRow, 1);
  row->text = g_string_new(NULL);
  return row;
}

static void row_free(gpointer data) {
  EsRow *row = data;
  g_string_free(row->text, TRUE);
  g_free(row);
}

void es_row_add(EsRow *row, const EsScreen *screen, EsStyle style, const char *text) {
  g_autofree char *clean = es_text_clean(text);
  g_autofree char *fitting = es_text_cut(clean, MAX(screen->width - row->cells, 0), screen->utf8 ? "…" : "~");
  g_string_append(row->text, es_screen_begin(screen, style));
  es_text_append(row->text, fitting, screen->isolate);
  g_string_append(row->text, es_screen_end(screen, style));
  row->cells += es_text_width(fitting);
}

void es_row_printf(EsRow *row, const EsScreen *screen, EsStyle style, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  es_row_add(row, screen, style, text);
}

void es_rows_go_on(GPtrArray *rows, const EsScreen *screen, EsStyle style, const char *text) {
  EsRow *row = g_ptr_array_index(rows, rows->len - 1);
  int column = row->cells;
  g_autofree char *clean = es_text_clean(text);
  g_autofree char *wrapped =
      es_text_wrap(clean, MAX(screen->width - column - 1, 10), 0); // the last cell stays free
  g_auto(GStrv) lines = g_strsplit(wrapped, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    if (line != lines)
      row = es_rows_add(rows);
    es_row_pad(row, column);
    es_row_add(row, screen, style, *line);
  }
}

void es_row_pad(EsRow *row, int cell) {
  for (; row->cells < cell; row->cells++)
    g_string_append_c(row->text, ' ');
}

void es_row_add_drawn(EsRow *row, const char *text, int cells) {
  g_string_append(row->text, text);
  row->cells += cells;
}

GPtrArray *es_rows_new(void) {
  return g_ptr_array_new_with_free_func(row_free);
}

EsRow *es_rows_add(GPtrArray *rows) {
  g_ptr_array_add(rows, row_new());
  return g_ptr_array_index(rows, rows->len - 1);
}

void es_rows_add_wrapped(GPtrArray *rows, const EsScreen *screen, EsStyle style, int indent, int width,
                         const char *text) {
  g_autofree char *clean = es_text_clean(text);
  g_autofree char *wrapped = es_text_wrap(clean, MAX(width - indent, 10), 0);
  g_auto(GStrv) lines = g_strsplit(wrapped, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    EsRow *row = es_rows_add(rows);
    es_row_pad(row, indent);
    es_row_add(row, screen, style, *line);
  }
}
