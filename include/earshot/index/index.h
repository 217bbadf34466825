// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The index: one SQLite database in WAL mode beside the recordings. This library is the only one that knows
// SQL, and one private header of it the only place that includes sqlite3.h.
//
// Errors: ES_ERROR_NEWER_VERSION, _CORRUPT, _READ_ONLY, _NO_SPACE, _BUSY, _IO, each naming the file.
// Threads: one EsIndex, one thread. Several processes may open the same library; one writes at a time (5 s of
// patience).
#pragma once

#include "earshot/index/call.h"

typedef struct EsIndex EsIndex;

typedef enum {
  ES_INDEX_READ,   // never migrates, never writes; works on read-only media
  ES_INDEX_WRITE,  // migrates older versions, each step one transaction
  ES_INDEX_CREATE, // makes <library> (0700) and an empty index if there is none; else like WRITE
} EsIndexMode;

EsIndex *es_index_open(const char *library, EsIndexMode mode, GError **error);
// A fresh connection for writing in place of one whose file was moved, replaced or mended, which then has
// this patience. Never migrates: whoever asks has no time for it. FALSE: as it was.
gboolean es_index_reopen(EsIndex *index, int patience_ms, GError **error);
void es_index_close(EsIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsIndex, es_index_close)
const char *es_index_library(const EsIndex *index);
gboolean es_index_is_read_only(const EsIndex *index);
int es_index_schema_version(void); // what this program writes
// How long a call that writes waits for another process that writes.
#define ES_INDEX_PATIENCE_MS 5000 // unless told otherwise
void es_index_set_patience(EsIndex *index, int milliseconds);

// Transactions nest no deeper than one; every writing call outside one makes its own.
gboolean es_index_begin(EsIndex *index, GError **error);
gboolean es_index_commit(EsIndex *index, GError **error);
void es_index_rollback(EsIndex *index);

// ---- calls

// ES_SEEN_OVER: complete, and what is seen now came after its end.
typedef enum { ES_SEEN_NO, ES_SEEN_COMPLETE, ES_SEEN_INTERRUPTED, ES_SEEN_OVER } EsSeen;

// Whether a call with this source_key is there: complete, or left by a killed run (outcome_reason
// "interrupted"), in which case es_index_put_call of the same key replaces its row and keeps its id (*id, may
// be NULL; caller frees).
gboolean es_index_seen(EsIndex *index, const char *source_key, EsSeen *seen, char **id, GError **error);
// A call of a telephone system's log whose recording has not come yet: outcome none for this reason. When one
// comes, es_index_put_call of the same pbx_id replaces the row and keeps its id.
#define ES_REASON_NO_RECORDING "no recording"
// The id of that row, NULL if there is none; caller frees. FALSE with *error.
gboolean es_index_find_unrecorded(EsIndex *index, const char *pbx_id, char **id, GError **error);
// Gives call what it does not know itself and an earlier row of the same call does: parties, times, agents,
// queues, waiting, events, never anything of the audio.
void es_call_inherit(EsCall *call, const EsCall *earlier);
// The same for a call on the wire: the key is made of its Call-ID, the moment of its first message and the
// caller's tag, and a call is known again when another capture of the same traffic stamped that message up to
// ES_SEEN_NEAR_US differently; only here ES_SEEN_OVER is given. *key: the key of the row that is there, or a
// new one, also on failure. Caller frees.
#define ES_SEEN_NEAR_US (2 * ES_US_PER_S)
gboolean es_index_seen_near(EsIndex *index, const char *call_id, gint64 time_us, const char *tag,
                            EsSeen *seen, char **key, char **id, GError **error);
// The id of the latest call on the wire with this Call-ID and caller's tag, NULL if there is none; caller
// frees.
gboolean es_index_find_dialog(EsIndex *index, const char *call_id, const char *tag, char **id,
                              GError **error);
// Texts that came with the call are cut to 1000 bytes (source_key is not).
// Stores a call with legs, streams, gaps, events, segments, consent, full text, in one transaction. Sets
// call->rowid.
gboolean es_index_put_call(EsIndex *index, EsCall *call, GError **error);
// The first n of calls (of EsCall), all or none of them.
gboolean es_index_put_calls(EsIndex *index, const GPtrArray *calls, guint n, GError **error);
// Puts the call with this whole id into the group, and with it all stored calls of the group former (may be
// NULL). A call that is not there is no error.
gboolean es_index_set_group(EsIndex *index, const char *id, const char *group, const char *former,
                            GError **error);
// Whole id, unique prefix or unique suffix of at least 4 digits (dashes ignored). NOT_FOUND, AMBIGUOUS
// (naming some).
EsCall *es_index_get_call(EsIndex *index, const char *id, GError **error);
// How many calls there are.
gboolean es_index_count_calls(EsIndex *index, gint64 *count, GError **error);

// ---- search: every criterion is optional and all must hold

typedef enum { ES_SORT_DATE, ES_SORT_DURATION, ES_SORT_SCORE, ES_SORT_TENSION } EsSort;

typedef struct {
  const char *words;                    // full text, folded; all words must occur; trailing * makes a prefix
  const char *agent;                    // extension, or words of the directory's name, folded; any segment
  const char *caller, *callee, *number; // exact user, or the last digits of a number (number: either side)
  const char *queue, *client, *direction, *consent, *flag, *tag, *outcome, *disposition;
  gint64 from_us, until_us;                 // started_at in [from, until); ES_UNKNOWN = open
  gint64 min_duration_ms, max_duration_ms;  // ES_UNKNOWN = any
  double score_below;                       // NAN = any
  gboolean missing_audio;                   // only calls with missing_ms > 0
  gint64 min_repeats;                       // at least that many calls of the caller before; ES_UNKNOWN = any
  gint64 min_dead_air_ms, min_talk_over_ms; // in all; ES_UNKNOWN = any
  const char *business_id;                  // any case
  const char *group_id;                     // calls that belong together
  EsSort sort;      // the latest, longest, best, tensest first; what is not known comes last
  gboolean reverse; // the other way round; what is not known still comes last
  gint64 after;     // row id: only what comes after that call in this order; ES_UNKNOWN = from the first
  guint limit;      // rows a page; 0 = all
  guint page;       // from 1; 0 means 1
} EsSearch;

void es_search_init(EsSearch *search);
typedef gboolean (*EsCallFunc)(const EsCall *call, gpointer user_data); // FALSE stops
// Newest first, or as sort says. Calls without legs, gaps, events.
gboolean es_index_search(EsIndex *index, const EsSearch *search, EsCallFunc func, gpointer user_data,
                         GError **error);
// How many calls match, whatever the page; at most `most`, where counting stops.
gboolean es_index_count_matches(EsIndex *index, const EsSearch *search, guint most, guint *count,
                                GError **error);
// EXPLAIN QUERY PLAN of that search, one line a step; caller frees. For tests and doctors.
char *es_index_explain(EsIndex *index, const EsSearch *search, GError **error);
