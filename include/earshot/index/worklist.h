// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What an evaluator has before them: the list of calls to judge, and evaluations that were begun. Neither is
// evidence, so neither is append-only; what becomes of them is an evaluation, and the audit trail keeps who
// changed them.
#pragma once

#include "earshot/index/index.h"

// ---- drafts: one for each evaluator, call and rubric

typedef struct {
  char *rubric_id;
  char *answers;      // the text of an answers file, as far as it goes
  gint64 position_ms; // where the listener was; ES_UNKNOWN if nothing was played
  gint64 at_us;
} EsDraft;
void es_draft_free(EsDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsDraft, es_draft_free)

// Replaces the one that is there.
gboolean es_index_put_draft(EsIndex *index, const char *evaluator, gint64 call, const EsDraft *draft,
                            GError **error);
// The latest one, of that rubric unless it is NULL. *draft is NULL without an error if there is none.
gboolean es_index_get_draft(EsIndex *index, const char *evaluator, gint64 call, const char *rubric_id,
                            EsDraft **draft, GError **error);
// Not an error if there is none; *dropped may be NULL.
gboolean es_index_drop_draft(EsIndex *index, const char *evaluator, gint64 call, const char *rubric_id,
                             gboolean *dropped, GError **error);

// ---- the list

typedef struct {
  gint64 call; // rowid
  char *call_uuid;
  char *actor; // who put it there
  gint64 added_us;
  gint64 done_us;    // when it was scored or skipped; ES_UNKNOWN while it waits
  char *skip_reason; // NULL: not skipped
  gboolean begun;    // there is a draft
} EsWorkItem;

// Whether a call may be put on the list: not judged by the evaluator, not scored or skipped from it before
// and, where the list is kept, not waiting on it.
gboolean es_index_wants_work(EsIndex *index, const char *evaluator, gint64 call, gboolean keep,
                             gboolean *wanted, GError **error);
// Puts calls (of gint64 rowids) behind those that wait (keep), or in their place; *taken_off: how many were.
gboolean es_index_plan_work(EsIndex *index, const char *evaluator, const GArray *calls, gboolean keep,
                            const char *actor, gint64 at_us, guint *taken_off, GError **error);
// The present list in its order, with what is done; of EsWorkItem. Caller unrefs.
GPtrArray *es_index_list_work(EsIndex *index, const char *evaluator, GError **error);
// A call that waits is scored (skip_reason NULL) or skipped. *found may be NULL.
gboolean es_index_finish_work(EsIndex *index, const char *evaluator, gint64 call, const char *skip_reason,
                              gint64 at_us, gboolean *found, GError **error);
