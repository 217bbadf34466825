// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "uniqueid.h"

#include "earshot/common/clock.h"

#include <string.h>

#define MAX_ID 150

gboolean es_uniqueid_read(const char *text, gint64 *made_us) {
  if (!text || strlen(text) > MAX_ID)
    return FALSE;
  const char *dot = strrchr(text, '.'), *start = dot;
  if (!dot || !dot[1] || strspn(dot + 1, "0123456789") != strlen(dot + 1))
    return FALSE;
  while (start > text && g_ascii_isdigit(start[-1]))
    start--;
  if (dot - start < 9 || dot - start > 11 || (start > text && start[-1] != '-'))
    return FALSE;
  if (made_us)
    *made_us = g_ascii_strtoll(start, NULL, 10) * ES_US_PER_S;
  return TRUE;
}
