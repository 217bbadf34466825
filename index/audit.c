// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The audit trail.
#include "earshot/index/directory.h"
#include "index-private.h"

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
