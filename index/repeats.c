// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// How often a caller had called in the seven days before. Calls come in any order: a call counts those before
// it and is counted by those after it.
#include "index-private.h"
#include "number.h"

static gboolean counts_as_repeat(const EsCall *call, const char *key) {
  static const char *const hidden[] = {"@anonymous", "@unknown", "@restricted", "@private", NULL};
  return key && !g_strv_contains(hidden, key) &&
         (g_str_equal(call->direction, "inbound") || g_str_equal(call->direction, "unknown"));
}

static gboolean change_later(EsIndex *index, const char *statement, gint64 rowid, const char *key,
                             GError **error) {
  g_autoptr(EsStatement) later = es_statement(index->db, statement, error);
  if (!later)
    return FALSE;
  es_bind_int(later, ":call", rowid);
  es_bind_text(later, ":caller_key", key);
  return es_run(later, error);
}

gboolean es_repeats_count(EsIndex *index, gint64 rowid, const EsCall *call, gboolean is_new, GError **error) {
  g_autofree char *key = es_number_key(call->caller);
  gboolean counts = counts_as_repeat(call, key);
  g_autoptr(EsStatement) own = es_statement(index->db, "repeats-count", error);
  if (!own)
    return FALSE;
  es_bind_int(own, ":call", rowid);
  es_bind_int(own, ":counts", counts);
  if (!es_run(own, error))
    return FALSE;
  return !counts || !is_new || change_later(index, "repeats-later", rowid, key, error);
}

gboolean es_repeats_forget(EsIndex *index, const EsCall *call, GError **error) {
  g_autofree char *key = es_number_key(call->caller);
  return !counts_as_repeat(call, key) || change_later(index, "repeats-fewer", call->rowid, key, error);
}

gboolean es_repeats_regroup(EsIndex *index, const char *group, GError **error) {
  if (!group)
    return TRUE;
  g_autoptr(EsStatement) s = es_statement(index->db, "repeats-of-group", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":group", group);
  return es_run(s, error);
}
