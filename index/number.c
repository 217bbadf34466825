// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "number.h"
#include "earshot/index/fold.h"

#include <string.h>

#define SUFFIX_DIGITS 3

char *es_number_digits(const char *text) {
  if (!text)
    return NULL;
  g_autofree char *folded = es_fold(text);
  const char *at = g_strstrip(folded);
  g_autoptr(GString) digits = g_string_new(NULL);
  gboolean international = *at == '+';
  for (at += international; *at; at++) {
    if (g_ascii_isdigit(*at))
      g_string_append_c(digits, *at);
    else if (!strchr(" -().,/", *at))
      return NULL;
  }
  if (!international && digits->len > 2 && g_str_has_prefix(digits->str, "00"))
    g_string_erase(digits, 0, 2);
  return digits->len ? g_strdup(digits->str) : NULL;
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

gboolean es_number_range(const char *text, char **low, char **high) {
  g_autofree char *key = es_number_key(text);
  if (!key || g_str_equal(key, "@"))
    return FALSE;
  gboolean suffix = *key != '@' && strlen(key) >= SUFFIX_DIGITS;
  // ':' follows '9'; the smallest text above an exact key is the key and the smallest character.
  *high = g_strconcat(key, suffix ? ":" : "\001", NULL);
  *low = g_steal_pointer(&key);
  return TRUE;
}
