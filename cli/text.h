// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to a terminal: made safe, measured in cells, cut and padded. Width is counted in terminal
// cells: 2 for wide characters, 0 for combining marks and format characters, 1 for the rest. Terminals that
// join Arabic letters still give each letter its cell.
#pragma once

#include <glib.h>

// A copy that cannot disturb the terminal: valid UTF-8, without control characters and bidi controls, line
// breaks as spaces. NULL gives "". Caller frees.
char *es_text_clean(const char *text);

// Cells that clean text takes.
int es_text_width(const char *text);

// A copy of at most width cells; what was cut is marked with the ellipsis, itself counted. Caller frees.
char *es_text_cut(const char *text, int width, const char *ellipsis);

// Breaks text at spaces into lines of at most width cells, indenting all lines after the first. Caller frees.
char *es_text_wrap(const char *text, int width, int indent);

// Appends the text, in a first-strong isolate (U+2068 … U+2069) when isolate is set and it holds
// right-to-left letters, so that it cannot reorder its neighbours.
void es_text_append(GString *out, const char *text, gboolean isolate);

// As es_text_append; each of the words (NULL-terminated, may be NULL) that stands in the text as a whole word
// is put between begin and end.
void es_text_append_found(GString *out, const char *text, gboolean isolate, char *const *words,
                          const char *begin, const char *end);

// As es_text_append, filled with spaces to width cells, at the left when right-aligned.
void es_text_append_padded(GString *out, const char *text, int width, gboolean right, gboolean isolate);
