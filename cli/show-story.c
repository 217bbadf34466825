// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The other calls of the same story: what a transfer led to, or came from (see show.h).
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "format.h"
#include "show.h"
#include "table.h"
#include "terms.h"

#include <string.h>

static const EsColumn columns[] = {
    {N_("id"), FALSE, 0, 0},      {N_("started"), FALSE, 0, 0}, {N_("caller"), FALSE, 8, 0},
    {N_("callee"), FALSE, 8, 0},  {N_("agent"), FALSE, 8, 0},   {N_("queue"), FALSE, 6, 2},
    {N_("duration"), TRUE, 0, 0}, {N_("call"), FALSE, 0, 1},
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

void es_show_story(JsonObject *row, const EsScreen *screen) {
  JsonArray *related = es_reply_array(row, "related");
  if (json_array_get_length(related) == 0)
    return;
  es_show_heading(_("The story goes on in"), screen);
  g_autoptr(EsTable) table = es_table_new(columns, G_N_ELEMENTS(columns), 2);
  for (guint i = 0; i < json_array_get_length(related); i++) {
    JsonObject *call = es_reply_object_at(related, i);
    const char *id = es_reply_text(call, "id");
    g_autofree char *started = es_format_moment(call, "started_at");
    g_autofree char *length = es_format_length(call, "duration_ms");
    g_autofree char *agents = over_time(call, "agent_name", "agent");
    g_autofree char *queues = over_time(call, "queue", NULL);
    es_table_row(table);
    es_table_cell(table, id != NULL ? es_id_short(id) : "", ES_STYLE_NONE);
    es_table_cell(table, started, ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(call, "caller"), ES_STYLE_NONE);
    es_table_cell(table, es_reply_text(call, "callee"), ES_STYLE_NONE);
    es_table_cell(table, agents, ES_STYLE_NONE);
    es_table_cell(table, queues, ES_STYLE_NONE);
    es_table_cell(table, length, ES_STYLE_NONE);
    es_table_cell(table, es_term(es_reply_text(call, "disposition")), ES_STYLE_NONE);
  }
  es_table_print(table, screen);
}
