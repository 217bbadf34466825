// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Aligned tables fitted to the screen. Columns are as wide as their widest cell; when the whole is too wide,
// first the flexible columns give way down to their least width, from the widest one down, then the columns
// with the highest drop number disappear, and of equal ones first a column that holds nothing but zeros. The
// text of a column with ES_TABLE_WRAP is never cut but goes on below. Without a screen width nothing is cut.
#pragma once

#include "screen.h"

typedef struct {
  const char *title; // marked for translation; NULL in the first column: no headings
  gboolean right;    // aligned right
  int least;         // least width of a flexible column; 0 = never cut
  int drop;          // 0 = always there; the highest number goes first; or ES_TABLE_WRAP
} EsColumn;
#define ES_TABLE_WRAP (-1)

typedef struct EsTable EsTable;

// columns is borrowed and must outlive the table. indent: spaces before each row.
EsTable *es_table_new(const EsColumn *columns, guint n_columns, int indent);
void es_table_free(EsTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsTable, es_table_free)

// Begins a row; cells follow in the order of the columns, missing ones are empty.
void es_table_row(EsTable *table);
// Adds a cell; the text is cleaned. NULL is an empty cell.
void es_table_cell(EsTable *table, const char *text, EsStyle style);
void es_table_cell_printf(EsTable *table, EsStyle style, const char *format, ...) G_GNUC_PRINTF(3, 4);

// Words of the row just begun that are to be marked wherever they stand whole, in its cells (with colour) and
// in its lines.
void es_table_found(EsTable *table, const char *const *words);
// A line below the row just begun, over all columns; cut to the screen.
void es_table_line(EsTable *table, const char *text);

// The whole table as text, each line ended; columns without any content are left out. Caller frees.
char *es_table_render(const EsTable *table, const EsScreen *screen);
void es_table_print(const EsTable *table, const EsScreen *screen);
