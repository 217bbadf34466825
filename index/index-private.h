// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the files of this folder share about an open index.
#pragma once

#include "db.h"
#include "earshot/index/directory.h"

struct EsIndex {
  char *library;
  EsDb *db;
  guint few; // up to so many matches are gathered to be sorted; above, the sort's own index is walked
};

#define ES_SCHEMA_VERSION 2

// Makes the database at path, complete, or leaves nothing; not an error if another process was faster.
gboolean es_schema_create(const char *path, GError **error);
// Checks whose database it is and how old; migrates it when it can be written. may_migrate: else it is
// refused.
gboolean es_schema_prepare(EsDb *db, gboolean may_migrate, GError **error);

// ---- index.c: runs a named statement that takes :call alone
gboolean es_run_for_call(EsIndex *index, const char *name, gint64 call, GError **error);

// ---- call-fields.c: the columns of call beside the members of EsCall
void es_call_cut_texts(EsCall *call);
void es_call_bind(EsStatement *statement, const EsCall *call);
// Reads a row of call-row, from its first column.
void es_call_read(EsStatement *statement, EsCall *call);

// ---- call-store.c: parts that come with a call, or later
gboolean es_call_put_segments(EsIndex *index, gint64 rowid, EsCall *call, GError **error);
gboolean es_call_put_events(EsIndex *index, gint64 rowid, const GPtrArray *events, GError **error);

// ---- call-load.c
// whole: with legs, gaps, activity, events, consent; without: those members are NULL. NULL without error when
// there is no such row.
EsCall *es_call_load(EsIndex *index, gint64 rowid, gboolean whole, GError **error);
GPtrArray *es_load_segments(EsIndex *index, gint64 call, gint64 started_us, GError **error);
GPtrArray *es_load_consent(EsIndex *index, gint64 call, GError **error);
// One text column of every row of a named statement that takes :call. NULL on failure.
char **es_load_texts(EsIndex *index, const char *name, gint64 call, GError **error);

// ---- origin.c
// The row of a log that waits for this recording; *id stays NULL if there is none.
gboolean es_call_find_unrecorded(EsIndex *index, const char *pbx_id, gint64 *rowid, char **id,
                                 GError **error);

// ---- directory.c
// Fills a segment's agent_name and team from the directory as it was then, if they are not known.
gboolean es_segment_name_agent(EsIndex *index, EsSegment *segment, gint64 started_us, GError **error);

// Who had the segment's extension then; NULL without error if nobody.
EsAgent *es_segment_find_agent(EsIndex *index, const EsSegment *segment, gint64 started_us, GError **error);
// Folded words of an agent's names; NULL if there is none. Caller frees.
char *es_agent_words(const EsAgent *agent);

// ---- facet.c: what a call is searched for by equality
// The folded text without space around it; NULL for NULL or nothing. Caller frees.
char *es_facet_value(const char *text);
// Folded words with one space between them; NULL if there is none. Caller frees.
char *es_facet_words(const char *text);
gboolean es_facet_set(EsIndex *index, const char *kind, const char *value, gint64 call, gboolean present,
                      GError **error);
// Facets of one segment: agent, queue, person (the name stored with it, and the directory's).
gboolean es_facet_segment(EsIndex *index, gint64 call, const EsSegment *segment, gboolean present,
                          GError **error);

// Removes (and adds again) the facets of every segment: two segments may share one.
gboolean es_facet_segments(EsIndex *index, const EsCall *call, gboolean present, GError **error);

// ---- correction.c
// After a row was written anew: what people had put right in it stays so.
gboolean es_corrections_keep(EsIndex *index, gint64 call, GError **error);

// ---- repeats.c: how often the caller had called
// is_new: later calls have not counted this one yet.
gboolean es_repeats_count(EsIndex *index, gint64 rowid, const EsCall *call, gboolean is_new, GError **error);
// Later calls of the caller do not count this one any more.
gboolean es_repeats_forget(EsIndex *index, const EsCall *call, GError **error);
// The calls of a group are counted anew: others came to it, or left it. NULL: nothing to do.
gboolean es_repeats_regroup(EsIndex *index, const char *group, GError **error);

// ---- text.c
// Writes the full text of one call again from where its parts are kept.
gboolean es_text_update(EsIndex *index, gint64 call, gboolean is_new, GError **error);

// ---- consent.c
gboolean es_consent_insert(EsIndex *index, gint64 call, EsConsentEvent *event, GError **error);
// Derives call.consent_state from the stored events; *state is static text, may be NULL.
gboolean es_consent_refresh(EsIndex *index, gint64 call, const char **state, GError **error);
