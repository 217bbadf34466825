// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Decoding keys (see keys.h): UTF-8, control characters, and the sequences of ECMA-48 that begin with an
// escape ("CSI A", "CSI 3 ~", "SS3 A"; modifiers are left aside). What is pasted comes between "CSI 200 ~"
// and "CSI 201 ~".
#include "keys.h"

#include <string.h>

#define ESCAPE 0x1B
#define LONGEST_SEQUENCE 32
#define PASTE 200
#define PASTED 201

// On the Arabic layout one key gives two letters, lam and alef.
#define LAM 0x0644
#define ALEF 0x0627
#define LAM_ALEF 0xFEFB

static const struct {
  gunichar arabic;
  char latin;
} layout[] = {
    {0x0636, 'q'}, {0x0635, 'w'}, {0x062B, 'e'}, {0x0642, 'r'},   {0x0641, 't'},  {0x063A, 'y'},
    {0x0639, 'u'}, {0x0647, 'i'}, {0x062E, 'o'}, {0x062D, 'p'},   {0x062C, '['},  {0x062F, ']'},
    {0x0634, 'a'}, {0x0633, 's'}, {0x064A, 'd'}, {0x0628, 'f'},   {LAM, 'g'},     {ALEF, 'h'},
    {0x062A, 'j'}, {0x0646, 'k'}, {0x0645, 'l'}, {0x0643, ';'},   {0x0637, '\''}, {0x0626, 'z'},
    {0x0621, 'x'}, {0x0624, 'c'}, {0x0631, 'v'}, {LAM_ALEF, 'b'}, {0x0649, 'n'},  {0x0629, 'm'},
    {0x0648, ','}, {0x0632, '.'}, {0x0638, '/'}, {0x061F, '?'},   {0x060C, ','},
};

gunichar es_key_latin(gunichar key) {
  if (key >= 0x0660 && key <= 0x0669)
    return '0' + (key - 0x0660);
  if (key >= 0x06F0 && key <= 0x06F9)
    return '0' + (key - 0x06F0);
  for (gsize i = 0; i < G_N_ELEMENTS(layout); i++)
    if (layout[i].arabic == key)
      return (gunichar)layout[i].latin;
  return key;
}

static gunichar control_key(guint8 byte) {
  switch (byte) {
  case '\r':
  case '\n':
    return ES_KEY_ENTER;
  case '\t':
    return ES_KEY_TAB;
  case 0x03:
    return ES_KEY_INTERRUPT;
  case 0x08:
  case 0x7F:
    return ES_KEY_BACKSPACE;
  case 0x0C:
    return ES_KEY_REDRAW;
  case 0x15:
    return ES_KEY_RUB_LINE;
  case 0x17:
    return ES_KEY_RUB_WORD;
  case 0x1A:
    return ES_KEY_SUSPEND;
  default:
    return ES_KEY_UNKNOWN;
  }
}

// By the last byte of a sequence, and the number in front of a tilde.
static gunichar sequence_key(guint8 last, int number) {
  static const char letters[] = "ABCDHF";
  static const gunichar keys[] = {ES_KEY_UP, ES_KEY_DOWN, ES_KEY_RIGHT, ES_KEY_LEFT, ES_KEY_HOME, ES_KEY_END};
  static const gunichar numbered[] = {ES_KEY_UNKNOWN,   ES_KEY_HOME, ES_KEY_UNKNOWN,
                                      ES_KEY_DELETE,    ES_KEY_END,  ES_KEY_PAGE_UP,
                                      ES_KEY_PAGE_DOWN, ES_KEY_HOME, ES_KEY_END};
  const char *letter = last != '\0' ? strchr(letters, last) : NULL;
  if (letter != NULL)
    return keys[letter - letters];
  if (last == '~' && (number == PASTE || number == PASTED))
    return number == PASTE ? ES_KEY_PASTE : ES_KEY_PASTED;
  return last == '~' && number < (int)G_N_ELEMENTS(numbered) ? numbered[number] : ES_KEY_UNKNOWN;
}

static gsize decode_escape(const guint8 *bytes, gsize n, gboolean complete, gunichar *key) {
  *key = ES_KEY_ESCAPE;
  if (n == 1)
    return complete ? 1 : 0;
  if (bytes[1] != '[' && bytes[1] != 'O')
    return 1;
  int number = 0;
  gboolean counting = TRUE;
  for (gsize i = 2; i < MIN(n, LONGEST_SEQUENCE); i++) {
    if (bytes[i] >= 0x40 && bytes[i] <= 0x7E) {
      *key = sequence_key(bytes[i], number);
      return i + 1;
    }
    counting = counting && g_ascii_isdigit(bytes[i]);
    if (counting && number < 1000)
      number = number * 10 + (bytes[i] - '0');
  }
  *key = ES_KEY_UNKNOWN;
  return complete || n >= LONGEST_SEQUENCE ? MIN(n, LONGEST_SEQUENCE) : 0;
}

static gsize decode_character(const guint8 *bytes, gsize n, gboolean complete, gunichar *key) {
  gunichar c = g_utf8_get_char_validated((const char *)bytes, (gssize)n);
  if (c == (gunichar)-2 && !complete)
    return 0;
  *key = ES_KEY_UNKNOWN;
  if (c == (gunichar)-1 || c == (gunichar)-2)
    return 1;
  *key = c;
  gsize length = (gsize)g_unichar_to_utf8(c, NULL);
  if (c != LAM)
    return length;
  gunichar next =
      n > length ? g_utf8_get_char_validated((const char *)bytes + length, (gssize)(n - length)) : 0;
  if (next != ALEF)
    return length;
  *key = LAM_ALEF;
  return length + (gsize)g_unichar_to_utf8(ALEF, NULL);
}

gsize es_keys_decode(const guint8 *bytes, gsize n, gboolean complete, gunichar *key) {
  if (n == 0)
    return 0;
  if (bytes[0] == ESCAPE)
    return decode_escape(bytes, n, complete, key);
  if (bytes[0] < 0x20 || bytes[0] == 0x7F) {
    *key = control_key(bytes[0]);
    return 1;
  }
  return decode_character(bytes, n, complete, key);
}
