// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directory of agents and the audit trail.
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
  g_free(agent);
}

// TRUE and *name set if another entry of the extension is valid at some moment of the new one.
static gboolean find_overlap(EsIndex *index, const char *key, const EsAgent *agent, char **name,
                             GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-overlap", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":extension_key", key);
  es_bind_known(s, ":from_us", agent->from_us);
  es_bind_known(s, ":until_us", agent->until_us);
  EsStep step = es_step(s, error);
  *name = step == ES_STEP_ROW ? es_column_dup(s, 0) : NULL;
  return step != ES_STEP_FAILED;
}

static gboolean insert_agent(EsIndex *index, const char *key, const EsAgent *agent, const char *actor,
                             GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-insert", error);
  if (!s)
    return FALSE;
  g_autofree char *names = g_strjoin(" ", agent->name, agent->latin_name, NULL);
  g_autofree char *words = es_facet_words(names);
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
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":added_us", g_get_real_time());
  return es_run(s, error);
}

static gboolean add_agent(EsIndex *index, const EsAgent *agent, const char *actor, GError **error) {
  g_autofree char *key = es_facet_value(agent->extension);
  g_autofree char *other = NULL;
  if (!key || !agent->name || !*agent->name) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("an agent needs an extension and a name"));
    return FALSE;
  }
  if (agent->from_us != ES_UNKNOWN && agent->until_us != ES_UNKNOWN && agent->until_us <= agent->from_us) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("agent %s (%s): valid until before valid from"),
                agent->extension, agent->name);
    return FALSE;
  }
  if (!find_overlap(index, key, agent, &other, error))
    return FALSE;
  if (other) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("agent %s (%s): the extension belongs to %s at that time"), agent->extension, agent->name,
                other);
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

static EsAgent *read_agent(EsStatement *s) {
  EsAgent *agent = g_new0(EsAgent, 1);
  agent->extension = es_column_dup(s, 0);
  agent->name = es_column_dup(s, 1);
  agent->latin_name = es_column_dup(s, 2);
  agent->team = es_column_dup(s, 3);
  agent->client = es_column_dup(s, 4);
  agent->language = es_column_dup(s, 5);
  agent->from_us = es_column_int(s, 6);
  agent->until_us = es_column_int(s, 7);
  return agent;
}

GPtrArray *es_index_list_agents(EsIndex *index, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-list", error);
  if (!s)
    return NULL;
  g_autoptr(GPtrArray) agents = g_ptr_array_new_with_free_func((GDestroyNotify)es_agent_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(agents, read_agent(s));
  return step == ES_STEP_DONE ? g_steal_pointer(&agents) : NULL;
}

EsAgent *es_index_find_agent(EsIndex *index, const char *extension, gint64 at_us, GError **error) {
  g_autofree char *key = es_facet_value(extension);
  g_autoptr(EsStatement) s = key ? es_statement(index->db, "agent-find", error) : NULL;
  if (!s)
    return NULL;
  es_bind_text(s, ":extension_key", key);
  es_bind_int(s, ":at_us", at_us);
  return es_step(s, error) == ES_STEP_ROW ? read_agent(s) : NULL;
}

gboolean es_segment_name_agent(EsIndex *index, EsSegment *segment, gint64 started_us, GError **error) {
  if (!segment->agent || segment->agent_name)
    return TRUE;
  GError *failed = NULL;
  g_autoptr(EsAgent) agent =
      es_index_find_agent(index, segment->agent, started_us + segment->start_ms * ES_US_PER_MS, &failed);
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

// ---- audit

static gboolean insert_audit(EsIndex *index, const EsAuditEntry *entry, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "audit-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":at_us", entry->at_us);
  es_bind_text(s, ":actor", entry->actor);
  es_bind_text(s, ":operation", entry->operation);
  es_bind_text(s, ":params_json", entry->params_json);
  es_bind_text(s, ":result", entry->result);
  es_bind_text(s, ":call_uuid", entry->call_uuid);
  return es_run(s, error);
}

gboolean es_index_add_audit(EsIndex *index, const EsAuditEntry *entry, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = insert_audit(index, entry, error);
  return es_db_leave(index->db, ok, error);
}

static void audit_free(gpointer data) {
  EsAuditEntry *entry = data;
  g_free(entry->actor);
  g_free(entry->operation);
  g_free(entry->params_json);
  g_free(entry->result);
  g_free(entry->call_uuid);
  g_free(entry);
}

gboolean es_index_add_access(EsIndex *index, const EsAuditEntry *entry, GError **error) {
  if (!es_db_set_lasting(index->db, FALSE, error))
    return FALSE;
  gboolean ok = es_index_add_audit(index, entry, error);
  return es_db_set_lasting(index->db, TRUE, ok ? error : NULL) && ok;
}

GPtrArray *es_index_list_audit(EsIndex *index, guint limit, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "audit-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":limit", limit ? (gint64)limit : -1);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(audit_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsAuditEntry *entry = g_new0(EsAuditEntry, 1);
    entry->at_us = es_column_int(s, 0);
    entry->actor = es_column_dup(s, 1);
    entry->operation = es_column_dup(s, 2);
    entry->params_json = es_column_dup(s, 3);
    entry->result = es_column_dup(s, 4);
    entry->call_uuid = es_column_dup(s, 5);
    g_ptr_array_add(entries, entry);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&entries) : NULL;
}
