// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/import/cdr.h"
#include "fuzz.h"
#include "patterns.h"

// What was joined holds every row once, and what the calls share can be asked of any table.
int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  const EsCdrOptions options = {"UTC", ES_UNKNOWN, ES_UNKNOWN, NULL, NULL};
  g_autoptr(EsCdr) cdr = es_cdr_read_text("fuzz.csv", (const char *)data, (gssize)size, &options, NULL);
  if (!cdr)
    return 0;
  guint64 rows = es_cdr_wrong_rows(cdr);
  g_autoptr(GArray) compared = g_array_new(FALSE, FALSE, sizeof(EsCompared));
  for (guint i = 0; i < es_cdr_calls(cdr)->len; i++) {
    const EsCdrCall *call = g_ptr_array_index(es_cdr_calls(cdr), i);
    EsCompared one = {call, i % 2};
    rows += call->rows->len;
    if (compared->len < 64)
      g_array_append_val(compared, one);
  }
  g_assert_cmpuint(rows, ==, es_cdr_rows(cdr));
  g_ptr_array_unref(es_patterns_find(compared));
  return 0;
}
