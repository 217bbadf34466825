// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The full text of a call: names, numbers, notes, tags, comments, transcript. It is always written again as a
// whole from where its parts are kept, so it can never drift from them.
#include "index-private.h"
#include "number.h"

static void add_line(GString *text, const char *line) {
  if (!line || !*line)
    return;
  if (text->len)
    g_string_append_c(text, '\n');
  g_string_append(text, line);
}

static void add_number(GString *text, const char *number) {
  add_line(text, number);
  g_autofree char *digits = es_number_digits(number);
  if (g_strcmp0(digits, number) != 0)
    add_line(text, digits);
}

// The directory's names beside the one stored with the call: the other script, above all.
static gboolean add_agents(EsIndex *index, const GPtrArray *segments, gint64 started_us, GString *names,
                           GString *numbers, GError **error) {
  for (guint i = 0; i < segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(segments, i);
    add_line(names, segment->agent_name);
    add_line(names, segment->team);
    if (!segment->agent)
      continue;
    add_number(numbers, segment->agent);
    GError *failed = NULL;
    g_autoptr(EsAgent) agent = es_segment_find_agent(index, segment, started_us, &failed);
    if (failed) {
      g_propagate_error(error, failed);
      return FALSE;
    }
    if (!agent)
      continue;
    if (g_strcmp0(agent->name, segment->agent_name) != 0)
      add_line(names, agent->name);
    add_line(names, agent->latin_name);
  }
  return TRUE;
}

static gboolean bind_lines(EsIndex *index, EsStatement *into, const char *parameter, const char *name,
                           gint64 call, GError **error) {
  g_auto(GStrv) lines = es_load_texts(index, name, call, error);
  if (!lines)
    return FALSE;
  g_autofree char *text = g_strjoinv("\n", lines);
  es_bind_text(into, parameter, text);
  return TRUE;
}

static gboolean bind_people(EsIndex *index, EsStatement *into, gint64 call, GError **error) {
  g_autoptr(EsCall) row = es_call_load(index, call, FALSE, error);
  if (!row)
    return FALSE;
  g_autoptr(GString) names = g_string_new(NULL);
  g_autoptr(GString) numbers = g_string_new(NULL);
  add_line(names, row->caller_name);
  add_line(names, row->callee_name);
  add_number(numbers, row->caller);
  add_number(numbers, row->callee);
  add_number(numbers, row->business_id);
  if (!add_agents(index, row->segments, row->started_us, names, numbers, error))
    return FALSE;
  es_bind_text(into, ":names", names->str);
  es_bind_text(into, ":numbers", numbers->str);
  return TRUE;
}

gboolean es_text_update(EsIndex *index, gint64 call, gboolean is_new, GError **error) {
  if (!is_new && !es_run_for_call(index, "text-remove", call, error))
    return FALSE;
  g_autoptr(EsStatement) statement = es_statement(index->db, "text-insert", error);
  if (!statement)
    return FALSE;
  es_bind_int(statement, ":call", call);
  return bind_people(index, statement, call, error) &&
         bind_lines(index, statement, ":notes", "text-notes", call, error) &&
         bind_lines(index, statement, ":tags", "tag-list", call, error) &&
         bind_lines(index, statement, ":comments", "text-comments", call, error) &&
         bind_lines(index, statement, ":transcript", "text-transcript", call, error) &&
         es_run(statement, error);
}
