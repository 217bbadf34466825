// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The first line is the Content-Type, the rest is the body.
#include <string.h>

#include "earshot/wire/sdp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  const guint8 *end = size ? memchr(data, '\n', size) : NULL;
  if (!end)
    return 0;
  g_autofree char *type = g_strndup((const char *)data, (gsize)(end - data));
  const guint8 *body = end + 1;
  gsize length = size - (gsize)(body - data);
  EsBodyPart parts[ES_MAX_PARTS];
  guint n = es_multipart_split(type, body, length, parts);
  g_assert_cmpuint(n, <=, ES_MAX_PARTS);
  for (guint i = 0; i < n; i++) {
    assert_within(parts[i].data, parts[i].length, body, length);
    assert_clean(parts[i].content_type);
    assert_clean(parts[i].disposition);
  }
  return 0;
}
