// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/clean-text.h"

#include <string.h>

static gboolean is_unwanted(gunichar c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// Control characters are single bytes in UTF-8, and going first they cannot hide inside a broken sequence.
static char *without_controls(const char *text, gsize length, gboolean keep_lines, gsize *kept) {
  char *copy = g_malloc(length + 1);
  gsize n = 0;
  for (gsize i = 0; i < length; i++) {
    guint8 c = (guint8)text[i];
    if (c == '\t')
      copy[n++] = ' ';
    else if ((c >= 0x20 && c != 0x7f) || (keep_lines && c == '\n'))
      copy[n++] = text[i];
  }
  copy[n] = '\0';
  *kept = n;
  return copy;
}

static gboolean is_ascii(const char *text, gsize length) {
  for (gsize i = 0; i < length; i++)
    if ((guint8)text[i] >= 0x80)
      return FALSE;
  return TRUE;
}

char *es_clean_text(const char *text, gsize length, gboolean keep_lines) {
  gsize n;
  char *plain = without_controls(text, length, keep_lines, &n);
  if (is_ascii(plain, n))
    return plain;
  g_autofree char *valid = g_utf8_make_valid(plain, (gssize)n);
  g_free(plain);
  char *out = valid;
  for (const char *p = valid, *next; *p; p = next) {
    next = g_utf8_next_char(p);
    if (*p != '\n' && is_unwanted(g_utf8_get_char(p)))
      continue;
    memmove(out, p, (gsize)(next - p));
    out += next - p;
  }
  *out = '\0';
  return g_steal_pointer(&valid);
}

char *es_clean_text_copy(char *buffer, gsize size, const char *text, gsize length) {
  // Four times the room covers characters that are dropped; the rest cannot matter to a field this small.
  g_autofree char *clean = es_clean_text(text, MIN(length, 4 * size), FALSE);
  gsize n = strlen(clean);
  if (n >= size)
    n = (gsize)(g_utf8_find_prev_char(clean, clean + size) - clean);
  memcpy(buffer, clean, n);
  buffer[n] = '\0';
  return buffer;
}
