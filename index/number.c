// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "number.h"
#include "earshot/index/fold.h"

#include <string.h>

#define SUFFIX_DIGITS 3 // an ending
#define WHOLE_DIGITS 9  // no extension

// *international tells whether a + or 00 went before the digits.
static char *read_digits(const char *text, gboolean *international) {
  if (!text)
    return NULL;
  g_autofree char *folded = es_fold(text);
  const char *at = g_strstrip(folded);
  g_autoptr(GString) digits = g_string_new(NULL);
  *international = *at == '+';
  for (at += *international; *at; at++) {
    if (g_ascii_isdigit(*at))
      g_string_append_c(digits, *at);
    else if (!strchr(" -().,/", *at))
      return NULL;
  }
  if (!*international && digits->len > 2 && g_str_has_prefix(digits->str, "00")) {
    g_string_erase(digits, 0, 2);
    *international = TRUE;
  }
  return digits->len ? g_strdup(digits->str) : NULL;
}

char *es_number_digits(const char *text) {
  gboolean international;
  return read_digits(text, &international);
}

char *es_number_key(const char *text) {
  if (!text || !*text)
    return NULL;
  char *digits = es_number_digits(text);
  if (digits)
    return g_strreverse(digits);
  g_autofree char *folded = es_fold(text);
  return g_strconcat("@", g_strstrip(folded), NULL);
}

// ---- searching

static void clear_range(gpointer data) {
  EsNumberRange *range = data;
  g_free(range->low);
  g_free(range->high);
}

// ':' follows '9'; the smallest text above an exact key is the key and the smallest character.
static void add_range(GArray *ranges, const char *key, gboolean suffix) {
  EsNumberRange range = {g_strdup(key), g_strconcat(key, suffix ? ":" : "\001", NULL)};
  g_array_append_val(ranges, range);
}

static void add_exact(GArray *ranges, const char *trunk, const char *rest) {
  g_autofree char *key = g_strreverse(g_strconcat(trunk, rest, NULL));
  add_range(ranges, key, FALSE);
}

// E.164: one digit for 1 and 7, two for those listed, three for all others.
static gsize country_code_length(const char *digits) {
  static const char two[] =
      "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 "
      "61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
  char code[] = {digits[0], digits[1], ' ', '\0'};
  if (digits[0] == '1' || digits[0] == '7')
    return 1;
  return strstr(two, code) ? 2 : 3;
}

GArray *es_number_ranges(const char *text) {
  GArray *ranges = g_array_new(FALSE, FALSE, sizeof(EsNumberRange));
  g_array_set_clear_func(ranges, clear_range);
  gboolean international = FALSE;
  g_autofree char *digits = read_digits(text, &international);
  g_autofree char *key = es_number_key(text);
  gboolean whole = digits && strlen(digits) >= WHOLE_DIGITS;
  if (!key || g_str_equal(key, "@"))
    return ranges;
  if (whole && !international && *digits == '0')
    key[strlen(key) - 1] = '\0'; // without the trunk's 0, the national number ends the international one
  add_range(ranges, key, digits && strlen(digits) >= SUFFIX_DIGITS);
  if (whole && international) {
    const char *national = digits + country_code_length(digits);
    add_exact(ranges, *digits == '7' ? "8" : "0", national);
    add_exact(ranges, "", national);
  }
  return ranges;
}
