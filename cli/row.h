// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A row of a screen, put together from pieces. It knows how many cells it takes, so that columns stay in line
// whatever letters the pieces hold.
#pragma once

#include "screen.h"

typedef struct {
  GString *text; // with styles and isolates
  int cells;
} EsRow;

// Piece by piece, cut to what is left of the screen's width. The text is cleaned.
void es_row_add(EsRow *row, const EsScreen *screen, EsStyle style, const char *text);
void es_row_printf(EsRow *row, const EsScreen *screen, EsStyle style, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
// Spaces up to that cell; none if it is behind already.
void es_row_pad(EsRow *row, int cell);
// A row as another piece drew it, of known width.
void es_row_add_drawn(EsRow *row, const char *text, int cells);

// Text wrapped to width cells, each line a new row of rows (of EsRow) that begins at cell indent.
void es_rows_add_wrapped(GPtrArray *rows, const EsScreen *screen, EsStyle style, int indent, int width,
                         const char *text);
EsRow *es_rows_add(GPtrArray *rows); // a new empty one; borrowed
// Writes where the last row ends; what does not fit goes on in rows below, in the same column.
void es_rows_go_on(GPtrArray *rows, const EsScreen *screen, EsStyle style, const char *text);
GPtrArray *es_rows_new(void);
