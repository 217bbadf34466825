// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Writing CSV: cells by RFC 4180, and safe to open in a spreadsheet.
#include "earshot/common/csv.h"

#include <string.h>

static gboolean is_formula(const char *text) {
  if (*text && strchr("=@\t\r", *text))
    return TRUE;
  return (*text == '+' || *text == '-') && strspn(text + 1, "0123456789. ") != strlen(text + 1);
}

char *es_csv_cell(const char *text) {
  if (!text)
    return g_strdup("");
  GString *cell = g_string_new(is_formula(text) ? "'" : NULL);
  g_string_append(cell, text);
  if (*text != ' ' && !strpbrk(text, ",\"\r\n"))
    return g_string_free(cell, FALSE);
  g_string_replace(cell, "\"", "\"\"", 0);
  g_string_prepend_c(cell, '"');
  g_string_append_c(cell, '"');
  return g_string_free(cell, FALSE);
}
