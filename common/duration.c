// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lengths as people write and read them. Two forms are read: clock ("1:05", "1:02:03.5", where only the first
// part may exceed 59) and numbers with units ("1m30s", "1.5h"; each unit once, from large to small).
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <string.h>

#define MAX_MS (G_GINT64_CONSTANT(366) * 86400 * 1000) // a year: longer than any call or retention in ms

static const struct {
  const char *name;
  gint64 ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

// Longer names of units, with their place in units; an "s" may follow.
static const struct {
  const char *name;
  int unit;
} aliases[] = {{"day", 0}, {"hour", 1}, {"hr", 1}, {"minute", 2}, {"min", 2}, {"second", 3}, {"sec", 3}};

// Reads digits with an optional fraction as thousandths of a unit of unit_ms; advances *p.
static gboolean read_number(const char **p, double *number) {
  const char *start = *p;
  double value = 0, scale = 1;
  while (g_ascii_isdigit(**p) && *p - start < 15)
    value = value * 10 + (*(*p)++ - '0');
  if (*p == start)
    return FALSE;
  if (**p == '.' || **p == ',') {
    const char *fraction = ++*p;
    for (; g_ascii_isdigit(**p) && *p - fraction < 9; (*p)++)
      value += (**p - '0') * (scale /= 10);
    if (*p == fraction)
      return FALSE;
  }
  *number = value;
  return TRUE;
}

static gboolean read_clock(const char *p, double *ms) {
  double total = 0;
  for (int parts = 1; parts <= 3; parts++) {
    const char *start = p;
    double number;
    if (!read_number(&p, &number) || (parts > 1 && number >= 60))
      return FALSE;
    gboolean last = *p == '\0';
    if (!last && strspn(start, "0123456789") != (size_t)(p - start))
      return FALSE; // a fraction only at the end
    total = total * 60 + number;
    if (last) {
      *ms = total * 1000;
      return parts > 1;
    }
    if (*p++ != ':')
      return FALSE;
  }
  return FALSE;
}

// Index into units of the unit at *p, which is advanced; -1 if there is none.
static int read_unit(const char **p) {
  size_t length = 0;
  while (g_ascii_isalpha((*p)[length]))
    length++;
  for (guint i = 0; i < G_N_ELEMENTS(units); i++)
    if (strlen(units[i].name) == length && g_ascii_strncasecmp(units[i].name, *p, length) == 0) {
      *p += length;
      return (int)i;
    }
  size_t stem = length > 2 && g_ascii_tolower((*p)[length - 1]) == 's' ? length - 1 : length;
  for (guint i = 0; i < G_N_ELEMENTS(aliases); i++)
    if (strlen(aliases[i].name) == stem && g_ascii_strncasecmp(aliases[i].name, *p, stem) == 0) {
      *p += length;
      return aliases[i].unit;
    }
  return -1;
}

static gboolean read_units(const char *p, double *ms) {
  double number;
  int before = -1;
  *ms = 0;
  while (*p) {
    if (!read_number(&p, &number))
      return FALSE;
    while (*p == ' ')
      p++;
    if (*p == '\0' && before < 0) { // a bare number is seconds
      *ms = number * 1000;
      return TRUE;
    }
    int unit = read_unit(&p);
    if (unit <= before)
      return FALSE;
    before = unit;
    *ms += number * (double)units[unit].ms;
    while (*p == ' ')
      p++;
  }
  return before >= 0;
}

gboolean es_duration_parse(const char *text, gint64 *length_ms, GError **error) {
  g_autofree char *ascii = g_strstrip(es_digits_to_ascii(text ? text : ""));
  double ms;
  gboolean ok = strchr(ascii, ':') ? read_clock(ascii, &ms) : read_units(ascii, &ms);
  if (!ok || ms > (double)MAX_MS) {
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
                _("“%s” is not a length of time (examples: 90, 1:05, 2m, 1m30s, 1.5h, 500ms)"),
                text ? text : "");
    return FALSE;
  }
  *length_ms = (gint64)(ms + 0.5);
  return TRUE;
}

char *es_duration_format(gint64 length_ms, gboolean with_tenths) {
  if (length_ms == ES_UNKNOWN)
    return g_strdup("");
  const char *sign = length_ms < 0 ? "-" : "";
  guint64 unit = with_tenths ? 100 : 1000;
  guint64 whole =
      (guint64)ABS(length_ms) / unit; // tenths or seconds that have passed, as clocks and players count
  guint64 s = with_tenths ? whole / 10 : whole;
  g_autofree char *tenths = with_tenths ? g_strdup_printf(".%u", (guint)(whole % 10)) : g_strdup("");
  if (s < 3600)
    return g_strdup_printf("%s%u:%02u%s", sign, (guint)(s / 60), (guint)(s % 60), tenths);
  return g_strdup_printf("%s%" G_GUINT64_FORMAT ":%02u:%02u%s", sign, s / 3600, (guint)(s / 60 % 60),
                         (guint)(s % 60), tenths);
}
