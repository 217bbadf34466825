// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recordings that other systems made, into the library: found in directories, joined with their metadata,
// turned into our form by a pool of threads, written to the index by one. The originals are only read.
//
// A file is known again by the SHA-256 of what it holds: imported twice it makes one row. A run that was
// killed is gone on with by running it again.
#pragma once

#include "earshot/common/config.h"
#include "earshot/index/index.h"

typedef struct {
  const char *library;
  const EsConfig *config;   // earshot.conf: [record] bitrate, complexity, channels, dead_air, talk_over
  const char *const *paths; // files and directories, NULL-terminated
  const char *metadata;     // CSV or JSON; NULL for none
  const char *asterisk;     // monitor folder of Asterisk or FreePBX; NULL for none
  const char *cdr;          // its call detail records; NULL for none
  const char *transcripts;  // folder with FILE.vtt or FILE.json for FILE.wav; NULL: only beside the recording
  const char *left;         // role of the left channel of stereo files: agent, customer, caller, callee
  const char *timezone;     // of times that name none; NULL: this machine's
  gboolean skip_wrong;      // wrong rows of the metadata are told and left out instead of refusing all
  gboolean dry_run;         // nothing is written; finished gets what would be
  guint threads;            // 0: as many as there are processors
  const gint *stop;         // set to non-zero (atomically): what is begun is finished; may be NULL
} EsImportOptions;

typedef struct {
  guint64 files, files_done;
  guint64 bytes, bytes_done;       // of the originals
  guint64 recorded, partial, none; // calls stored, by outcome
  guint64 known;                   // imported before
  guint64 failed;                  // files that could not be imported
  guint64 wrong;                   // metadata that was left out
  guint64 transcripts;
  gboolean stopped;
} EsImportStats;

typedef struct {
  // About ten times a second and once at the end.
  void (*progress)(const EsImportStats *stats, gpointer user_data);
  // One call, after its row is committed.
  void (*finished)(const EsCall *call, gpointer user_data);
  void (*warning)(const char *message, gpointer user_data);
  gpointer user_data;
} EsImportSink;

// FALSE when the metadata is wrong (every mistake was told to warning, nothing was imported) or the library
// cannot be written; ES_ERROR_CHECK at the end when files could not be imported. What is committed stays.
gboolean es_import_run(const EsImportOptions *options, EsIndex *index, const EsImportSink *sink,
                       EsImportStats *stats, GError **error);

// Of EsCue (earshot/index/transcript.h): a transcript as WebVTT or JSON (ours, Whisper's, vCon). Errors name
// file and line.
GPtrArray *es_transcript_read(const char *path, GError **error);
// The same from text.
GPtrArray *es_transcript_parse(const char *name, const char *text, gsize length, GError **error);
