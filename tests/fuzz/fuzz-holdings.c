// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recorder says that it holds, line by line; what was understood is written and read again.
#include "border.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  g_autoptr(EsHoldings) holdings = es_holdings_new(), again = es_holdings_new();
  for (char **line = lines; *line; line++)
    es_holdings_read(holdings, *line, ES_US_PER_S);
  g_autoptr(GString) written = g_string_new(NULL);
  guint n = es_holdings_write(holdings, written), read = 0;
  g_auto(GStrv) copies = g_strsplit(written->str, "\n", -1);
  for (char **line = copies; *line; line++)
    read += es_holdings_read(again, *line, ES_US_PER_S);
  g_assert_cmpuint(read, ==, n);
  return 0;
}
