// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Moments are gint64 microseconds since 1970 in UTC (suffix _us), lengths are gint64 milliseconds (suffix
// _ms). ES_UNKNOWN stands for "not known": null in JSON, never 0.
#pragma once

#include <glib.h>

#define ES_UNKNOWN (-1)
#define ES_US_PER_S G_GINT64_CONSTANT(1000000)
#define ES_US_PER_MS G_GINT64_CONSTANT(1000)

// "2026-11-20T14:03:05.123Z" (RFC 3339, UTC, milliseconds). Caller frees. NULL for ES_UNKNOWN.
char *es_time_format_utc(gint64 time_us);

// Reads a moment as people write it, in local time unless it says otherwise: RFC 3339, "2026-11-20",
// "2026-11-20 14:03", "20/11/2026", "20.11.2026 14:03", "14:03" (today), "today", "yesterday", "monday" (the
// last one), "3 days ago", "-2h", "now", "this week", "last week" (from the locale's first day of a week).
// Arabic-Indic digits are accepted. *length_us gets how much the text covers (a day, a minute, a second, 0),
// so that "until the 20th" can include it; may be NULL. now_us is the wall clock, passed in so that tests can
// fix it.
gboolean es_time_parse(const char *text, gint64 now_us, gint64 *time_us, gint64 *length_us, GError **error);

// A time zone: "Africa/Cairo", "UTC", "+02:00"; NULL is this machine's. ES_ERROR_USAGE if there is none of
// that name.
GTimeZone *es_time_zone(const char *name, GError **error);
// Reads a moment as programs write it: date and time as above, in that zone unless it says otherwise; or
// seconds since 1970, with or without a fraction. FALSE if it is none.
gboolean es_time_parse_in(const char *text, GTimeZone *zone, gint64 *time_us);
// Where clocks go back an hour of the day comes twice: of the two moments that a clock in that zone shows
// alike the one nearer to near_us; time_us itself where there is only one or either is ES_UNKNOWN.
gint64 es_time_of_two(gint64 time_us, GTimeZone *zone, gint64 near_us);

// Reads a length: "90", "90s", "1:05", "1:02:03", "2m", "1m30s", "1.5h", "500ms". A bare number is seconds.
gboolean es_duration_parse(const char *text, gint64 *length_ms, GError **error);

// "1:05", "1:02:03", with tenths "0:04.2" when with_tenths: what has passed, as clocks and players count, so
// that a moment shows the same here and in a player. Caller frees. Empty text for ES_UNKNOWN.
char *es_duration_format(gint64 length_ms, gboolean with_tenths);

// Copies text with Arabic-Indic and extended Arabic-Indic digits turned into 0-9. Caller frees.
char *es_digits_to_ascii(const char *text);
