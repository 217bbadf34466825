// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Drafts and work lists (see the header).
#include "earshot/index/worklist.h"
#include "index-private.h"

// ---- drafts

void es_draft_free(EsDraft *draft) {
  if (!draft)
    return;
  g_free(draft->rubric_id);
  g_free(draft->answers);
  g_free(draft);
}

static EsStatement *draft_statement(EsIndex *index, const char *name, const char *evaluator, gint64 call,
                                    const char *rubric_id, GError **error) {
  EsStatement *s = es_statement(index->db, name, error);
  if (!s)
    return NULL;
  es_bind_text(s, ":evaluator", evaluator);
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":rubric_id", rubric_id);
  return s;
}

gboolean es_index_put_draft(EsIndex *index, const char *evaluator, gint64 call, const EsDraft *draft,
                            GError **error) {
  g_autoptr(EsStatement) s = draft_statement(index, "draft-put", evaluator, call, draft->rubric_id, error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":answers", draft->answers);
  es_bind_known(s, ":position_ms", draft->position_ms);
  es_bind_int(s, ":at_us", draft->at_us);
  return es_run(s, error);
}

gboolean es_index_get_draft(EsIndex *index, const char *evaluator, gint64 call, const char *rubric_id,
                            EsDraft **draft, GError **error) {
  g_autoptr(EsStatement) s = draft_statement(index, "draft-get", evaluator, call, rubric_id, error);
  *draft = NULL;
  EsStep step = s ? es_step(s, error) : ES_STEP_FAILED;
  if (step != ES_STEP_ROW)
    return step == ES_STEP_DONE;
  *draft = g_new0(EsDraft, 1);
  (*draft)->rubric_id = es_column_dup(s, 0);
  (*draft)->answers = es_column_dup(s, 1);
  (*draft)->position_ms = es_column_int(s, 2);
  (*draft)->at_us = es_column_int(s, 3);
  return TRUE;
}

gboolean es_index_drop_draft(EsIndex *index, const char *evaluator, gint64 call, const char *rubric_id,
                             gboolean *dropped, GError **error) {
  g_autoptr(EsStatement) s = draft_statement(index, "draft-drop", evaluator, call, rubric_id, error);
  if (!s || !es_run(s, error))
    return FALSE;
  if (dropped)
    *dropped = es_db_changes(index->db) > 0;
  return TRUE;
}

// ---- the list

static void item_free(gpointer data) {
  EsWorkItem *item = data;
  g_free(item->call_uuid);
  g_free(item->actor);
  g_free(item->skip_reason);
  g_free(item);
}

gboolean es_index_wants_work(EsIndex *index, const char *evaluator, gint64 call, gboolean keep,
                             gboolean *wanted, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-wants", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":evaluator", evaluator);
  es_bind_int(s, ":call", call);
  es_bind_int(s, ":keep", keep);
  EsStep step = es_step(s, error);
  *wanted = step == ES_STEP_ROW && es_column_int(s, 0) == 1;
  return step == ES_STEP_ROW;
}

static gboolean present_round(EsIndex *index, const char *evaluator, gint64 *round, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-round", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":evaluator", evaluator);
  if (es_step(s, error) != ES_STEP_ROW)
    return FALSE;
  *round = es_column_int(s, 0);
  return TRUE;
}

static gboolean clear_waiting(EsIndex *index, const char *evaluator, guint *taken_off, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-clear", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":evaluator", evaluator);
  if (!es_run(s, error))
    return FALSE;
  *taken_off = (guint)es_db_changes(index->db);
  return TRUE;
}

static gboolean insert_item(EsIndex *index, const char *evaluator, gint64 round, gint64 call,
                            const char *actor, gint64 at_us, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-insert", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":evaluator", evaluator);
  es_bind_int(s, ":round", round);
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":added_us", at_us);
  return es_run(s, error);
}

static gboolean plan(EsIndex *index, const char *evaluator, const GArray *calls, gboolean keep,
                     const char *actor, gint64 at_us, guint *taken_off, GError **error) {
  gint64 round;
  if (!present_round(index, evaluator, &round, error) ||
      (!keep && !clear_waiting(index, evaluator, taken_off, error)))
    return FALSE;
  round = keep ? MAX(round, 1) : round + 1;
  for (guint i = 0; i < calls->len; i++)
    if (!insert_item(index, evaluator, round, g_array_index(calls, gint64, i), actor, at_us, error))
      return FALSE;
  return TRUE;
}

gboolean es_index_plan_work(EsIndex *index, const char *evaluator, const GArray *calls, gboolean keep,
                            const char *actor, gint64 at_us, guint *taken_off, GError **error) {
  *taken_off = 0;
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = plan(index, evaluator, calls, keep, actor, at_us, taken_off, error);
  return es_db_leave(index->db, ok, error);
}

GPtrArray *es_index_list_work(EsIndex *index, const char *evaluator, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-list", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":evaluator", evaluator);
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsWorkItem *item = g_new0(EsWorkItem, 1);
    item->call = es_column_int(s, 0);
    item->call_uuid = es_column_dup(s, 1);
    item->actor = es_column_dup(s, 2);
    item->added_us = es_column_int(s, 3);
    item->done_us = es_column_int(s, 4);
    item->skip_reason = es_column_dup(s, 5);
    item->begun = es_column_int(s, 6) == 1;
    g_ptr_array_add(items, item);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&items) : NULL;
}

gboolean es_index_finish_work(EsIndex *index, const char *evaluator, gint64 call, const char *skip_reason,
                              gint64 at_us, gboolean *found, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "worklist-finish", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":evaluator", evaluator);
  es_bind_int(s, ":call", call);
  es_bind_text(s, ":skip_reason", skip_reason);
  es_bind_int(s, ":done_us", at_us);
  if (!es_run(s, error))
    return FALSE;
  if (found)
    *found = es_db_changes(index->db) > 0;
  return TRUE;
}
