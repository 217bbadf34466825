// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What people add to calls: consent, notes, tags, flags, evaluations. Append-only: taking something back is
// another row.
#pragma once

#include "earshot/index/index.h"

// Appends events and derives the call's consent_state again; full rowid from es_index_get_call.
gboolean es_index_add_consent(EsIndex *index, gint64 call, EsConsentEvent *event, GError **error);

typedef struct {
  char *text;
  char *actor;
  gint64 at_us;       // when it was written
  gint64 position_ms; // in the file; ES_UNKNOWN for the whole call
} EsNote;
gboolean es_index_add_note(EsIndex *index, gint64 call, const char *text, gint64 position_ms,
                           const char *actor, gint64 at_us, GError **error);
GPtrArray *es_index_list_notes(EsIndex *index, gint64 call, GError **error); // of EsNote, free-func set

gboolean es_index_add_tag(EsIndex *index, gint64 call, const char *tag, const char *actor, gint64 at_us,
                          GError **error);
// ES_ERROR_NOT_FOUND if the call does not have it.
gboolean es_index_remove_tag(EsIndex *index, gint64 call, const char *tag, const char *actor, gint64 at_us,
                             GError **error);

typedef struct {
  gint64 rowid;
  gint64 call; // rowid of the call
  char *call_uuid;
  char *flag; // "training"
  char *note;
  gint64 start_ms, end_ms; // the range in the file; ES_UNKNOWN both for the whole call
  char *actor;
  gint64 at_us;
  char *removed_by; // NULL while active
  char *removed_reason;
  gint64 removed_us; // ES_UNKNOWN while active
} EsFlag;
gboolean es_index_add_flag(EsIndex *index, gint64 call, const char *flag, const char *note, gint64 start_ms,
                           gint64 end_ms, const char *actor, gint64 at_us, GError **error);
// Takes back every active flag of that name; ES_ERROR_NOT_FOUND if there is none.
gboolean es_index_remove_flag(EsIndex *index, gint64 call, const char *flag, const char *reason,
                              const char *actor, gint64 at_us, GError **error);
GPtrArray *es_index_list_flags(EsIndex *index, gint64 call, gboolean with_history,
                               GError **error); // of EsFlag

// An evaluation freezes the rubric's text (stored once per SHA-256) and belongs to one segment of the call
// and its agent.
typedef struct {
  gint64 rowid; // 0 before it is stored
  char *id;     // UUIDv7
  gint64 call;  // rowid of the call
  char *call_uuid;
  guint segment; // index into the call's segments
  char *agent;   // of that segment; NULL if unknown
  char *evaluator;
  gint64 at_us;
  char *rubric_id, *rubric_version, *rubric_title;
  char *rubric_text;   // the whole GKeyFile as it was
  char *answers_json;  // [{"question","answer","points","score","weight","comment","critical_failed"}]
  char *comments_json; // [{"at_ms","text"}], at_ms null for the whole call
  double score;        // 0-100, 0 when a critical question failed; NAN when everything was N/A
  double score_raw;    // without critical failures
  gboolean critical_failed;
  gboolean passed;
} EsEvaluation;
EsEvaluation *es_evaluation_new(void);
void es_evaluation_free(EsEvaluation *evaluation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsEvaluation, es_evaluation_free)
gboolean es_index_add_evaluation(EsIndex *index, EsEvaluation *evaluation, GError **error);
GPtrArray *es_index_list_evaluations(EsIndex *index, gint64 call,
                                     GError **error); // of EsEvaluation, oldest first

// Rubrics a library has added to the shipped ones; every version is kept.
gboolean es_index_add_rubric(EsIndex *index, const char *id, const char *version, const char *text,
                             const char *actor, gint64 at_us,
                             GError **error); // the same id and version with other text is refused
// Newest version if version is NULL. ES_ERROR_NOT_FOUND.
char *es_index_get_rubric(EsIndex *index, const char *id, const char *version, GError **error);
typedef void (*EsRubricFunc)(const char *id, const char *version, const char *text, gpointer user_data);
gboolean es_index_list_rubrics(EsIndex *index, EsRubricFunc func, gpointer user_data, GError **error);
