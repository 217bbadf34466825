// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A SIP message taken apart into start line, header lines and body, before anybody interprets them.
#pragma once

#include <glib.h>

typedef struct {
  const char *name; // as written, without trailing space
  const char *value;
} EsSipLine;

typedef struct {
  char *text; // owns the strings below; valid UTF-8 without control characters
  const char *start;
  GArray *headers; // of EsSipLine, in order
  guint8 *body;    // owned, NULL if empty
  gsize body_length;
} EsSipLines;

// FALSE when there is no start line. Blank lines before it are skipped, folded lines joined, bare LF
// accepted; a message that ends within its headers has no body. Content-Length can shorten the body, nothing
// else.
gboolean es_sip_lines_split(const guint8 *data, gsize length, EsSipLines *lines);
void es_sip_lines_clear(EsSipLines *lines);
// Value of the line at this place, from 0, among those with this name in its long or compact form, without
// case; NULL if absent.
const char *es_sip_lines_get(const EsSipLines *lines, const char *name, guint place);
