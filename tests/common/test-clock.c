// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Moments and lengths as people write them. The zone is Africa/Cairo and "now" is Friday 2026-11-20
// 14:03:05.5 there (12:03:05.5 UTC), so that nothing depends on where or when the test runs.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"

#include <string.h>
#include <time.h>

#define NOW (G_GINT64_CONSTANT(1795176185) * ES_US_PER_S + 500000)
#define MINUTE (60 * ES_US_PER_S)
#define DAY (24 * 60 * MINUTE)

static void test_time_parse(void) {
  static const struct {
    const char *text, *utc;
    gint64 length_us;
  } cases[] = {
      {"2026-11-20T14:03:05.123Z", "2026-11-20T14:03:05.123Z", 0},
      {"2026-11-20t14:03:05z", "2026-11-20T14:03:05.000Z", ES_US_PER_S},
      {"2026-11-20T14:03:05+02:00", "2026-11-20T12:03:05.000Z", ES_US_PER_S},
      {"2026-11-20T14:03-05:30", "2026-11-20T19:33:00.000Z", MINUTE},
      {"2026-11-20", "2026-11-19T22:00:00.000Z", DAY},
      {"2026-11-20 14:03", "2026-11-20T12:03:00.000Z", MINUTE},
      {"20/11/2026", "2026-11-19T22:00:00.000Z", DAY},
      {"20-11-2026", "2026-11-19T22:00:00.000Z", DAY},
      {"20/11", "2026-11-19T22:00:00.000Z", DAY},
      {"21/11", "2025-11-20T22:00:00.000Z", DAY}, // the last one that was
      {"١٩/١١ ١٤:٠٣", "2026-11-19T12:03:00.000Z", MINUTE},
      {"الاثنين", "2026-11-15T22:00:00.000Z", DAY},
      {"20.11.2026 14:03", "2026-11-20T12:03:00.000Z", MINUTE},
      {"5/1/2026 9:07:30", "2026-01-05T07:07:30.000Z", ES_US_PER_S},
      {"٢٠/١١/٢٠٢٦", "2026-11-19T22:00:00.000Z", DAY},
      {"۲۰۲۶-۱۱-۲۰ ۱۴:۰۳", "2026-11-20T12:03:00.000Z", MINUTE},
      {"14:03", "2026-11-20T12:03:00.000Z", MINUTE},
      {"now", "2026-11-20T12:03:05.500Z", 0},
      {" Today ", "2026-11-19T22:00:00.000Z", DAY},
      {"yesterday", "2026-11-18T22:00:00.000Z", DAY},
      {"أمس", "2026-11-18T22:00:00.000Z", DAY},
      {"monday", "2026-11-15T22:00:00.000Z", DAY},
      {"thu", "2026-11-18T22:00:00.000Z", DAY},
      {"friday", "2026-11-12T22:00:00.000Z", DAY},
      {"3 days ago", "2026-11-16T22:00:00.000Z", DAY},
      {"1 week ago", "2026-11-12T22:00:00.000Z", DAY},
      {"2 months ago", "2026-09-19T21:00:00.000Z", DAY}, // summer time
      {"-2h", "2026-11-20T10:03:05.500Z", 0},
      {"90 minutes ago", "2026-11-20T10:33:05.500Z", 0},
      {"last week", "2026-11-07T22:00:00.000Z", 7 * DAY},
      {"this week", "2026-11-14T22:00:00.000Z", 7 * DAY}, // of the locale C: from Sunday
      {"الأسبوع الماضي", "2026-11-07T22:00:00.000Z", 7 * DAY},
      {"-1d", "2026-11-18T22:00:00.000Z", DAY},
      {"2026-10-29", "2026-10-28T21:00:00.000Z", DAY + 60 * MINUTE}, // 25 hours: summer time ends at its end
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 at, length;
    g_test_message("%s", cases[i].text);
    g_assert_true(es_time_parse(cases[i].text, NOW, &at, &length, &error));
    g_assert_no_error(error);
    g_autofree char *utc = es_time_format_utc(at);
    g_assert_cmpstr(utc, ==, cases[i].utc);
    g_assert_cmpint(length, ==, cases[i].length_us);
  }
}

static int local_day(time_t second) {
  struct tm t;
  localtime_r(&second, &t);
  return (t.tm_year + 1900) * 10000 + (t.tm_mon + 1) * 100 + t.tm_mday;
}

// One day, written out and as people say it at some moment of the day after: it begins with the first second
// that glibc's own calendar counts to it and ends with the last.
static void check_day(const char *zone, GDate *date) {
  char text[16];
  gint64 start, length, again, again_length;
  g_autoptr(GError) error = NULL;
  g_date_strftime(text, sizeof text, "%Y-%m-%d", date);
  int wanted = (int)(g_date_get_year(date) * 10000 + g_date_get_month(date) * 100 + g_date_get_day(date));
  g_assert_true(es_time_parse(text, NOW, &start, &length, &error));
  time_t first = (time_t)(start / ES_US_PER_S), next = (time_t)((start + length) / ES_US_PER_S);
  if (local_day(first) != wanted || local_day(first - 1) >= wanted || local_day(next - 1) != wanted ||
      local_day(next) <= wanted)
    g_error("%s %s: from %lld to %lld", zone, text, (long long)first, (long long)next);
  for (gint64 hour = 0; hour < 23; hour++) {
    gint64 now = start + length + (hour * 60 + 30) * MINUTE;
    g_assert_true(es_time_parse("yesterday", now, &again, &again_length, &error));
    if (again != start || again_length != length)
      g_error("%s %s: another day when called yesterday at half past %d", zone, text, (int)hour);
  }
}

// Every day of three years where clocks change at midnight (Cairo, Santiago), twice a year, by half an hour
// (Lord Howe) or never; no second belongs to two days or to none.
static void test_days(void) {
  static const char *const zones[] = {"Africa/Cairo",     "America/Santiago", "Europe/London",
                                      "America/New_York", "Asia/Kathmandu",   "Australia/Lord_Howe"};
  for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
    g_setenv("TZ", zones[i], TRUE);
    tzset();
    GDate date;
    g_date_clear(&date, 1);
    for (g_date_set_dmy(&date, 1, G_DATE_JANUARY, 2025); g_date_get_year(&date) < 2028;
         g_date_add_days(&date, 1))
      check_day(zones[i], &date);
  }
  g_setenv("TZ", "Africa/Cairo", TRUE);
  tzset();
}

static void test_time_refused(void) {
  static const char *const cases[] = {"",
                                      "soon",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "32/01/2026",
                                      "20.11",
                                      "20-11",
                                      "20/11.2026",
                                      "2026-11-20 25:00",
                                      "14:3",
                                      "14:03 pm",
                                      "3 days",
                                      "3 days agoo",
                                      "- 2h",
                                      "-2h ago",
                                      "3 moons ago",
                                      "20/11/26",
                                      "2026-11-20T14:03+2",
                                      "14:03:05.",
                                      "\xff\xfe",
                                      "-",
                                      "20261120",
                                      "--2h",
                                      "2026-11-20 x",
                                      "-3 days ago",
                                      "14:03:60"};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 at;
    g_assert_false(es_time_parse(cases[i], NOW, &at, NULL, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, cases[i]));
  }
}

static void test_time_format(void) {
  g_assert_null(es_time_format_utc(ES_UNKNOWN));
  g_autofree char *utc = es_time_format_utc(NOW + 499999), *before = es_time_format_utc(-500000);
  g_assert_cmpstr(utc, ==, "2026-11-20T12:03:05.999Z");
  g_assert_cmpstr(before, ==, "1969-12-31T23:59:59.500Z");
}

static void test_duration_parse(void) {
  static const struct {
    const char *text;
    gint64 ms;
  } cases[] = {
      {"90", 90000},          {"90s", 90000},
      {"1:05", 65000},        {"1:02:03", 3723000},
      {"2m", 120000},         {"1m30s", 90000},
      {"1m 30s", 90000},      {"1.5h", 5400000},
      {"500ms", 500},         {"0", 0},
      {"0:04.2", 4200},       {"٩٠", 90000},
      {"١:٠٥", 65000},        {"1,5h", 5400000},
      {" 2M ", 120000},       {"90:00", 5400000},
      {"2d", 172800000},      {"0.0015", 2},
      {"1h2m3s4ms", 3723004}, {"1 min", 60000},
      {"2 Minutes", 120000},  {"1 hour 5 mins", 3900000},
      {"30sec", 30000},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 ms = 0;
    g_test_message("%s", cases[i].text);
    g_assert_true(es_duration_parse(cases[i].text, &ms, &error));
    g_assert_cmpint(ms, ==, cases[i].ms);
  }
}

static void test_duration_refused(void) {
  static const char *const cases[] = {"",      "m",    "1:60", "1:2:3:4", "1x",
                                      "30s1m", "1m1m", "-5",   "1.5:0",   "1,5:0",
                                      "1:",    ":5",   "1..5", "1e3",     "999999999999999d",
                                      "1m 30", "400d", "1 2"};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    gint64 ms = -7;
    g_test_message("%s", cases[i]);
    g_assert_false(es_duration_parse(cases[i], &ms, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
    g_assert_cmpint(ms, ==, -7);
  }
}

static void test_duration_format(void) {
  static const struct {
    gint64 ms;
    gboolean tenths;
    const char *text;
  } cases[] = {
      {65000, FALSE, "1:05"},    {3723000, FALSE, "1:02:03"}, {4200, TRUE, "0:04.2"},
      {0, FALSE, "0:00"},        {59960, TRUE, "0:59.9"},     {59999, FALSE, "0:59"},
      {ES_UNKNOWN, TRUE, ""},    {-65000, FALSE, "-1:05"},    {360000000, FALSE, "100:00:00"},
      {3599999, FALSE, "59:59"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = es_duration_format(cases[i].ms, cases[i].tenths);
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

static void test_digits(void) {
  g_autofree char *text = es_digits_to_ascii("أ٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹ 7\xff");
  g_assert_cmpstr(text, ==, "أ0123456789 0123456789 7\xff");
}

static void test_programs(void) {
  static const struct {
    const char *text, *zone;
    gint64 us; // ES_UNKNOWN: refused
  } cases[] = {
      {"2026-11-20 14:03:05", "UTC", 1795183385000000},
      {"2026-11-20 14:03:05.25", "Africa/Cairo", 1795176185250000},
      {"20/11/2026 14:03", "+02:00", 1795176180000000},
      {"2026-11-20T14:03:05Z", "Africa/Cairo", 1795183385000000},
      {"1795183385", NULL, 1795183385000000},
      {"1795183385.5", NULL, 1795183385500000},
      {"2026-11-20", "UTC", ES_UNKNOWN},
      {"14:03", "UTC", ES_UNKNOWN},
      {"20/11 14:03", "UTC", ES_UNKNOWN},
      {"12", "UTC", ES_UNKNOWN},
      {"1795183385x", "UTC", ES_UNKNOWN},
      {"2026-02-30 10:00", "UTC", ES_UNKNOWN},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GTimeZone) zone = es_time_zone(cases[i].zone, NULL);
    gint64 us = ES_UNKNOWN;
    g_assert_nonnull(zone);
    g_assert_cmpint(es_time_parse_in(cases[i].text, zone, &us), ==, cases[i].us != ES_UNKNOWN);
    if (cases[i].us != ES_UNKNOWN)
      g_assert_cmpint(us, ==, cases[i].us);
  }
  GError *error = NULL;
  g_assert_null(es_time_zone("Mars/Olympus", &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
  g_clear_error(&error);
  g_assert_null(es_time_zone("", NULL));
}

// Clocks in Cairo went back on 2026-10-29 at midnight (21:00 UTC): from 23:00 to 24:00 came twice.
static void test_twice(void) {
  const gint64 back_us = G_GINT64_CONSTANT(1793307600) * ES_US_PER_S, hour_us = 3600 * ES_US_PER_S;
  g_autoptr(GTimeZone) zone = es_time_zone("Africa/Cairo", NULL);
  gint64 us;
  g_assert_true(es_time_parse_in("2026-10-29 23:30:00", zone, &us));
  g_assert_cmpint(es_time_of_two(us, zone, back_us - hour_us / 2), ==, back_us - hour_us / 2);
  g_assert_cmpint(es_time_of_two(us, zone, back_us + hour_us / 2), ==, back_us + hour_us / 2);
  g_assert_cmpint(es_time_of_two(us, zone, ES_UNKNOWN), ==, us);
  g_assert_true(es_time_parse_in("2026-10-29 22:30:00", zone, &us)); // only once, however far from near
  g_assert_cmpint(es_time_of_two(us, zone, us + hour_us), ==, us);
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Africa/Cairo", TRUE);
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/clock/time/parse", test_time_parse);
  g_test_add_func("/clock/time/days", test_days);
  g_test_add_func("/clock/time/refused", test_time_refused);
  g_test_add_func("/clock/time/format", test_time_format);
  g_test_add_func("/clock/duration/parse", test_duration_parse);
  g_test_add_func("/clock/duration/refused", test_duration_refused);
  g_test_add_func("/clock/duration/format", test_duration_format);
  g_test_add_func("/clock/digits", test_digits);
  g_test_add_func("/clock/programs", test_programs);
  g_test_add_func("/clock/twice", test_twice);
  return g_test_run();
}
