// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The first line is what is searched for, the rest is the text: spans lie in it, one after the other, on
// borders of characters.
#include "earshot/index/match.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autofree char *all = g_strndup((const char *)data, size);
  g_autofree char *valid = g_utf8_make_valid(all, -1);
  char *text = strchr(valid, '\n');
  if (!text)
    return 0;
  *text++ = '\0';
  g_autoptr(EsMatcher) matcher = es_matcher_new(valid);
  if (!matcher)
    return 0;
  g_autoptr(GArray) spans = es_matcher_find(matcher, text);
  gsize before = 0, length = strlen(text);
  for (guint i = 0; i < spans->len; i++) {
    const EsMatchSpan *span = &g_array_index(spans, EsMatchSpan, i);
    g_assert(span->start >= before && span->end > span->start && span->end <= length);
    g_assert(g_utf8_validate(text + span->start, (gssize)(span->end - span->start), NULL));
    before = span->end;
  }
  return 0;
}
