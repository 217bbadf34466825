// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directory of agents. An entry is never changed: it is taken out, which leaves it readable, and another
// one put in. Whose calls it concerns learn of either afterwards (renew.c).
#include "earshot/index/directory.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "index-private.h"

void es_agent_free(EsAgent *agent) {
  if (!agent)
    return;
  g_free(agent->extension);
  g_free(agent->name);
  g_free(agent->latin_name);
  g_free(agent->team);
  g_free(agent->client);
  g_free(agent->language);
  g_free(agent->actor);
  g_free(agent->removed_by);
  g_free(agent);
}

static gint64 column_or(EsStatement *s, int column, gint64 fallback) {
  gint64 number = es_column_int(s, column);
  return number == ES_UNKNOWN ? fallback : number;
}

static EsAgent *read_agent(EsStatement *s) {
  EsAgent *agent = g_new0(EsAgent, 1);
  agent->rowid = es_column_int(s, 0);
  agent->extension = g_strdup(es_column_word(s, 1));
  agent->name = g_strdup(es_column_word(s, 2));
  agent->latin_name = es_column_dup(s, 3);
  agent->team = es_column_dup(s, 4);
  agent->client = es_column_dup(s, 5);
  agent->language = es_column_dup(s, 6);
  agent->from_us = es_column_int(s, 7);
  agent->until_us = es_column_int(s, 8);
  agent->shift.days = (guint)column_or(s, 9, 0);
  agent->shift.start_min = (int)column_or(s, 10, 0);
  agent->shift.end_min = (int)column_or(s, 11, 0);
  agent->actor = es_column_dup(s, 12);
  agent->added_us = es_column_int(s, 13);
  agent->removed_by = es_column_dup(s, 14);
  agent->removed_us = es_column_int(s, 15);
  return agent;
}

static gint64 later_start(gint64 a_us, gint64 b_us) {
  return MAX(a_us, b_us); // ES_UNKNOWN lies before all
}

static gint64 earlier_end(gint64 a_us, gint64 b_us) {
  return a_us == ES_UNKNOWN ? b_us : b_us == ES_UNKNOWN ? a_us : MIN(a_us, b_us);
}

static gboolean share_time(const EsAgent *a, const EsAgent *b) {
  return es_shift_overlap(&a->shift, &b->shift, later_start(a->from_us, b->from_us),
                          earlier_end(a->until_us, b->until_us));
}

GPtrArray *es_index_overlapping_agents(EsIndex *index, const EsAgent *agent, GError **error) {
  g_autofree char *key = es_facet_value(agent->extension);
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-overlap", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":extension_key", key);
  es_bind_known(s, ":from_us", agent->from_us);
  es_bind_known(s, ":until_us", agent->until_us);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)es_agent_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    g_autoptr(EsAgent) other = read_agent(s);
    if (share_time(agent, other))
      g_ptr_array_add(found, g_steal_pointer(&other));
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&found) : NULL;
}

static gboolean insert_agent(EsIndex *index, const char *key, const EsAgent *agent, const char *actor,
                             GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-insert", error);
  if (!s)
    return FALSE;
  gboolean always = agent->shift.days == 0;
  g_autofree char *words = es_agent_words(agent);
  es_bind_text(s, ":extension", agent->extension);
  es_bind_text(s, ":extension_key", key);
  es_bind_text(s, ":name", agent->name);
  es_bind_text(s, ":latin_name", agent->latin_name);
  es_bind_text(s, ":words", words ? words : "");
  es_bind_text(s, ":team", agent->team);
  es_bind_text(s, ":client", agent->client);
  es_bind_text(s, ":language", agent->language);
  es_bind_known(s, ":from_us", agent->from_us);
  es_bind_known(s, ":until_us", agent->until_us);
  es_bind_known(s, ":shift_days", always ? ES_UNKNOWN : (gint64)agent->shift.days);
  es_bind_known(s, ":shift_start_min", always ? ES_UNKNOWN : agent->shift.start_min);
  es_bind_known(s, ":shift_end_min", always ? ES_UNKNOWN : agent->shift.end_min);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":added_us", g_get_real_time());
  return es_run(s, error);
}

static gboolean add_agent(EsIndex *index, const EsAgent *agent, const char *actor, GError **error) {
  g_autofree char *key = es_facet_value(agent->extension);
  if (!key || !agent->name || !*agent->name) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("an agent needs an extension and a name"));
    return FALSE;
  }
  if (agent->from_us != ES_UNKNOWN && agent->until_us != ES_UNKNOWN && agent->until_us <= agent->from_us) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("agent %s (%s): valid until before valid from"),
                agent->extension, agent->name);
    return FALSE;
  }
  g_autoptr(GPtrArray) others = es_index_overlapping_agents(index, agent, error);
  if (!others)
    return FALSE;
  if (others->len > 0) {
    const EsAgent *other = g_ptr_array_index(others, 0);
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("agent %s (%s): the extension belongs to %s at that time"), agent->extension, agent->name,
                other->name);
    return FALSE;
  }
  return insert_agent(index, key, agent, actor, error);
}

gboolean es_index_add_agent(EsIndex *index, const EsAgent *agent, const char *actor, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = add_agent(index, agent, actor, error);
  return es_db_leave(index->db, ok, error);
}

static gboolean remove_agent(EsIndex *index, const EsAgent *agent, const char *actor, gint64 at_us,
                             GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-remove", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":id", agent->rowid);
  es_bind_text(s, ":removed_by", actor);
  es_bind_int(s, ":removed_us", at_us);
  return es_run(s, error);
}

gboolean es_index_remove_agent(EsIndex *index, const EsAgent *agent, const char *actor, gint64 at_us,
                               GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = remove_agent(index, agent, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

GPtrArray *es_index_list_agents(EsIndex *index, gboolean with_history, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":history", with_history);
  g_autoptr(GPtrArray) agents = g_ptr_array_new_with_free_func((GDestroyNotify)es_agent_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(agents, read_agent(s));
  return step == ES_STEP_DONE ? g_steal_pointer(&agents) : NULL;
}

gboolean es_agent_holds(const EsAgent *agent, gint64 at_us) {
  return (agent->from_us == ES_UNKNOWN || agent->from_us <= at_us) &&
         (agent->until_us == ES_UNKNOWN || at_us < agent->until_us) && es_shift_holds(&agent->shift, at_us);
}

EsAgent *es_index_find_agent(EsIndex *index, const char *extension, gint64 at_us, GError **error) {
  g_autofree char *key = es_facet_value(extension);
  g_autoptr(EsStatement) s = key ? es_statement(index->db, "agent-find", error) : NULL;
  if (!s)
    return NULL;
  es_bind_text(s, ":extension_key", key);
  es_bind_int(s, ":at_us", at_us);
  while (es_step(s, error) == ES_STEP_ROW) {
    g_autoptr(EsAgent) agent = read_agent(s);
    if (es_shift_holds(&agent->shift, at_us))
      return g_steal_pointer(&agent);
  }
  return NULL;
}

char *es_agent_words(const EsAgent *agent) {
  g_autofree char *names = g_strjoin(" ", agent->name, agent->latin_name, NULL);
  return es_facet_words(names);
}

EsAgent *es_segment_find_agent(EsIndex *index, const EsSegment *segment, gint64 started_us, GError **error) {
  if (!segment->agent)
    return NULL;
  gint64 at_us = started_us + MAX(segment->start_ms, 0) * ES_US_PER_MS;
  return es_index_find_agent(index, segment->agent, at_us, error);
}

gboolean es_segment_name_agent(EsIndex *index, EsSegment *segment, gint64 started_us, GError **error) {
  if (!segment->agent || segment->agent_name)
    return TRUE;
  GError *failed = NULL;
  g_autoptr(EsAgent) agent = es_segment_find_agent(index, segment, started_us, &failed);
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  if (agent) {
    segment->agent_name = g_strdup(agent->name);
    if (!segment->team)
      segment->team = g_strdup(agent->team);
  }
  return TRUE;
}
