// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The spool: what is known of open calls, so that a killed recorder loses no call.
//
// spool/<id>.part   audio so far, written by encode/
// spool/<id>.meta   JSON of the call so far, written at the INVITE, at the answer and now and then; removed
//                   after the call's row is committed
// spool/journal/    of what is live instead of these two: journal.h
// spool/lock        empty; each running recorder has locked one byte of it, whose place is its number and
//                   stands in the .meta files of its calls. Byte 0 is locked by who recovers.
//
// Beside .part and .meta one flush a second of wall time for all open calls, in a thread of its own, since it
// may take long on a busy disk; the journal flushes itself.
#pragma once

#include "earshot/index/index.h"
#include "earshot/journal/journal.h"
#include "settle.h"

typedef struct EsSpool EsSpool;

// Makes <library>/spool if needed, waits until nobody else recovers there and takes a number. *alone tells
// whether no other recorder runs: then all that lies there was left behind, otherwise what belongs to a run
// that is over. Call es_spool_share when it is recovered. A library that cannot be written fails with
// ES_ERROR_READ_ONLY.
EsSpool *es_spool_open(const char *library, gboolean *alone, GError **error);
gboolean es_spool_share(EsSpool *spool, GError **error);
// Stops flushing and gives the number back.
void es_spool_close(EsSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSpool, es_spool_close)
// Of other recorders that have a journal, the numbers (gint64), the earliest first as far as the times of
// their files tell; caller frees.
GArray *es_spool_list_runs(const EsSpool *spool);
// Whether the recorder of this number has ended; FALSE for ES_UNKNOWN.
gboolean es_spool_run_is_over(const EsSpool *spool, gint64 run);
// Takes what the recorder of this number left, if it has ended and nobody else does; release it when it is
// recovered. Any thread, one at a time.
gboolean es_spool_claim_run(EsSpool *spool, gint64 run);
void es_spool_release_run(EsSpool *spool, gint64 run);
// Starts the flush every second.
void es_spool_start_flushing(EsSpool *spool);
// Opens the journal of this run instead: calls that are live are in it, and leave nothing else in the spool.
gboolean es_spool_start_journal(EsSpool *spool, const EsJournalSettings *settings, GError **error);
EsJournal *es_spool_journal(const EsSpool *spool); // NULL without
const char *es_spool_audio(const EsSpool *spool);  // where .part files grow

gint64 es_spool_run(const EsSpool *spool); // the number
const char *es_spool_directory(const EsSpool *spool);
// spool/<id>.part or .meta; caller frees.
char *es_spool_path(const EsSpool *spool, const char *id, const char *suffix);

// What a .meta file holds beyond the row.
typedef struct {
  gint64 audio_start_us; // moment of the file's first sample; ES_UNKNOWN before the audio
  gint64 seen_us;        // latest packet of the call
  gint64 ended_us;       // by whom its row says; ES_UNKNOWN while it goes on
  gint64 run;            // the recorder's number; read alone
} EsSpoolMoments;

gboolean es_spool_save(EsSpool *spool, const EsCall *call, const EsSpoolMoments *moments, GError **error);
// The same as text, with what its end needs if settlement is not NULL (then without ledgers); caller frees.
char *es_spool_json(const EsCall *call, const EsSpoolMoments *moments, gint64 run,
                    const EsSettlement *settlement);
// What es_spool_json wrote; NULL for what does not tell id, key and start. *settlement is the caller's and
// goes before the call.
EsCall *es_spool_parse(const char *text, gsize length, EsSpoolMoments *moments, EsSettlement **settlement);
// NULL with ES_ERROR_CORRUPT for a file that does not tell id, key and start.
EsCall *es_spool_load(const char *path, EsSpoolMoments *moments, GError **error);
// After the row is committed.
void es_spool_forget(EsSpool *spool, const char *id);
