// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Shifts are compared as clocks show them ("wall seconds": the local date and time read as if it were UTC),
// so that no change of the clock moves them.
#include "earshot/index/shift.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/fold.h"

#include <string.h>
#include <time.h>

#define DAY_MIN 1440
#define DAY_S 86400
#define EVERY_DAY 0x7fu

// ---- reading

static gboolean refuse_hours(const char *text, GError **error) {
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("“%s” are no hours like 08:00-16:00"), text);
  return FALSE;
}

static gboolean read_number(const char **text, int most, int *number) {
  const char *begin = *text;
  for (*number = 0; g_ascii_isdigit(**text) && *text - begin < 2; (*text)++)
    *number = *number * 10 + (**text - '0');
  return *text > begin && *number <= most && !g_ascii_isdigit(**text);
}

static gboolean read_half(const char **text, int *hour) {
  gboolean pm = g_str_has_prefix(*text, "pm") || g_str_has_prefix(*text, "م");
  gboolean am = g_str_has_prefix(*text, "am") || g_str_has_prefix(*text, "ص");
  if (!am && !pm)
    return TRUE;
  *text += 2; // of either script
  if (*hour < 1 || *hour > 12)
    return FALSE;
  *hour = *hour % 12 + (pm ? 12 : 0);
  return TRUE;
}

static void skip_space(const char **text) {
  while (**text == ' ' || **text == '\t')
    (*text)++;
}

static gboolean read_clock(const char **text, int *minutes) {
  int hour, minute = 0;
  skip_space(text);
  if (!read_number(text, 24, &hour))
    return FALSE;
  if (**text == ':' || **text == '.') {
    (*text)++;
    if (!read_number(text, 59, &minute))
      return FALSE;
  }
  skip_space(text);
  if (!read_half(text, &hour))
    return FALSE;
  skip_space(text);
  *minutes = hour * 60 + minute;
  return *minutes <= DAY_MIN;
}

static gboolean skip_dash(const char **text) {
  static const char *const dashes[] = {"-", "–", "—"};
  for (guint i = 0; i < G_N_ELEMENTS(dashes); i++)
    if (g_str_has_prefix(*text, dashes[i])) {
      *text += strlen(dashes[i]);
      return TRUE;
    }
  return FALSE;
}

static gboolean parse_hours(const char *hours, EsShift *shift, GError **error) {
  g_autofree char *ascii = es_digits_to_ascii(hours);
  g_autofree char *lower = g_utf8_strdown(ascii, -1);
  const char *text = lower;
  if (!read_clock(&text, &shift->start_min) || !skip_dash(&text) || !read_clock(&text, &shift->end_min) ||
      *text || shift->start_min == DAY_MIN)
    return refuse_hours(hours, error);
  if (shift->start_min == shift->end_min) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("“%s” begin and end at the same time"), hours);
    return FALSE;
  }
  return TRUE;
}

static const char *const day_names[7][3] = {
    {"sun", "sunday", "الأحد"},       {"mon", "monday", "الاثنين"},  {"tue", "tuesday", "الثلاثاء"},
    {"wed", "wednesday", "الأربعاء"}, {"thu", "thursday", "الخميس"}, {"fri", "friday", "الجمعة"},
    {"sat", "saturday", "السبت"},
};

// Whether one is the other, with or without its article.
static gboolean same_word(const char *word, const char *name) {
  g_autofree char *folded = es_fold(name);
  return strcmp(word, folded) == 0 || strcmp(word, folded + es_fold_article(folded, strlen(folded))) == 0;
}

static int find_day(const char *text) {
  g_autofree char *word = es_fold(text);
  g_strstrip(word);
  for (int day = 0; day < 7; day++)
    for (int i = 0; i < 3; i++)
      if (same_word(word, day_names[day][i]))
        return day;
  return -1;
}

static gboolean add_days(const char *piece, guint *days) {
  g_auto(GStrv) ends = g_strsplit(piece, "-", -1);
  guint n = g_strv_length(ends);
  int first = n >= 1 && n <= 2 ? find_day(ends[0]) : -1;
  int last = n == 2 ? find_day(ends[1]) : first;
  if (first < 0 || last < 0)
    return FALSE;
  for (int day = first;; day = (day + 1) % 7) {
    *days |= 1u << day;
    if (day == last)
      return TRUE;
  }
}

static char *plain_separators(const char *text) {
  static const struct {
    const char *from, *to;
  } same[] = {{"–", "-"}, {"—", "-"}, {"،", ","}, {";", ","}, {"؛", ","}};
  char *plain = g_strdup(text);
  for (guint i = 0; i < G_N_ELEMENTS(same); i++) {
    g_auto(GStrv) parts = g_strsplit(plain, same[i].from, -1);
    g_free(plain);
    plain = g_strjoinv(same[i].to, parts);
  }
  return plain;
}

static gboolean parse_days(const char *text, guint *days, GError **error) {
  g_autofree char *plain = plain_separators(text);
  g_auto(GStrv) pieces = g_strsplit(plain, ",", -1);
  gboolean right = *pieces != NULL;
  *days = 0;
  for (char **piece = pieces; *piece && right; piece++)
    right = add_days(*piece, days);
  if (!right)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("“%s” are no days like sun-thu"), text);
  return right;
}

gboolean es_shift_parse(const char *hours, const char *days, EsShift *shift, GError **error) {
  *shift = (EsShift){.days = hours || days ? EVERY_DAY : 0, .start_min = 0, .end_min = DAY_MIN};
  return (!hours || parse_hours(hours, shift, error)) && (!days || parse_days(days, &shift->days, error));
}

// ---- writing

char *es_shift_hours(const EsShift *shift) {
  if (shift->days == 0 || shift->end_min - shift->start_min == DAY_MIN)
    return NULL;
  return g_strdup_printf("%02d:%02d-%02d:%02d", shift->start_min / 60, shift->start_min % 60,
                         shift->end_min / 60, shift->end_min % 60);
}

static gboolean has_day(const EsShift *shift, int day) {
  return (shift->days >> (day + 7) % 7 & 1) != 0;
}

char *es_shift_days(const EsShift *shift) {
  if (shift->days == 0 || shift->days == EVERY_DAY)
    return NULL;
  GString *text = g_string_new(NULL);
  for (int first = 0; first < 7; first++) {
    if (!has_day(shift, first) || has_day(shift, first - 1))
      continue;
    int last = first;
    while (has_day(shift, last + 1))
      last++;
    g_string_append_printf(text, "%s%s", text->len ? "," : "", day_names[first][0]);
    if (last > first)
      g_string_append_printf(text, "-%s", day_names[last % 7][0]);
  }
  return g_string_free(text, FALSE);
}

// ---- comparing

static gint64 wall_seconds(gint64 at_us) {
  time_t seconds = (time_t)(at_us / ES_US_PER_S);
  struct tm local;
  return localtime_r(&seconds, &local) ? (gint64)timegm(&local) : (gint64)seconds;
}

// The shift that begins on a day (counted from 1970-01-01, a Thursday), in wall seconds.
static gboolean on_day(const EsShift *shift, gint64 day, gint64 *start, gint64 *end) {
  if (shift->days != 0 && !has_day(shift, (int)((day + 4) % 7)))
    return FALSE;
  int minutes = shift->days == 0 ? DAY_MIN : shift->end_min - shift->start_min;
  *start = day * DAY_S + (shift->days == 0 ? 0 : shift->start_min * 60);
  *end = *start + (minutes > 0 ? minutes : minutes + DAY_MIN) * 60;
  return TRUE;
}

gboolean es_shift_holds(const EsShift *shift, gint64 at_us) {
  gint64 now = wall_seconds(at_us), start, end;
  for (gint64 day = now / DAY_S - 1; day <= now / DAY_S; day++)
    if (on_day(shift, day, &start, &end) && start <= now && now < end)
      return TRUE;
  return FALSE;
}

gboolean es_shift_overlap(const EsShift *a, const EsShift *b, gint64 from_us, gint64 until_us) {
  if (a->days == 0 && b->days == 0)
    return TRUE;
  // A week says all, from any Monday; a shorter time is looked at day by day.
  gint64 from = from_us != ES_UNKNOWN    ? wall_seconds(from_us)
                : until_us != ES_UNKNOWN ? MAX(wall_seconds(until_us) - 9 * DAY_S, DAY_S)
                                         : DAY_S;
  gint64 until = until_us != ES_UNKNOWN ? wall_seconds(until_us) : G_MAXINT64;
  gint64 last = MIN(until / DAY_S, from / DAY_S + 9);
  for (gint64 i = from / DAY_S - 1; i <= last; i++)
    for (gint64 j = i - 1; j <= i + 1; j++) {
      gint64 start_a, end_a, start_b, end_b;
      if (on_day(a, i, &start_a, &end_a) && on_day(b, j, &start_b, &end_b) &&
          MAX(MAX(start_a, start_b), from) < MIN(MIN(end_a, end_b), until))
        return TRUE;
    }
  return FALSE;
}
