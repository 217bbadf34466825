// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-timer.h"
#include "earshot/common/clock.h"
#include <string.h>

#define OURS_S 1800 // RFC 4028 section 4
#define MOST_S 86400
#define GRACE_S 32 // before the end, at most a third of the time (section 10)

// "1800;refresher=uac"
static const char *expires_of(const EsSipMessage *request) {
  const char *value = es_sip_header(request, "Session-Expires");
  return value ? value : es_sip_header(request, "x"); // its short form
}

// 0 if there is none or it is no number.
static guint seconds_wanted(const EsSipMessage *request) {
  const char *value = expires_of(request);
  guint64 seconds = value && g_ascii_isdigit(*value) ? g_ascii_strtoull(value, NULL, 10) : 0;
  return (guint)MIN(seconds, MOST_S);
}

gboolean es_siprec_timer_is_too_short(const EsSipMessage *request, guint least_s) {
  guint wanted = seconds_wanted(request);
  return wanted && wanted < least_s;
}

static gboolean has_option(const EsSipMessage *request, const char *header, const char *option) {
  const char *value = es_sip_header(request, header);
  g_auto(GStrv) options = g_strsplit(value ? value : "", ",", -1);
  for (char **o = options; *o; o++)
    if (g_ascii_strcasecmp(g_strstrip(*o), option) == 0)
      return TRUE;
  return FALSE;
}

static gboolean wants_us(const EsSipMessage *request) {
  const char *value = expires_of(request), *refresher = value ? strchr(value, ';') : NULL;
  g_autofree char *lower = g_ascii_strdown(refresher ? refresher : "", -1);
  return strstr(lower, "refresher=uas") != NULL;
}

void es_siprec_timer_read(EsSiprecTimer *timer, const EsSipMessage *request, gint64 now_us) {
  guint wanted = seconds_wanted(request);
  gboolean knows = has_option(request, "Supported", "timer") || has_option(request, "Require", "timer");
  timer->refreshed_us = now_us;
  if (wanted == 0 && !knows) {
    timer->expires_s = 0;
    return;
  }
  timer->we_refresh = wants_us(request) || !knows;
  gboolean can =
      !timer->we_refresh || !es_sip_header(request, "Allow") || has_option(request, "Allow", "UPDATE");
  timer->expires_s = !can ? 0 : wanted ? wanted : OURS_S;
}

void es_siprec_timer_refreshed(EsSiprecTimer *timer, gint64 now_us) {
  timer->refreshed_us = now_us;
}

gboolean es_siprec_timer_client_refreshes(const EsSiprecTimer *timer) {
  return timer->expires_s && !timer->we_refresh;
}

static gboolean has_passed(const EsSiprecTimer *timer, guint seconds, gint64 now_us) {
  return now_us - timer->refreshed_us >= seconds * ES_US_PER_S;
}

gboolean es_siprec_timer_is_due(const EsSiprecTimer *timer, gint64 now_us) {
  return timer->expires_s && timer->we_refresh && has_passed(timer, timer->expires_s / 2, now_us);
}

gboolean es_siprec_timer_is_over(const EsSiprecTimer *timer, gint64 now_us) {
  guint grace = MIN(GRACE_S, timer->expires_s / 3);
  return timer->expires_s && has_passed(timer, timer->expires_s - grace, now_us);
}

char *es_siprec_timer_header(const EsSiprecTimer *timer, gboolean in_request) {
  if (!timer->expires_s)
    return NULL;
  gboolean uac = in_request ? timer->we_refresh : !timer->we_refresh;
  return g_strdup_printf("%u;refresher=%s", timer->expires_s, uac ? "uac" : "uas");
}
