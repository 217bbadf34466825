// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Names that FreePBX gives to recordings, without their ending:
//
//   KIND-A-B-YYYYMMDD-HHMMSS-UNIQUEID    UNIQUEID may begin with a system name and a dash
//
//   in, external     A dialled number or extension, B caller; inbound
//   out              A dialled number, B extension; outbound
//   exten, internal  A dialled extension, B caller; internal when both are short
//   q, rg            A queue or ring group, B caller; inbound
//   force, ondemand, conf, page …  A and B as with exten
//
// A number may hold dashes itself only through the system name of the id, so the name is read from the date.
#include <string.h>

#include "earshot/common/clock.h"
#include "plan.h"
#include "uniqueid.h"

#define EXTENSION_DIGITS 6

static gboolean is_digits(const char *text, gsize length) {
  return strspn(text, "0123456789") == length && strlen(text) == length;
}

// The index of the word that is a date and has a time after it; 0 if none.
static guint find_date(char **words, guint n) {
  for (guint i = 1; i + 1 < n; i++)
    if (is_digits(words[i], 8) && is_digits(words[i + 1], 6))
      return i;
  return 0;
}

static void set_time(EsCall *call, const char *date, const char *time, GTimeZone *zone) {
  g_autofree char *text =
      g_strdup_printf("%.4s-%.2s-%.2s %.2s:%.2s:%.2s", date, date + 4, date + 6, time, time + 2, time + 4);
  if (!es_time_parse_in(text, zone, &call->started_us))
    call->started_us = ES_UNKNOWN;
}

static gboolean is_extension(const char *number) {
  return strlen(number) <= EXTENSION_DIGITS && strspn(number, "0123456789") == strlen(number);
}

static void set_text(char **text, const char *value) {
  g_free(*text);
  *text = *value ? g_strdup(value) : NULL;
}

static void set_agent(EsCall *call, const char *agent, const char *queue) {
  if (call->segments->len == 0)
    g_ptr_array_add(call->segments, es_segment_new());
  EsSegment *segment = call->segments->pdata[0];
  if (agent)
    set_text(&segment->agent, agent);
  if (queue)
    set_text(&segment->queue, queue);
}

static void set_between(EsCall *call, const char *callee, const char *caller) {
  gboolean from_inside = is_extension(caller), to_inside = is_extension(callee);
  set_text(&call->callee, callee);
  set_text(&call->caller, caller);
  set_text(&call->direction, from_inside && to_inside ? "internal" : from_inside ? "outbound" : "inbound");
  if (from_inside || to_inside)
    set_agent(call, to_inside ? callee : caller, NULL);
}

static gboolean is_one_of(const char *kind, const char *const *kinds) {
  return g_strv_contains(kinds, kind);
}

static void set_parties(EsCall *call, const char *kind, const char *a, const char *b) {
  static const char *const queues[] = {"q", "rg", NULL}, *const inbound[] = {"in", "external", NULL};
  if (is_one_of(kind, queues)) {
    set_text(&call->caller, b);
    set_text(&call->callee, a);
    set_text(&call->direction, "inbound");
    set_agent(call, NULL, a);
  } else if (is_one_of(kind, inbound)) {
    set_text(&call->caller, b);
    set_text(&call->callee, a);
    set_text(&call->direction, "inbound");
    if (is_extension(a))
      set_agent(call, a, NULL);
  } else if (strcmp(kind, "out") == 0) {
    set_text(&call->caller, b);
    set_text(&call->callee, a);
    set_text(&call->direction, "outbound");
    set_agent(call, b, NULL);
  } else {
    set_between(call, a, b);
  }
}

// "1763624415.123" with whatever stands before it joined again. It tells which hour is meant where one came
// twice.
static void set_id(EsCall *call, char **words, GTimeZone *zone) {
  g_autofree char *id = g_strjoinv("-", words);
  gint64 made_us;
  if (!es_uniqueid_read(id, &made_us))
    return;
  set_text(&call->pbx_id, id);
  call->started_us = es_time_of_two(call->started_us, zone, made_us);
}

// "…-1763624415.123.wav": the ending is what follows the last dot that no digit alone follows.
static char *without_ending(const char *name) {
  const char *dot = strrchr(name, '.');
  gboolean ending = dot && dot[1] && strspn(dot + 1, "0123456789") != strlen(dot + 1);
  return ending ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
}

gboolean es_monitor_name_read(const char *name, GTimeZone *zone, EsCall *call) {
  g_autofree char *base = g_path_get_basename(name), *stem = without_ending(base);
  g_auto(GStrv) words = g_strsplit(stem, "-", 32);
  guint n = g_strv_length(words), date = find_date(words, n);
  if (date == 0) {
    gint64 made_us;
    if (!es_uniqueid_read(stem, &made_us))
      return FALSE;
    set_text(&call->pbx_id, stem);
    call->started_us = made_us;
    return TRUE;
  }
  set_time(call, words[date], words[date + 1], zone);
  set_id(call, words + date + 2, zone);
  if (date >= 3)
    set_parties(call, words[0], words[1], words[2]);
  return call->started_us != ES_UNKNOWN;
}

char *es_monitor_pair(const char *path, gboolean *second) {
  static const char *const sides[] = {"-in", "-out"};
  const char *dot = strrchr(path, '.');
  for (guint i = 0; dot && i < 2; i++) {
    gsize length = strlen(sides[i]);
    if ((gsize)(dot - path) > length && strncmp(dot - length, sides[i], length) == 0) {
      *second = i == 1;
      g_autofree char *stem = g_strndup(path, (gsize)(dot - path) - length);
      return g_strconcat(stem, dot, NULL);
    }
  }
  return NULL;
}
