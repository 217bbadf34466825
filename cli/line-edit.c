// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Editing a line (see line-edit.h).
#include "line-edit.h"
#include "text.h"

#include <string.h>

#define MOST_BYTES 4000
#define LONGEST_CHARACTER 4
#define LAM_ALEF 0xFEFB // one key of the Arabic layout, two letters

void es_line_edit_begin(EsLineEdit *edit, const char *text) {
  edit->text = g_string_new(text);
  edit->at = edit->text->len;
}

void es_line_edit_clear(EsLineEdit *edit) {
  if (edit->text != NULL)
    g_string_free(edit->text, TRUE);
  *edit = (EsLineEdit){0};
}

static gsize before(const EsLineEdit *edit) {
  const char *p = g_utf8_find_prev_char(edit->text->str, edit->text->str + edit->at);
  return p != NULL ? (gsize)(p - edit->text->str) : 0;
}

static gsize behind(const EsLineEdit *edit) {
  const char *p = edit->text->str + edit->at;
  return *p != '\0' ? (gsize)(g_utf8_next_char(p) - edit->text->str) : edit->at;
}

static void erase(EsLineEdit *edit, gsize from, gsize to) {
  g_string_erase(edit->text, (gssize)from, (gssize)(to - from));
  edit->at = from;
}

static gsize word_start(const EsLineEdit *edit) {
  gsize at = edit->at;
  while (at > 0 && edit->text->str[at - 1] == ' ')
    at--;
  while (at > 0 && edit->text->str[at - 1] != ' ')
    at--;
  return at;
}

static void insert(EsLineEdit *edit, gunichar c) {
  char bytes[6];
  gssize length = g_unichar_to_utf8(c, bytes);
  if (es_line_edit_is_full(edit))
    return;
  g_string_insert_len(edit->text, (gssize)edit->at, bytes, length);
  edit->at += (gsize)length;
}

static gboolean is_character(gunichar key) {
  return key < ES_KEY_FIRST && (g_unichar_isprint(key) || g_unichar_iszerowidth(key));
}

gboolean es_line_edit_key(EsLineEdit *edit, gunichar key) {
  if (key == LAM_ALEF) {
    insert(edit, 0x0644);
    insert(edit, 0x0627);
  } else if (is_character(key))
    insert(edit, key);
  else if (key == ES_KEY_BACKSPACE)
    erase(edit, before(edit), edit->at);
  else if (key == ES_KEY_DELETE)
    erase(edit, edit->at, behind(edit));
  else if (key == ES_KEY_RUB_WORD)
    erase(edit, word_start(edit), edit->at);
  else if (key == ES_KEY_RUB_LINE)
    erase(edit, 0, edit->at);
  else if (key == ES_KEY_LEFT)
    edit->at = before(edit);
  else if (key == ES_KEY_RIGHT)
    edit->at = behind(edit);
  else if (key == ES_KEY_HOME)
    edit->at = 0;
  else if (key == ES_KEY_END)
    edit->at = edit->text->len;
  else
    return FALSE;
  return TRUE;
}

gboolean es_line_edit_is_full(const EsLineEdit *edit) {
  return edit->text->len + LONGEST_CHARACTER > MOST_BYTES;
}

// The beginning of as much of the end of a text as fits in some cells.
static const char *last_cells(const char *text, int cells) {
  int excess = es_text_width(text) - cells;
  while (excess > 0 && *text != '\0') {
    const char *next = g_utf8_next_char(text);
    g_autofree char *one = g_strndup(text, (gsize)(next - text));
    excess -= es_text_width(one);
    text = next;
  }
  return text;
}

char *es_line_edit_window(const EsLineEdit *edit, int cells, int *cursor) {
  g_autofree char *head = g_strndup(edit->text->str, edit->at);
  const char *start = last_cells(head, MAX(cells - 1, 0));
  *cursor = es_text_width(start);
  g_autofree char *whole = g_strconcat(start, edit->text->str + edit->at, NULL);
  return es_text_cut(whole, cells, "");
}
