// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The calls of one story: what transfers, forks, pick-ups, conferences and telephone systems in between made
// of one conversation (see show.h).
#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "format.h"
#include "show.h"
#include "table.h"
#include "terms.h"

#include <string.h>

static const EsColumn columns[] = {
    {"", FALSE, 0, 0},
    {N_("id"), FALSE, 0, 0},
    {N_("from"), TRUE, 0, 0},
    {N_("until"), TRUE, 0, 1},
    {N_("caller"), FALSE, 12, 0},
    {N_("callee"), FALSE, 8, 0},
    {N_("agent"), FALSE, 6, 0},
    {N_("queue"), FALSE, 6, 3},
    {N_("recording"), FALSE, 8, 0},
    {N_("joined by"), FALSE, 12, 0},
};

// What the segments say of a member, one after the other: "Mona > Omar". A value that stays is said once.
static char *over_time(JsonObject *call, const char *member, const char *otherwise) {
  JsonArray *segments = es_reply_array(call, "segments");
  GString *text = g_string_new(NULL);
  const char *before = NULL;
  for (guint i = 0; i < json_array_get_length(segments); i++) {
    JsonObject *segment = es_reply_object_at(segments, i);
    const char *value = es_reply_text(segment, member);
    value = value == NULL && otherwise != NULL ? es_reply_text(segment, otherwise) : value;
    if (value == NULL || g_strcmp0(value, before) == 0)
      continue;
    if (before != NULL)
      g_string_append(text, " > "); // mirrored in Arabic, which an arrow is not
    g_string_append(text, value);
    before = value;
  }
  return g_string_free(text, FALSE);
}

static gint64 moment_ms(JsonObject *call, const char *name) {
  const char *text = es_reply_text(call, name);
  g_autoptr(GDateTime) at = text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;
  return at != NULL ? g_date_time_to_unix(at) * 1000 + g_date_time_get_microsecond(at) / 1000 : ES_UNKNOWN;
}

// "1:05" from the beginning of the story.
static char *position(JsonObject *call, const char *name, gint64 start_ms) {
  gint64 at_ms = moment_ms(call, name);
  return at_ms == ES_UNKNOWN ? g_strdup("") : es_duration_format(MAX(at_ms - start_ms, 0), FALSE);
}

// What became of it where there is no recording.
static const char *recording(JsonObject *call) {
  const char *outcome = es_reply_text(call, "outcome");
  const char *disposition = es_reply_text(call, "disposition");
  gboolean answered = g_strcmp0(disposition, "answered") == 0;
  return es_term(g_strcmp0(outcome, "none") == 0 && !answered ? disposition : outcome);
}

static void add_part(EsTable *table, JsonObject *call, gboolean here, gint64 start_ms) {
  const char *id = es_reply_text(call, "id");
  g_autofree char *from = position(call, "started_at", start_ms);
  g_autofree char *until = position(call, "ended_at", start_ms);
  g_autofree char *agents = over_time(call, "agent_name", "agent");
  g_autofree char *queues = over_time(call, "queue", NULL);
  es_table_row(table);
  es_table_cell(table, here ? "*" : "", ES_STYLE_NONE);
  es_table_cell(table, id != NULL ? es_id_short(id) : "", ES_STYLE_NONE);
  es_table_cell(table, from, ES_STYLE_NONE);
  es_table_cell(table, until, ES_STYLE_NONE);
  es_table_cell(table, es_reply_text(call, "caller"), ES_STYLE_NONE);
  es_table_cell(table, es_reply_text(call, "callee"), ES_STYLE_NONE);
  es_table_cell(table, agents, ES_STYLE_NONE);
  es_table_cell(table, queues, ES_STYLE_NONE);
  es_table_cell(table, recording(call), es_style_outcome(call));
  es_table_cell(table, es_term(es_reply_text(call, "joined_by")), ES_STYLE_NONE);
}

// RFC 3339 in UTC, always as long: order of texts is order of time.
static gboolean begins_before(JsonObject *a, JsonObject *b) {
  return g_strcmp0(es_reply_text(a, "started_at"), es_reply_text(b, "started_at")) < 0;
}

void es_show_story(JsonObject *row, const EsScreen *screen) {
  JsonArray *related = es_reply_array(row, "related");
  guint n = json_array_get_length(related), i = 0;
  if (n == 0)
    return;
  JsonObject *first = es_reply_object_at(related, 0);
  first = begins_before(row, first) ? row : first;
  gint64 start_ms = moment_ms(first, "started_at");
  g_autofree char *started = es_format_moment(first, "started_at");
  g_autofree char *heading = g_strdup_printf(_("The story, which began at %s (* is this call)"), started);
  es_show_heading(heading, screen);
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 0);
  for (; i < n && begins_before(es_reply_object_at(related, i), row); i++)
    add_part(table, es_reply_object_at(related, i), FALSE, start_ms);
  add_part(table, row, TRUE, start_ms);
  for (; i < n; i++)
    add_part(table, es_reply_object_at(related, i), FALSE, start_ms);
  es_table_print(table, screen);
}
