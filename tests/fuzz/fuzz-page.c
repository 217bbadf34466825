// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Paths, headers and reports as anybody on the machine may send them to --listen.
#include <string.h>

#include "fuzz.h"
#include "listen-read.h"

#define SIZE 1000

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  guint64 start = 0, length = 0;
  guint sequence;
  gboolean playing;
  gint64 position_ms = 0;
  if (es_listen_read_range(text, SIZE, &start, &length) == ES_RANGE_PART)
    g_assert_true(length > 0 && start < SIZE && start + length <= SIZE);
  if (es_listen_read_report(text, &sequence, &playing, &position_ms))
    g_assert_cmpint(position_ms, >=, 0);
  const char *what = es_listen_read_path(text, "0123456789");
  g_assert_true(!what || (g_str_has_prefix(text, "/0123456789/") && what == text + strlen("/0123456789/")));
  es_listen_is_own_host(text);
  return 0;
}
