// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Cleaning and measuring text for terminals (see text.h).
#include "text.h"

#include <string.h>

#define FIRST_STRONG_ISOLATE "\xe2\x81\xa8"    // U+2068
#define POP_DIRECTIONAL_ISOLATE "\xe2\x81\xa9" // U+2069

static gboolean is_bidi_control(gunichar c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

static gboolean is_control(gunichar c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200B || c == 0xFEFF;
}

static gboolean is_line_break(gunichar c) {
  return c == '\n' || c == '\t' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

char *es_text_clean(const char *text) {
  if (text == NULL)
    return g_strdup("");
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  GString *out = g_string_sized_new(strlen(valid));
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (is_line_break(c))
      g_string_append_c(out, ' ');
    else if (!is_control(c) && !is_bidi_control(c))
      g_string_append_unichar(out, c);
  }
  return g_string_free(out, FALSE);
}

static int char_width(gunichar c) {
  if (g_unichar_iszerowidth(c))
    return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

int es_text_width(const char *text) {
  int width = 0;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
    width += char_width(g_utf8_get_char(p));
  return width;
}

char *es_text_cut(const char *text, int width, const char *ellipsis) {
  if (es_text_width(text) <= width)
    return g_strdup(text);
  int room = width - es_text_width(ellipsis);
  if (room < 0)
    return g_strdup("");
  const char *end = text;
  for (int used = 0; *end != '\0'; end = g_utf8_next_char(end)) {
    used += char_width(g_utf8_get_char(end));
    if (used > room)
      break;
  }
  return g_strdup_printf("%.*s%s", (int)(end - text), text, ellipsis);
}

char *es_text_wrap(const char *text, int width, int indent) {
  g_auto(GStrv) words = g_strsplit(text, " ", -1);
  GString *out = g_string_new(NULL);
  int used = indent;
  for (char **word = words; *word != NULL; word++) {
    int cells = es_text_width(*word);
    if (word != words && used + 1 + cells > width) {
      g_string_append_printf(out, "\n%*s", indent, "");
      used = indent;
    } else if (word != words) {
      g_string_append_c(out, ' ');
      used++;
    }
    g_string_append(out, *word);
    used += cells;
  }
  return g_string_free(out, FALSE);
}

// TRUE if the text holds right-to-left letters.
static gboolean has_rtl(const char *text) {
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if ((c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFE) ||
        (c >= 0x10800 && c <= 0x10FFF) || (c >= 0x1E800 && c <= 0x1EFFF))
      return TRUE;
  }
  return FALSE;
}

void es_text_append(GString *out, const char *text, gboolean isolate) {
  isolate = isolate && has_rtl(text);
  if (isolate)
    g_string_append(out, FIRST_STRONG_ISOLATE);
  g_string_append(out, text);
  if (isolate)
    g_string_append(out, POP_DIRECTIONAL_ISOLATE);
}

static gboolean is_word_character(const char *at) {
  gunichar c = g_utf8_get_char(at);
  return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == 0x0640;
}

// Bytes of the longest of the words that begins here and ends with a word; 0 if none does.
static gsize found_here(const char *text, const char *at, char *const *words) {
  gsize longest = 0;
  if (at > text && is_word_character(g_utf8_prev_char(at)))
    return 0;
  for (; *words != NULL; words++) {
    gsize length = strlen(*words);
    if (length > longest && strncmp(at, *words, length) == 0 &&
        (at[length] == '\0' || !is_word_character(at + length)))
      longest = length;
  }
  return longest;
}

void es_text_append_found(GString *out, const char *text, gboolean isolate, char *const *words,
                          const char *begin, const char *end) {
  if (words == NULL || *begin == '\0') {
    es_text_append(out, text, isolate);
    return;
  }
  g_autoptr(GString) marked = g_string_new(NULL);
  for (const char *at = text; *at != '\0';) {
    gsize length = found_here(text, at, words);
    gsize next = length > 0 ? length : (gsize)(g_utf8_next_char(at) - at);
    g_string_append_printf(marked, "%s%.*s%s", length > 0 ? begin : "", (int)next, at, length > 0 ? end : "");
    at += next;
  }
  es_text_append(out, marked->str, isolate);
}

static void append_spaces(GString *out, int count) {
  for (int i = 0; i < count; i++)
    g_string_append_c(out, ' ');
}

void es_text_append_padded(GString *out, const char *text, int width, gboolean right, gboolean isolate) {
  int padding = width - es_text_width(text);
  if (right)
    append_spaces(out, padding);
  es_text_append(out, text, isolate);
  if (!right)
    append_spaces(out, padding);
}
