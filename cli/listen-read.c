// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading what comes from outside (see listen-read.h).
#include "listen-read.h"

#include <math.h>
#include <string.h>

#define UNIT "bytes="
#define LONGEST_RECORDING_S (7 * 24 * 3600.0)

// Digits up to the end or a stop; FALSE for anything else. An empty number is *given FALSE.
static gboolean read_number(const char **text, guint64 *number, gboolean *given) {
  const char *start = *text;
  for (*number = 0; g_ascii_isdigit(**text); (*text)++) {
    if (*number > G_MAXUINT64 / 10 - 10)
      return FALSE;
    *number = *number * 10 + (guint64)(**text - '0');
  }
  *given = *text > start;
  return TRUE;
}

EsRange es_listen_read_range(const char *text, guint64 size, guint64 *start, guint64 *length) {
  guint64 first, last;
  gboolean has_first, has_last;
  if (text == NULL || !g_str_has_prefix(text, UNIT))
    return ES_RANGE_WHOLE;
  text += strlen(UNIT);
  if (!read_number(&text, &first, &has_first) || *text++ != '-' || !read_number(&text, &last, &has_last) ||
      *text != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
    return ES_RANGE_WHOLE;
  if (!has_first) { // the last bytes
    if (last == 0)
      return ES_RANGE_OUTSIDE;
    first = size - MIN(last, size);
    has_last = FALSE;
  }
  if (first >= size)
    return ES_RANGE_OUTSIDE;
  *start = first;
  *length = (has_last ? MIN(last, size - 1) : size - 1) - first + 1;
  return ES_RANGE_PART;
}

gboolean es_listen_read_report(const char *text, guint *sequence, gboolean *playing, gint64 *position_ms) {
  guint64 number, state;
  gboolean given;
  if (!read_number(&text, &number, &given) || !given || number > G_MAXUINT || *text++ != ' ')
    return FALSE;
  if (!read_number(&text, &state, &given) || !given || state > 1 || *text++ != ' ' || !g_ascii_isdigit(*text))
    return FALSE;
  char *end;
  double seconds = g_ascii_strtod(text, &end);
  if (*end != '\0' || !isfinite(seconds) || seconds < 0 || seconds > LONGEST_RECORDING_S)
    return FALSE;
  *sequence = (guint)number;
  *playing = state == 1;
  *position_ms = (gint64)(seconds * 1000);
  return TRUE;
}

gboolean es_listen_is_own_host(const char *host) {
  static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};
  for (gsize i = 0; host != NULL && i < G_N_ELEMENTS(own); i++) {
    gsize n = strlen(own[i]);
    if (g_ascii_strncasecmp(host, own[i], n) == 0 && (host[n] == '\0' || host[n] == ':') &&
        strspn(host + n, ":0123456789") == strlen(host + n))
      return TRUE;
  }
  return FALSE;
}

const char *es_listen_read_path(const char *path, const char *secret) {
  gsize n = strlen(secret), length = strlen(path);
  guint differ = length < n + 2;
  for (gsize i = 0; i < n; i++)
    differ |= (guint)((guint8)(i + 1 < length ? path[i + 1] : '\0') ^ (guint8)secret[i]);
  if (differ != 0 || path[0] != '/' || path[n + 1] != '/')
    return NULL;
  return path + n + 2;
}
