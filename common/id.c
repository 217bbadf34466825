// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/id.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

void es_id_new(gint64 time_us, char id[ES_ID_SIZE]) {
  guint8 b[16];
  guint64 ms = (guint64)MAX(time_us, 0) / 1000;
  if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
    for (guint i = 0; i < sizeof b; i += 4) {
      guint32 r = g_random_int();
      memcpy(b + i, &r, 4);
    }
  for (int i = 0; i < 6; i++)
    b[i] = (guint8)(ms >> (40 - 8 * i));
  b[6] = (guint8)(0x70 | (b[6] & 0x0f));
  b[8] = (guint8)(0x80 | (b[8] & 0x3f));
  snprintf(id, ES_ID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
           b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

gboolean es_id_is_whole(const char *text) {
  if (!text || strlen(text) != ES_ID_LENGTH)
    return FALSE;
  for (int i = 0; i < ES_ID_LENGTH; i++) {
    gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
      return FALSE;
  }
  return TRUE;
}

const char *es_id_short(const char *id) {
  size_t length = strlen(id);
  return length > ES_ID_SHORT ? id + length - ES_ID_SHORT : id;
}
