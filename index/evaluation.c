// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Evaluations, appended and never changed, and the rubrics they were made by. A rubric's text is stored once
// per SHA-256, whoever refers to it.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/index/annotation.h"
#include "index-private.h"

#include <math.h>

EsEvaluation *es_evaluation_new(void) {
  EsEvaluation *evaluation = g_new0(EsEvaluation, 1);
  evaluation->at_us = ES_UNKNOWN;
  evaluation->score = evaluation->score_raw = (double)NAN;
  return evaluation;
}

void es_evaluation_free(EsEvaluation *evaluation) {
  if (!evaluation)
    return;
  g_free(evaluation->id);
  g_free(evaluation->call_uuid);
  g_free(evaluation->agent);
  g_free(evaluation->evaluator);
  g_free(evaluation->rubric_id);
  g_free(evaluation->rubric_version);
  g_free(evaluation->rubric_title);
  g_free(evaluation->rubric_text);
  g_free(evaluation->answers_json);
  g_free(evaluation->comments_json);
  g_free(evaluation);
}

// Stores a rubric's text if it is new; *sha256 names it.
static gboolean keep_text(EsIndex *index, const char *text, char **sha256, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "rubric-text-insert", error);
  if (!s)
    return FALSE;
  *sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  es_bind_text(s, ":sha256", *sha256);
  es_bind_text(s, ":text", text);
  return es_run(s, error);
}

static gboolean check_json(EsIndex *index, const char *what, const char *text, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "json-valid", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":text", text ? text : "[]");
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW && es_column_int(s, 0) == 0)
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s of an evaluation are not JSON"), what);
  return step == ES_STEP_ROW && es_column_int(s, 0) == 1;
}

static gboolean insert_evaluation(EsIndex *index, const EsEvaluation *e, GError **error) {
  g_autofree char *sha256 = NULL;
  if (!check_json(index, "answers_json", e->answers_json, error) ||
      !check_json(index, "comments_json", e->comments_json, error))
    return FALSE;
  if (!keep_text(index, e->rubric_text ? e->rubric_text : "", &sha256, error))
    return FALSE;
  g_autoptr(EsStatement) s = es_statement(index->db, "evaluation-insert", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":uuid", e->id);
  es_bind_int(s, ":call", e->call);
  es_bind_int(s, ":segment", e->segment);
  es_bind_text(s, ":agent", e->agent);
  es_bind_text(s, ":evaluator", e->evaluator);
  es_bind_int(s, ":at_us", e->at_us);
  es_bind_text(s, ":rubric_id", e->rubric_id);
  es_bind_text(s, ":rubric_version", e->rubric_version);
  es_bind_text(s, ":rubric_title", e->rubric_title);
  es_bind_text(s, ":rubric_sha256", sha256);
  es_bind_text(s, ":answers_json", e->answers_json ? e->answers_json : "[]");
  es_bind_text(s, ":comments_json", e->comments_json ? e->comments_json : "[]");
  es_bind_real(s, ":score", e->score);
  es_bind_real(s, ":score_raw", e->score_raw);
  es_bind_int(s, ":critical_failed", e->critical_failed);
  es_bind_int(s, ":passed", e->passed);
  return es_run(s, error);
}

// The call shows the score of its latest evaluation that has one.
static gboolean refresh_score(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "evaluation-score", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":call", call);
  return es_run(s, error);
}

gboolean es_index_add_evaluation(EsIndex *index, EsEvaluation *evaluation, GError **error) {
  if (evaluation->at_us == ES_UNKNOWN)
    evaluation->at_us = g_get_real_time();
  if (!evaluation->id) {
    evaluation->id = g_malloc(ES_ID_SIZE);
    es_id_new(evaluation->at_us, evaluation->id);
  }
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = insert_evaluation(index, evaluation, error);
  gint64 rowid = ok ? es_db_last_rowid(index->db) : 0;
  ok = ok && refresh_score(index, evaluation->call, error) &&
       es_text_update(index, evaluation->call, FALSE, error);
  if (!es_db_leave(index->db, ok, error))
    return FALSE;
  evaluation->rowid = rowid;
  return TRUE;
}

static EsEvaluation *read_evaluation(EsStatement *s) {
  EsEvaluation *e = es_evaluation_new();
  e->rowid = es_column_int(s, 0);
  e->id = es_column_dup(s, 1);
  e->call = es_column_int(s, 2);
  e->call_uuid = es_column_dup(s, 3);
  e->segment = (guint)es_column_int(s, 4);
  e->agent = es_column_dup(s, 5);
  e->evaluator = es_column_dup(s, 6);
  e->at_us = es_column_int(s, 7);
  e->rubric_id = g_strdup(es_column_word(s, 8));
  e->rubric_version = g_strdup(es_column_word(s, 9));
  e->rubric_title = es_column_dup(s, 10);
  e->rubric_text = es_column_dup(s, 11);
  e->answers_json = es_column_dup(s, 12);
  e->comments_json = es_column_dup(s, 13);
  e->score = es_column_real(s, 14);
  e->score_raw = es_column_real(s, 15);
  e->critical_failed = es_column_int(s, 16) == 1;
  e->passed = es_column_int(s, 17) == 1;
  return e;
}

GPtrArray *es_index_list_evaluations(EsIndex *index, gint64 call, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "evaluation-list", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":call", call);
  g_autoptr(GPtrArray) evaluations = g_ptr_array_new_with_free_func((GDestroyNotify)es_evaluation_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW)
    g_ptr_array_add(evaluations, read_evaluation(s));
  return step == ES_STEP_DONE ? g_steal_pointer(&evaluations) : NULL;
}

// ---- rubrics

// The SHA-256 of the rubric of that id and version; NULL without error if there is none.
static gboolean find_rubric(EsIndex *index, const char *id, const char *version, char **sha256,
                            GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "rubric-find", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":id", id);
  es_bind_text(s, ":version", version);
  EsStep step = es_step(s, error);
  *sha256 = step == ES_STEP_ROW ? es_column_dup(s, 0) : NULL;
  return step != ES_STEP_FAILED;
}

static gboolean add_rubric(EsIndex *index, const char *id, const char *version, const char *text,
                           const char *actor, gint64 at_us, GError **error) {
  g_autofree char *sha256 = NULL, *present = NULL;
  if (!keep_text(index, text, &sha256, error) || !find_rubric(index, id, version, &present, error))
    return FALSE;
  if (g_strcmp0(present, sha256) == 0)
    return TRUE;
  if (present) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("rubric “%s” version %s is there with another text; give the changed one a new version"),
                id, version);
    return FALSE;
  }
  g_autoptr(EsStatement) s = es_statement(index->db, "rubric-insert", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":id", id);
  es_bind_text(s, ":version", version);
  es_bind_text(s, ":sha256", sha256);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":at_us", at_us);
  return es_run(s, error);
}

gboolean es_index_add_rubric(EsIndex *index, const char *id, const char *version, const char *text,
                             const char *actor, gint64 at_us, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = add_rubric(index, id, version, text, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

char *es_index_get_rubric(EsIndex *index, const char *id, const char *version, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "rubric-get", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":id", id);
  es_bind_text(s, ":version", version);
  EsStep step = es_step(s, error);
  if (step == ES_STEP_ROW)
    return es_column_dup(s, 0);
  if (step == ES_STEP_DONE && version)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("there is no rubric “%s” version %s"), id, version);
  else if (step == ES_STEP_DONE)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("there is no rubric “%s”"), id);
  return NULL;
}

gboolean es_index_list_rubrics(EsIndex *index, EsRubricFunc func, gpointer user_data, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "rubric-list", error);
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    func(es_column_word(s, 0), es_column_word(s, 1), es_column_word(s, 2), user_data);
  return step == ES_STEP_DONE;
}
