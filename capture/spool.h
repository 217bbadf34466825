// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The spool: what is known of open calls, so that a killed recorder loses no call.
//
// spool/<id>.part   audio so far, written by encode/
// spool/<id>.meta   JSON of the call so far, written at the INVITE, at the answer and now and then; removed
//                   after the call's row is committed
// spool/lock        empty; each running recorder has locked one byte of it, whose place is its number and
//                   stands in the .meta files of its calls. Byte 0 is locked by who recovers.
//
// One flush a second of wall time for all open calls, in a thread of its own, since it may take long on a
// busy disk.
#pragma once

#include "earshot/index/index.h"

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
// Whether the recorder of this number has ended; FALSE for ES_UNKNOWN.
gboolean es_spool_run_is_over(const EsSpool *spool, gint64 run);
// Starts the flush every second.
void es_spool_start_flushing(EsSpool *spool);

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
// NULL with ES_ERROR_CORRUPT for a file that does not tell id, key and start.
EsCall *es_spool_load(const char *path, EsSpoolMoments *moments, GError **error);
// After the row is committed.
void es_spool_forget(EsSpool *spool, const char *id);
