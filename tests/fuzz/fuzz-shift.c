// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hours and days of a shift plan, one line each: what is read is written so that it is read the same.
#include "earshot/index/shift.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
  g_autofree char *raw = g_strndup((const char *)data, size);
  g_autofree char *text = g_utf8_make_valid(raw, -1);
  char *days = strchr(text, '\n');
  EsShift shift, again;
  if (days)
    *days++ = '\0';
  if (!es_shift_parse(*text ? text : NULL, days, &shift, NULL))
    return 0;
  g_autofree char *same_hours = es_shift_hours(&shift);
  g_autofree char *same_days = es_shift_days(&shift);
  g_assert(es_shift_parse(same_hours, same_days, &again, NULL));
  g_autofree char *hours = es_shift_hours(&again);
  g_assert(g_strcmp0(hours, same_hours) == 0);
  g_assert(again.days == 0 || shift.days == 0 || again.days == shift.days);
  g_assert(es_shift_overlap(&shift, &shift, ES_UNKNOWN, ES_UNKNOWN));
  es_shift_holds(&shift, (gint64)size * 3600 * ES_US_PER_S);
  return 0;
}
