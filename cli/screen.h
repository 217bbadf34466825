// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What standard output is: decided once at the start and handed to everything that draws.
#pragma once

#include <glib.h>

typedef struct {
  gboolean terminal; // somebody reads it line by line
  gboolean colour;   // terminal, and NO_COLOR is not set
  gboolean utf8;     // the locale can show more than ASCII
  gboolean isolate;  // put bidi isolates round right-to-left fields
  int width;         // cells; 0 = no limit
} EsScreen;

// Looks at standard output and the environment (NO_COLOR, TERM, COLUMNS).
void es_screen_detect(EsScreen *screen);
// Nothing but plain ASCII decoration: --plain.
void es_screen_make_plain(EsScreen *screen);

// A line of text, wrapped to the screen if it has a width: indented by `indent`, further lines by `hanging`.
void es_screen_print(const EsScreen *screen, const char *text, int indent, int hanging);

typedef enum {
  ES_STYLE_NONE,
  ES_STYLE_HEADING,
  ES_STYLE_GOOD,
  ES_STYLE_CAUTION,
  ES_STYLE_BAD,
  ES_STYLE_DIM,
  ES_STYLE_FOUND, // a word that was searched for
} EsStyle;
// Escape sequences to begin and end a style; empty without colour. Static.
const char *es_screen_begin(const EsScreen *screen, EsStyle style);
const char *es_screen_end(const EsScreen *screen, EsStyle style);
