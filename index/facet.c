// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Facets: what a call has several of and is searched for by equality.
#include "earshot/index/fold.h"
#include "index-private.h"

#include <string.h>

char *es_facet_value(const char *text) {
  if (!text)
    return NULL;
  g_autofree char *folded = es_fold(text);
  return *g_strstrip(folded) ? g_steal_pointer(&folded) : NULL;
}

static gboolean append_word(const char *word, gsize length, gsize start, gsize end, gpointer user_data) {
  GString *words = user_data;
  if (words->len)
    g_string_append_c(words, ' ');
  g_string_append_len(words, word, (gssize)length);
  return TRUE;
}

char *es_facet_words(const char *text) {
  if (!text)
    return NULL;
  GString *words = g_string_new(NULL);
  es_fold_words(text, strlen(text), append_word, words);
  return g_string_free(words, words->len == 0);
}

gboolean es_facet_set(EsIndex *index, const char *kind, const char *value, gint64 call, gboolean present,
                      GError **error) {
  if (!value)
    return TRUE;
  g_autoptr(EsStatement) statement = es_statement(index->db, present ? "facet-add" : "facet-remove", error);
  if (!statement)
    return FALSE;
  es_bind_text(statement, ":kind", kind);
  es_bind_text(statement, ":value", value);
  es_bind_int(statement, ":call", call);
  return es_run(statement, error);
}

static gboolean add_person(EsIndex *index, const char *value, GError **error) {
  g_autoptr(EsStatement) statement = es_statement(index->db, "person-add", error);
  if (!statement)
    return FALSE;
  es_bind_text(statement, ":value", value);
  return es_run(statement, error);
}

static gboolean set_person(EsIndex *index, const char *value, gint64 call, GError **error) {
  return !value ||
         (add_person(index, value, error) && es_facet_set(index, "person", value, call, TRUE, error));
}

static gboolean add_people(EsIndex *index, gint64 call, const EsSegment *segment, GError **error) {
  GError *failed = NULL;
  g_autoptr(EsAgent) agent = es_segment_find_agent(index, segment, call, &failed);
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  g_autofree char *stored = es_facet_words(segment->agent_name);
  g_autofree char *known = agent ? es_agent_words(agent) : NULL;
  return set_person(index, stored, call, error) && set_person(index, known, call, error);
}

gboolean es_facet_segment(EsIndex *index, gint64 call, const EsSegment *segment, gboolean present,
                          GError **error) {
  g_autofree char *agent = es_facet_value(segment->agent);
  g_autofree char *queue = es_facet_value(segment->queue);
  if (!es_facet_set(index, "agent", agent, call, present, error) ||
      !es_facet_set(index, "queue", queue, call, present, error))
    return FALSE;
  // Names of people may have come from entries that are in the directory no more, so all of them go.
  return present ? add_people(index, call, segment, error)
                 : es_run_for_call(index, "facet-remove-people", call, error);
}

gboolean es_facet_segments(EsIndex *index, const EsCall *call, gboolean present, GError **error) {
  for (guint i = 0; i < call->segments->len; i++)
    if (!es_facet_segment(index, call->rowid, g_ptr_array_index(call->segments, i), present, error))
      return FALSE;
  return TRUE;
}
