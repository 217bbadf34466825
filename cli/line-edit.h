// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A line of text being typed, key by key. Knows nothing of the terminal.
#pragma once

#include "keys.h"

typedef struct {
  GString *text;
  gsize at; // bytes before the cursor
} EsLineEdit;

void es_line_edit_begin(EsLineEdit *edit, const char *text); // the cursor behind it
void es_line_edit_clear(EsLineEdit *edit);

// FALSE for a key that does not belong to editing. What there is no room for is left aside: see is_full.
gboolean es_line_edit_key(EsLineEdit *edit, gunichar key);

gboolean es_line_edit_is_full(const EsLineEdit *edit);

// What is seen of it in a window of some cells, with the cursor in it; *cursor: its cell. Caller frees.
char *es_line_edit_window(const EsLineEdit *edit, int cells, int *cursor);
