// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Moments as people write and read them. A text is tried against the forms in order: a word ("yesterday",
// "monday", "3 days ago", "-2h"), a time of today, a date with or without a time. Local time is resolved by
// GDateTime, so a day has 23 or 25 hours where the clocks change.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_US (60 * ES_US_PER_S)
#define HOUR_US (60 * MINUTE_US)

char *es_digits_to_ascii(const char *text) {
  GString *out = g_string_new(NULL);
  for (const char *p = text; *p;) {
    gunichar c = g_utf8_get_char_validated(p, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) { // not UTF-8: keep the byte, the caller's parser refuses it
      g_string_append_c(out, *p++);
      continue;
    }
    if (c >= 0x660 && c <= 0x669)
      g_string_append_c(out, (char)('0' + (c - 0x660)));
    else if (c >= 0x6f0 && c <= 0x6f9)
      g_string_append_c(out, (char)('0' + (c - 0x6f0)));
    else
      g_string_append_unichar(out, c);
    p = g_utf8_next_char(p);
  }
  return g_string_free(out, FALSE);
}

char *es_time_format_utc(gint64 time_us) {
  if (time_us == ES_UNKNOWN)
    return NULL;
  gint64 seconds = time_us / ES_US_PER_S, rest = time_us % ES_US_PER_S;
  if (rest < 0) {
    rest += ES_US_PER_S;
    seconds--;
  }
  g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(seconds);
  if (!t)
    return NULL;
  return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", g_date_time_get_year(t),
                         g_date_time_get_month(t), g_date_time_get_day_of_month(t), g_date_time_get_hour(t),
                         g_date_time_get_minute(t), g_date_time_get_second(t), (int)(rest / ES_US_PER_MS));
}

static gint64 to_us(GDateTime *t) {
  return g_date_time_to_unix(t) * ES_US_PER_S + g_date_time_get_microsecond(t);
}

typedef struct {
  gint64 start_us, length_us;
} Span;

// The whole local day that lies days after the day of now.
static gboolean day_span(GDateTime *now, int days, Span *span) {
  g_autoptr(GDateTime) day = g_date_time_add_days(now, days);
  if (!day)
    return FALSE;
  g_autoptr(GDateTime) next = g_date_time_add_days(day, 1);
  if (!next)
    return FALSE;
  g_autoptr(GDateTime) start = g_date_time_new_local(g_date_time_get_year(day), g_date_time_get_month(day),
                                                     g_date_time_get_day_of_month(day), 0, 0, 0);
  g_autoptr(GDateTime) end = g_date_time_new_local(g_date_time_get_year(next), g_date_time_get_month(next),
                                                   g_date_time_get_day_of_month(next), 0, 0, 0);
  span->start_us = to_us(start);
  span->length_us = to_us(end) - span->start_us;
  return TRUE;
}

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
static const char *const arabic_weekdays[] = {"الاثنين", "الثلاثاء", "الأربعاء", "الخميس",
                                              "الجمعة",  "السبت",    "الأحد"};

static gboolean read_weekday(const char *text, GDateTime *now, Span *span) {
  size_t length = strlen(text);
  for (int i = 0; i < 7; i++)
    if ((length == 3 && strncmp(text, weekdays[i], 3) == 0) || strcmp(text, weekdays[i]) == 0 ||
        strcmp(text, arabic_weekdays[i]) == 0) {
      int back = (g_date_time_get_day_of_week(now) - 1 - i + 7) % 7;
      return day_span(now, -(back == 0 ? 7 : back), span); // said on a Monday, "monday" is the one before
    }
  return FALSE;
}

// 1 for Monday to 7 for Sunday, as the locale has it. glibc counts from a Sunday or a Monday that it names;
// an item that is a number comes in the place of the text.
static int first_weekday(void) {
  union {
    const char *text;
    guint32 number;
  } base = {nl_langinfo(_NL_TIME_WEEK_1STDAY)};
  int day = nl_langinfo(_NL_TIME_FIRST_WEEKDAY)[0] - 1; // days after the base
  int monday = base.number == 19971201 ? 1 : 7;
  return day >= 0 && day < 7 ? (monday + day - 1) % 7 + 1 : 1;
}

static gboolean week_span(GDateTime *now, int weeks, Span *span) {
  Span last;
  int passed = (g_date_time_get_day_of_week(now) - first_weekday() + 7) % 7;
  if (!day_span(now, 7 * weeks - passed, span) || !day_span(now, 7 * weeks - passed + 6, &last))
    return FALSE;
  span->length_us = last.start_us + last.length_us - span->start_us;
  return TRUE;
}

static gboolean read_week(const char *text, GDateTime *now, Span *span) {
  static const struct {
    const char *words;
    int weeks;
  } all[] = {{"this week", 0}, {"هذا الأسبوع", 0}, {"last week", -1}, {"الأسبوع الماضي", -1}};
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    if (strcmp(text, all[i].words) == 0)
      return week_span(now, all[i].weeks, span);
  return FALSE;
}

static const struct {
  const char *name;
  int months, days;
  gint64 us;
} units[] = {
    {"s", 0, 0, ES_US_PER_S},
    {"sec", 0, 0, ES_US_PER_S},
    {"second", 0, 0, ES_US_PER_S},
    {"m", 0, 0, MINUTE_US},
    {"min", 0, 0, MINUTE_US},
    {"minute", 0, 0, MINUTE_US},
    {"h", 0, 0, HOUR_US},
    {"hour", 0, 0, HOUR_US},
    {"d", 0, 1, 0},
    {"day", 0, 1, 0},
    {"w", 0, 7, 0},
    {"week", 0, 7, 0},
    {"month", 1, 0, 0},
    {"year", 12, 0, 0},
};

static int find_unit(const char *name) {
  size_t length = strlen(name);
  if (length > 3 && name[length - 1] == 's')
    length--;
  for (guint i = 0; i < G_N_ELEMENTS(units); i++)
    if (strlen(units[i].name) == length && strncmp(units[i].name, name, length) == 0)
      return (int)i;
  return -1;
}

// "3 days ago", "-2h": days and longer give the whole day, shorter ones a moment.
static gboolean read_ago(const char *text, GDateTime *now, Span *span) {
  char unit[16], ago[8] = "";
  int count, end = 0;
  gboolean minus = text[0] == '-';
  if (sscanf(text + minus, "%5d %15[a-z] %7[a-z]%n", &count, unit, ago, &end) < 2 || count < 0)
    return FALSE;
  if (minus ? ago[0] != '\0' : strcmp(ago, "ago") != 0 || text[end] != '\0')
    return FALSE;
  if (!g_ascii_isdigit(text[minus]) || (minus && !g_str_has_suffix(text, unit)))
    return FALSE;
  int i = find_unit(unit);
  if (i < 0)
    return FALSE;
  if (units[i].us) {
    span->start_us = to_us(now) - count * units[i].us;
    span->length_us = 0;
    return TRUE;
  }
  g_autoptr(GDateTime) moved =
      g_date_time_add_full(now, 0, -count * units[i].months, -count * units[i].days, 0, 0, 0);
  return moved && day_span(moved, 0, span);
}

static gboolean read_words(const char *text, GDateTime *now, Span *span) {
  static const struct {
    const char *word;
    int days;
  } days[] = {{"today", 0}, {"اليوم", 0}, {"yesterday", -1}, {"أمس", -1}, {"امس", -1}};
  if (strcmp(text, "now") == 0 || strcmp(text, "الآن") == 0) {
    *span = (Span){to_us(now), 0};
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS(days); i++)
    if (strcmp(text, days[i].word) == 0)
      return day_span(now, days[i].days, span);
  return read_weekday(text, now, span) || read_week(text, now, span) || read_ago(text, now, span);
}

typedef struct {
  int year, month, day, hour, minute, second;
  gint64 fraction_us;
  gint64 length_us; // what the time of day covers; 0 with a fraction, -1 without a time of day
} Parts;

// Reads exactly min..max digits.
static gboolean digits(const char **p, int min, int max, int *value) {
  int n = 0;
  for (*value = 0; n < max && g_ascii_isdigit(**p); n++)
    *value = *value * 10 + (*(*p)++ - '0');
  return n >= min && !g_ascii_isdigit(**p);
}

static gboolean literal(const char **p, char c) {
  if (**p != c)
    return FALSE;
  (*p)++;
  return TRUE;
}

// "2026-11-20", "20/11/2026", "20-11-2026", "20.11.2026", and "20/11" with the year left at 0.
static gboolean read_date(const char **p, Parts *t) {
  const char *start = *p;
  if (digits(p, 4, 4, &t->year))
    return literal(p, '-') && digits(p, 1, 2, &t->month) && literal(p, '-') && digits(p, 1, 2, &t->day);
  *p = start;
  t->year = 0;
  if (!digits(p, 1, 2, &t->day))
    return FALSE;
  char separator = **p;
  if ((separator != '/' && separator != '-' && separator != '.') || !literal(p, separator) ||
      !digits(p, 1, 2, &t->month))
    return FALSE;
  if (separator == '/' && (**p == '\0' || **p == ' '))
    return TRUE;
  return literal(p, separator) && digits(p, 4, 4, &t->year);
}

// "14:03", "14:03:05", "14:03:05.123456".
static gboolean read_time_of_day(const char **p, Parts *t) {
  if (!digits(p, 1, 2, &t->hour) || !literal(p, ':') || !digits(p, 2, 2, &t->minute))
    return FALSE;
  t->length_us = MINUTE_US;
  if (!literal(p, ':'))
    return TRUE;
  t->length_us = ES_US_PER_S;
  if (!digits(p, 2, 2, &t->second))
    return FALSE;
  if (!literal(p, '.'))
    return TRUE;
  t->length_us = 0;
  if (!g_ascii_isdigit(**p))
    return FALSE;
  for (gint64 scale = ES_US_PER_S / 10; g_ascii_isdigit(**p); scale /= 10)
    t->fraction_us += (*(*p)++ - '0') * scale;
  return TRUE;
}

static gboolean two_digits(const char **p, int *value) {
  if (!g_ascii_isdigit((*p)[0]) || !g_ascii_isdigit((*p)[1]))
    return FALSE;
  *value = ((*p)[0] - '0') * 10 + ((*p)[1] - '0');
  *p += 2;
  return TRUE;
}

// "" (the zone that is given, NULL is the local one), "z", "+02:00", "+0200"; NULL when it is none of them.
static GTimeZone *read_zone(const char *p, GTimeZone *given) {
  int hours, minutes;
  if (*p == '\0')
    return given ? g_time_zone_ref(given) : g_time_zone_new_local();
  if (strcmp(p, "z") == 0 || strcmp(p, "utc") == 0)
    return g_time_zone_new_utc();
  if (*p != '+' && *p != '-')
    return NULL;
  const char *q = p + 1;
  if (!two_digits(&q, &hours))
    return NULL;
  literal(&q, ':');
  if (!two_digits(&q, &minutes) || *q != '\0' || hours > 23 || minutes > 59)
    return NULL;
  return g_time_zone_new_offset((*p == '-' ? -1 : 1) * (hours * 3600 + minutes * 60));
}

static gboolean parts_to_span(const Parts *t, GTimeZone *zone, Span *span) {
  g_autoptr(GDateTime) at =
      g_date_time_new(zone, t->year, t->month, t->day, t->hour, t->minute, (double)t->second);
  if (!at)
    return FALSE;
  span->start_us = to_us(at) + t->fraction_us;
  span->length_us = t->length_us;
  return TRUE;
}

// A day without a year is the last one of that name: calls lie in the past.
static void fill_year(GDateTime *now, Parts *t) {
  if (t->year != 0)
    return;
  int month = g_date_time_get_month(now), day = g_date_time_get_day_of_month(now);
  gboolean ahead = t->month > month || (t->month == month && t->day > day);
  t->year = g_date_time_get_year(now) - ahead;
}

static gboolean read_moment(const char *text, GDateTime *now, Span *span) {
  const char *p = text;
  Parts t = {.length_us = -1};
  if (!read_date(&p, &t)) {
    p = text;
    t = (Parts){.length_us = -1};
    t.year = g_date_time_get_year(now);
    t.month = g_date_time_get_month(now);
    t.day = g_date_time_get_day_of_month(now);
    if (!read_time_of_day(&p, &t))
      return FALSE;
  } else if (*p == '\0') {
    fill_year(now, &t);
    g_autoptr(GDateTime) day = g_date_time_new_local(t.year, t.month, t.day, 0, 0, 0);
    return day && day_span(day, 0, span);
  } else {
    if (*p != 't' && *p != ' ')
      return FALSE;
    p++;
    fill_year(now, &t);
    if (!read_time_of_day(&p, &t))
      return FALSE;
  }
  g_autoptr(GTimeZone) zone = read_zone(p, NULL);
  return zone && parts_to_span(&t, zone, span);
}

gboolean es_time_parse(const char *text, gint64 now_us, gint64 *time_us, gint64 *length_us, GError **error) {
  g_autofree char *ascii = g_strstrip(es_digits_to_ascii(text ? text : ""));
  g_autofree char *lower = g_ascii_strdown(ascii, -1);
  g_autoptr(GDateTime) whole = g_date_time_new_from_unix_local(now_us / ES_US_PER_S);
  g_autoptr(GDateTime) now = whole ? g_date_time_add(whole, now_us % ES_US_PER_S) : NULL;
  Span span;
  if (!now || !(read_words(lower, now, &span) || read_moment(lower, now, &span))) {
    g_set_error(
        error, ES_ERROR, ES_ERROR_USAGE,
        _("“%s” is not a date or time (examples: 2026-11-20, 20/11/2026, \"2026-11-20 14:03\", 14:03, "
          "today, monday, \"3 days ago\", -2h)"),
        text ? text : "");
    return FALSE;
  }
  *time_us = span.start_us;
  if (length_us)
    *length_us = span.length_us;
  return TRUE;
}

// ---- as programs write them

static gint64 offset_at(GTimeZone *zone, gint64 time_us) {
  int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, time_us / ES_US_PER_S);
  return interval < 0 ? 0 : g_time_zone_get_offset(zone, interval) * ES_US_PER_S;
}

gint64 es_time_of_two(gint64 time_us, GTimeZone *zone, gint64 near_us) {
  const gint64 hour_us = 3600 * ES_US_PER_S;
  if (time_us == ES_UNKNOWN || near_us == ES_UNKNOWN)
    return time_us;
  for (gint64 by_us = -hour_us; by_us <= hour_us; by_us += 2 * hour_us) {
    gint64 other_us = time_us + by_us;
    gboolean alike = offset_at(zone, time_us) - offset_at(zone, other_us) == by_us;
    if (alike && ABS(other_us - near_us) < ABS(time_us - near_us))
      return other_us;
  }
  return time_us;
}

GTimeZone *es_time_zone(const char *name, GError **error) {
  if (!name)
    return g_time_zone_new_local();
  g_autofree char *lower = g_ascii_strdown(name, -1);
  GTimeZone *zone = *name ? read_zone(lower, NULL) : NULL;
  if (!zone && *name)
    zone = g_time_zone_new_identifier(name);
  if (!zone)
    g_set_error(error, ES_ERROR, ES_ERROR_USAGE,
                _("“%s” is not a time zone (examples: Africa/Cairo, UTC, +02:00)"), name);
  return zone;
}

static gboolean read_epoch(const char *text, gint64 *time_us) {
  char *end;
  gint64 seconds = g_ascii_strtoll(text, &end, 10), fraction_us = 0;
  if (end - text < 9 || end - text > 11 || !g_ascii_isdigit(*text))
    return FALSE;
  if (*end == '.')
    for (gint64 scale = ES_US_PER_S / 10; g_ascii_isdigit(*++end); scale /= 10)
      fraction_us += (*end - '0') * scale;
  *time_us = seconds * ES_US_PER_S + fraction_us;
  return *end == '\0';
}

gboolean es_time_parse_in(const char *text, GTimeZone *zone, gint64 *time_us) {
  g_autofree char *ascii = g_strstrip(es_digits_to_ascii(text));
  if (read_epoch(ascii, time_us))
    return TRUE;
  g_autofree char *lower = g_ascii_strdown(ascii, -1);
  const char *p = lower;
  Parts t = {.length_us = -1};
  if (!read_date(&p, &t) || t.year == 0 || (*p != 't' && *p != ' '))
    return FALSE;
  p++;
  if (!read_time_of_day(&p, &t))
    return FALSE;
  p += *p == ' ';
  g_autoptr(GTimeZone) own = read_zone(p, zone);
  Span span;
  if (!own || !parts_to_span(&t, own, &span))
    return FALSE;
  *time_us = span.start_us;
  return TRUE;
}
