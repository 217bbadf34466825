// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "queue-line.h"

#include "earshot/common/i18n.h"

#include <string.h>

#define FIELDS 5
#define MAX_NAME 128 // bytes of an id, a queue, an agent
#define MAX_DATA 1024
#define LONGEST_S (7 * 24 * 3600)

static gboolean is_event(const char *text) {
  gsize length = strlen(text);
  return length >= 2 && length <= 32 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length;
}

static char *clean(const char *text) {
  char *valid = g_utf8_validate(text, -1, NULL)
                    ? g_strdup(text)
                    : g_convert(text, -1, "UTF-8", "WINDOWS-1256", NULL, NULL, NULL);
  if (!valid)
    valid = g_utf8_make_valid(text, -1);
  for (char *p = valid; *p; p++)
    if (g_ascii_iscntrl(*p))
      *p = ' ';
  return valid;
}

static gboolean split(char *line, char *fields[FIELDS], char **rest) {
  for (guint i = 0; i < FIELDS; i++) {
    if (!line)
      return FALSE;
    fields[i] = line;
    char *bar = strchr(line, '|');
    if (bar)
      *bar = '\0';
    line = bar ? bar + 1 : NULL;
  }
  *rest = line;
  return TRUE;
}

EsQueueEvent *es_queue_line_read(char *line, GTimeZone *zone, const char **problem) {
  char *fields[FIELDS], *rest;
  gint64 at_us;
  *problem = NULL;
  if (!split(line, fields, &rest))
    *problem = N_("fewer than five fields with | between them");
  else if (!es_time_parse_in(fields[0], zone, &at_us) || at_us <= 0)
    *problem = N_("the first field is no time");
  else if (!is_event(fields[4]))
    *problem = N_("the fifth field names no event");
  else if (!*fields[1] || strlen(fields[1]) > MAX_NAME || strlen(fields[2]) > MAX_NAME ||
           strlen(fields[3]) > MAX_NAME || (rest && strlen(rest) > MAX_DATA))
    *problem = N_("a field is empty or too long");
  if (*problem)
    return NULL;
  EsQueueEvent *event = g_new0(EsQueueEvent, 1);
  event->at_us = at_us;
  event->pbx_id = clean(fields[1]);
  event->queue = clean(fields[2]);
  event->agent = clean(fields[3]);
  event->event = g_strdup(fields[4]);
  event->data = clean(rest ? rest : "");
  return event;
}

char *es_queue_data(const EsQueueEvent *event, guint n) {
  const char *at = event->data;
  for (; n > 0 && at; n--) {
    at = strchr(at, '|');
    at += at != NULL;
  }
  gsize length = at ? strcspn(at, "|") : 0;
  return length > 0 ? g_strndup(at, length) : NULL;
}

gint64 es_queue_seconds(const EsQueueEvent *event, guint from_end) {
  g_auto(GStrv) fields = g_strsplit(event->data, "|", 0);
  guint count = g_strv_length(fields);
  while (count > 0 && !*fields[count - 1]) // some write empty fields up to the fifth
    count--;
  guint64 seconds;
  if (from_end >= count ||
      !g_ascii_string_to_unsigned(fields[count - 1 - from_end], 10, 0, LONGEST_S, &seconds, NULL))
    return ES_UNKNOWN;
  return (gint64)seconds * 1000;
}
