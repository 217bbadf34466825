// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Table layout (see table.h): measure, fit, draw.
#include "table.h"
#include "earshot/common/i18n.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_SPACE 2
#define LINE_INDENT 4

typedef struct {
  char *text;
  EsStyle style;
} Cell;

struct EsTable {
  const EsColumn *columns;
  guint n_columns;
  int indent;
  GPtrArray *rows; // of Row
};

typedef struct {
  GArray *cells;    // of Cell
  char **found;     // words to mark in it; NULL
  GPtrArray *lines; // below it, of char *
} Row;

static void cell_clear(gpointer data) {
  g_free(((Cell *)data)->text);
}

static void row_free(gpointer data) {
  Row *row = data;
  g_array_unref(row->cells);
  g_strfreev(row->found);
  g_ptr_array_unref(row->lines);
  g_free(row);
}

static Row *last_row(const EsTable *table) {
  return g_ptr_array_index(table->rows, table->rows->len - 1);
}

EsTable *es_table_new(const EsColumn *columns, guint n_columns, int indent) {
  EsTable *table = g_new0(EsTable, 1);
  table->columns = columns;
  table->n_columns = n_columns;
  table->indent = indent;
  table->rows = g_ptr_array_new_with_free_func(row_free);
  return table;
}

void es_table_free(EsTable *table) {
  if (table == NULL)
    return;
  g_ptr_array_unref(table->rows);
  g_free(table);
}

void es_table_row(EsTable *table) {
  Row *row = g_new0(Row, 1);
  row->cells = g_array_new(FALSE, TRUE, sizeof(Cell));
  g_array_set_clear_func(row->cells, cell_clear);
  row->lines = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(table->rows, row);
}

void es_table_found(EsTable *table, const char *const *words) {
  Row *row = last_row(table);
  g_autoptr(GStrvBuilder) clean = g_strv_builder_new();
  for (; *words != NULL; words++) {
    g_autofree char *word = es_text_clean(*words);
    if (*word != '\0')
      g_strv_builder_add(clean, word);
  }
  g_strfreev(row->found);
  row->found = g_strv_builder_end(clean);
}

void es_table_line(EsTable *table, const char *text) {
  g_ptr_array_add(last_row(table)->lines, es_text_clean(text));
}

void es_table_cell(EsTable *table, const char *text, EsStyle style) {
  GArray *row = last_row(table)->cells;
  g_return_if_fail(row->len < table->n_columns);
  Cell cell = {es_text_clean(text), style};
  g_array_append_val(row, cell);
}

void es_table_cell_printf(EsTable *table, EsStyle style, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *text = g_strdup_vprintf(format, args);
  va_end(args);
  es_table_cell(table, text, style);
}

static const char *heading_of(const EsColumn *column) {
  // The catalogue's own header is the translation of an empty text.
  return column->title != NULL && *column->title != '\0' ? _(column->title) : "";
}

static const Cell *cell_at(const EsTable *table, guint row, guint column) {
  static const Cell empty = {(char *)"", ES_STYLE_NONE};
  const GArray *cells = ((const Row *)g_ptr_array_index(table->rows, row))->cells;
  return column < cells->len ? &g_array_index(cells, Cell, column) : &empty;
}

// Natural widths; 0 for a column that has nothing to say.
static void measure(const EsTable *table, int *widths) {
  for (guint c = 0; c < table->n_columns; c++) {
    widths[c] = 0;
    for (guint r = 0; r < table->rows->len; r++)
      widths[c] = MAX(widths[c], es_text_width(cell_at(table, r, c)->text));
    if (widths[c] > 0)
      widths[c] = MAX(widths[c], es_text_width(heading_of(&table->columns[c])));
  }
}

static int total_width(const EsTable *table, const int *widths) {
  int total = table->indent;
  gboolean first = TRUE;
  for (guint c = 0; c < table->n_columns; c++) {
    if (widths[c] == 0)
      continue;
    total += widths[c] + (first ? 0 : COLUMN_SPACE);
    first = FALSE;
  }
  return total;
}

// Takes one cell from the widest column that can still give one. FALSE when none can.
static gboolean shrink_one(const EsTable *table, int *widths) {
  int widest = -1;
  for (guint c = 0; c < table->n_columns; c++) {
    int least = table->columns[c].least;
    if (least > 0 && widths[c] > least && (widest < 0 || widths[c] > widths[widest]))
      widest = (int)c;
  }
  if (widest < 0)
    return FALSE;
  widths[widest]--;
  return TRUE;
}

static gboolean is_all_zero(const EsTable *table, guint column) {
  for (guint r = 0; r < table->rows->len; r++) {
    const char *text = cell_at(table, r, column)->text;
    if (*text != '\0' && strcmp(text, "0") != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean drop_one(const EsTable *table, int *widths) {
  int victim = -1, highest = 0;
  for (guint c = 0; c < table->n_columns; c++) {
    int rank =
        widths[c] > 0 && table->columns[c].drop > 0 ? 2 * table->columns[c].drop + is_all_zero(table, c) : 0;
    if (rank > highest) {
      victim = (int)c;
      highest = rank;
    }
  }
  if (victim < 0)
    return FALSE;
  widths[victim] = 0;
  return TRUE;
}

static void fit(const EsTable *table, int limit, int *widths) {
  g_autofree int *natural = g_memdup2(widths, table->n_columns * sizeof(int));
  while (total_width(table, widths) > limit) {
    if (shrink_one(table, widths))
      continue;
    if (!drop_one(table, widths))
      return;
    // The room that a dropped column leaves is given back before the rest is cut again.
    for (guint c = 0; c < table->n_columns; c++)
      widths[c] = widths[c] > 0 ? natural[c] : 0;
  }
}

// The lines that a cell takes. Caller frees.
static char **cell_lines(const EsScreen *screen, const EsColumn *column, const char *text, int width) {
  g_autofree char *fitted = column->drop == ES_TABLE_WRAP
                                ? es_text_wrap(text, width, 0)
                                : es_text_cut(text, width, screen->utf8 ? "…" : "~");
  return g_strsplit(fitted, "\n", -1);
}

static void append_cell(GString *out, const EsScreen *screen, const EsColumn *column, const char *text,
                        EsStyle style, int width, char *const *found) {
  style = *text != '\0' ? style : ES_STYLE_NONE;
  int padding = width - es_text_width(text);
  g_string_append_printf(out, "%*s%s", column->right ? padding : 0, "", es_screen_begin(screen, style));
  g_autofree char *end =
      g_strconcat(es_screen_end(screen, ES_STYLE_FOUND), es_screen_begin(screen, style), NULL);
  es_text_append_found(out, text, screen->isolate, found, es_screen_begin(screen, ES_STYLE_FOUND), end);
  g_string_append_printf(out, "%s%*s", es_screen_end(screen, style), column->right ? 0 : padding, "");
}

static void trim_line(GString *out) {
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate(out, out->len - 1);
  g_string_append_c(out, '\n');
}

// Line number `line` of a row; row -1 is the headings. FALSE, and nothing appended, if it has no such line.
static gboolean append_line(GString *out, const EsTable *table, const EsScreen *screen, const int *widths,
                            int row, guint line) {
  gboolean first = TRUE, any = line == 0;
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_append_printf(text, "%*s", table->indent, "");
  for (guint c = 0; c < table->n_columns; c++) {
    if (widths[c] == 0)
      continue;
    const EsColumn *column = &table->columns[c];
    const Cell heading = {(char *)heading_of(column), ES_STYLE_HEADING};
    const Cell *cell = row < 0 ? &heading : cell_at(table, (guint)row, c);
    g_auto(GStrv) lines = cell_lines(screen, column, cell->text, widths[c]);
    gboolean has = line < g_strv_length(lines);
    any = any || has;
    if (!first)
      g_string_append_printf(text, "%*s", COLUMN_SPACE, "");
    append_cell(text, screen, column, has ? lines[line] : "", cell->style, widths[c],
                row < 0 ? NULL : ((const Row *)g_ptr_array_index(table->rows, (guint)row))->found);
    first = FALSE;
  }
  if (!any)
    return FALSE;
  trim_line(text);
  g_string_append_len(out, text->str, (gssize)text->len);
  return TRUE;
}

static void append_row(GString *out, const EsTable *table, const EsScreen *screen, const int *widths,
                       int row) {
  for (guint line = 0; append_line(out, table, screen, widths, row, line);)
    line++;
}

// Without colour the words stand in brackets: what was found would not be seen otherwise.
static void append_below(GString *out, const EsTable *table, const EsScreen *screen, guint r) {
  const Row *row = g_ptr_array_index(table->rows, r);
  int indent = table->indent + LINE_INDENT;
  const char *dim = es_screen_begin(screen, ES_STYLE_DIM);
  g_autofree char *begin =
      g_strconcat(es_screen_end(screen, ES_STYLE_DIM), es_screen_begin(screen, ES_STYLE_FOUND), NULL);
  g_autofree char *end = g_strconcat(es_screen_end(screen, ES_STYLE_FOUND), dim, NULL);
  for (guint i = 0; i < row->lines->len; i++) {
    const char *line = g_ptr_array_index(row->lines, i);
    g_autofree char *cut = screen->width > 0
                               ? es_text_cut(line, screen->width - indent - 2, screen->utf8 ? "…" : "~")
                               : g_strdup(line);
    g_string_append_printf(out, "%*s%s", indent, "", dim);
    es_text_append_found(out, cut, screen->isolate, row->found, screen->colour ? begin : "[",
                         screen->colour ? end : "]");
    g_string_append_printf(out, "%s\n", es_screen_end(screen, ES_STYLE_DIM));
  }
}

char *es_table_render(const EsTable *table, const EsScreen *screen) {
  GString *out = g_string_new(NULL);
  g_autofree int *widths = g_new0(int, table->n_columns);
  measure(table, widths);
  if (screen->width > 0)
    fit(table, screen->width, widths);
  if (table->rows->len > 0 && table->columns[0].title != NULL)
    append_row(out, table, screen, widths, -1);
  for (guint r = 0; r < table->rows->len; r++) {
    append_row(out, table, screen, widths, (int)r);
    append_below(out, table, screen, r);
  }
  return g_string_free(out, FALSE);
}

void es_table_print(const EsTable *table, const EsScreen *screen) {
  g_autofree char *text = es_table_render(table, screen);
  fputs(text, stdout);
}
