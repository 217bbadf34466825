// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures as text (see format.h).
#include "format.h"
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/score.h"
#include "terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *format_local(JsonObject *row, const char *name, const char *format) {
  const char *text = es_reply_text(row, name);
  g_autoptr(GDateTime) utc = text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;
  g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_local(utc) : NULL;
  return local != NULL ? g_date_time_format(local, format) : g_strdup("");
}

char *es_format_moment(JsonObject *row, const char *name) {
  return format_local(row, name, "%Y-%m-%d %H:%M:%S");
}

char *es_format_minute(JsonObject *row, const char *name) {
  return format_local(row, name, "%Y-%m-%d %H:%M");
}

char *es_format_minute_short(JsonObject *row, const char *name) {
  g_autoptr(GDateTime) now = g_date_time_new_now_local();
  g_autofree char *year = format_local(row, name, "%Y");
  gboolean this_year = atoi(year) == g_date_time_get_year(now);
  return format_local(row, name, this_year ? "%m-%d %H:%M" : "%Y-%m-%d %H:%M");
}

char *es_format_length(JsonObject *row, const char *name) {
  return es_duration_format(es_reply_int(row, name), FALSE);
}

char *es_format_position(gint64 at_ms) {
  return es_duration_format(at_ms, TRUE);
}

// "4.2 s missing"; "" for none.
static char *format_missing(gint64 missing_ms) {
  if (missing_ms <= 0)
    return g_strdup("");
  if (missing_ms < 60000)
    return g_strdup_printf(_("%.1f s missing"), MAX((double)missing_ms, 100) / 1000);
  g_autofree char *length = es_duration_format(missing_ms, FALSE);
  return g_strdup_printf(_("%s missing"), length);
}

char *es_format_outcome(JsonObject *row) {
  const char *outcome = es_term(es_reply_text(row, "outcome"));
  g_autofree char *missing = format_missing(es_reply_int(row, "missing_ms"));
  return *missing == '\0' ? g_strdup(outcome) : g_strjoin(_(", "), outcome, missing, NULL);
}

char *es_format_outcome_short(JsonObject *row) {
  if (g_strcmp0(es_reply_text(row, "outcome_reason"), "recorded in another call of the story") == 0)
    return g_strdup(_("in its story")); // nothing is missing
  g_autofree char *missing = format_missing(es_reply_int(row, "missing_ms"));
  gboolean recorded = g_strcmp0(es_reply_text(row, "outcome"), "recorded") == 0;
  return recorded && *missing != '\0' ? g_steal_pointer(&missing) : es_format_outcome(row);
}

char *es_format_score(JsonObject *row, const char *name) {
  double score = es_reply_number(row, name);
  return isnan(score) ? g_strdup("") : es_score_format(score);
}

char *es_format_party(JsonObject *row, const char *which) {
  g_autofree char *name_field = g_strconcat(which, "_name", NULL);
  const char *number = es_reply_text(row, which);
  const char *name = es_reply_text(row, name_field);
  if (name == NULL || *name == '\0' || g_strcmp0(name, number) == 0)
    return g_strdup(number != NULL ? number : "");
  return g_strjoin(" ", number != NULL ? number : "", name, NULL);
}

char *es_format_last_segment(JsonObject *row, const char *field) {
  JsonArray *segments = es_reply_array(row, "segments");
  guint n = json_array_get_length(segments);
  return g_strdup(n > 0 ? es_reply_text(es_reply_object_at(segments, n - 1), field) : NULL);
}

char *es_format_agent(JsonObject *row) {
  char *name = es_format_last_segment(row, "agent_name");
  if (name != NULL && *name != '\0')
    return name;
  g_free(name);
  return g_strdup(es_reply_text(row, "agent"));
}

EsStyle es_style_outcome(JsonObject *row) {
  const char *outcome = es_reply_text(row, "outcome");
  if (g_strcmp0(outcome, "none") == 0)
    return ES_STYLE_DIM;
  if (g_strcmp0(outcome, "partial") == 0 || es_reply_int(row, "missing_ms") > 0)
    return ES_STYLE_CAUTION;
  return ES_STYLE_NONE;
}

EsStyle es_style_consent(const char *state) {
  if (g_strcmp0(state, "refused") == 0 || g_strcmp0(state, "withdrawn") == 0 ||
      g_strcmp0(state, "expired") == 0)
    return ES_STYLE_BAD;
  return g_strcmp0(state, "given") == 0 ? ES_STYLE_GOOD : ES_STYLE_NONE;
}
