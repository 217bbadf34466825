// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal sends, key by key into a line that is edited and shown.
#include <string.h>

#include "fuzz.h"
#include "line-edit.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsLineEdit edit;
  gunichar key;
  es_line_edit_begin(&edit, "");
  while (size > 0) {
    gsize waiting = es_keys_decode(data, size, FALSE, &key), used = es_keys_decode(data, size, TRUE, &key);
    g_assert_true(used >= 1 && used <= size && (waiting == 0 || waiting == used));
    data += used;
    size -= used;
    es_key_latin(key);
    es_line_edit_key(&edit, key);
    g_assert_true(edit.at <= edit.text->len && g_utf8_validate(edit.text->str, -1, NULL));
  }
  int cursor;
  g_free(es_line_edit_window(&edit, 20, &cursor));
  g_assert_true(cursor >= 0 && cursor < 20);
  es_line_edit_clear(&edit);
  return 0;
}
