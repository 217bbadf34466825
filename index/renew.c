// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls learn what the directory says about their agents now: names among the facets and in the full text. An
// entry remembers in renew_from how far its calls have come, so a stop in between loses nothing.
#include "index-private.h"

typedef struct {
  gint64 from, until_us;
  char *key;
} Entry; // those of one extension

static gboolean next_entry(EsIndex *index, Entry *entry, gboolean *found, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-renewing", error);
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  *found = step == ES_STEP_ROW;
  if (*found)
    *entry = (Entry){es_column_int(s, 1), es_column_int(s, 2), es_column_dup(s, 0)};
  return step != ES_STEP_FAILED;
}

static GArray *next_calls(EsIndex *index, const Entry *entry, guint most, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-renew-calls", error);
  g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(gint64));
  EsStep step = ES_STEP_FAILED;
  if (s) {
    es_bind_text(s, ":extension_key", entry->key);
    es_bind_int(s, ":renew_from", entry->from);
    es_bind_known(s, ":until_us", entry->until_us);
    es_bind_int(s, ":limit", most);
  }
  while (s && (step = es_step(s, error)) == ES_STEP_ROW) {
    gint64 call = es_column_int(s, 0);
    g_array_append_val(calls, call);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&calls) : NULL;
}

static gboolean renew_call(EsIndex *index, gint64 rowid, GError **error) {
  g_autoptr(EsCall) call = es_call_load(index, rowid, FALSE, error);
  return call && es_facet_segments(index, call, FALSE, error) &&
         es_facet_segments(index, call, TRUE, error) && es_text_update(index, rowid, FALSE, error);
}

static gboolean set_progress(EsIndex *index, const char *key, gint64 renew_from, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "agent-renewed", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":extension_key", key);
  es_bind_known(s, ":renew_from", renew_from);
  return es_run(s, error);
}

static gboolean renew_entry(EsIndex *index, const Entry *entry, guint most, guint *renewed, GError **error) {
  g_autoptr(GArray) calls = next_calls(index, entry, most, error);
  if (!calls)
    return FALSE;
  gint64 last = 0;
  for (guint i = 0; i < calls->len; i++) {
    last = g_array_index(calls, gint64, i);
    if (!renew_call(index, last, error))
      return FALSE;
  }
  *renewed += calls->len;
  return set_progress(index, entry->key, calls->len < most ? ES_UNKNOWN : last + 1, error);
}

static gboolean renew(EsIndex *index, guint most, guint *renewed, gboolean *more, GError **error) {
  for (*more = TRUE; *more && *renewed < most;) {
    Entry entry = {0};
    if (!next_entry(index, &entry, more, error))
      return FALSE;
    if (!*more)
      return TRUE;
    gboolean ok = renew_entry(index, &entry, most - *renewed, renewed, error);
    g_free(entry.key);
    if (!ok)
      return FALSE;
  }
  return TRUE;
}

gboolean es_index_renew_names(EsIndex *index, guint most, guint *renewed, gboolean *more, GError **error) {
  *renewed = 0;
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = renew(index, most, renewed, more, error);
  return es_db_leave(index->db, ok, error);
}
