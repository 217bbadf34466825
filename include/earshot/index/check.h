// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a check of the whole library needs of the index: its rows' files, a page at a time, so that no reading
// transaction lasts while files are read; and whether the index itself is whole.
#pragma once

#include "earshot/index/index.h"

// What a row says of its file, and the consent that its events lead to.
typedef struct {
  gint64 rowid;
  char *id, *client, *outcome;
  char *file, *file_sha256; // NULL: none
  gint64 file_bytes, audio_ms, started_us, audio_offset_ms;
  int sample_rate_hz, channels;
  char *consent_state;
  const char *consent_now;   // by all events; static
  const char *consent_first; // by those that came with the call; static
} EsFileRow;

void es_file_row_free(EsFileRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsFileRow, es_file_row_free)

typedef struct {
  gint64 from_us, until_us; // started in [from, until); ES_UNKNOWN: open
  const char *client;       // NULL: of all
  const char *id;           // whole; NULL: any
} EsFileRange;

// At most so many rows of the range after that one (0: from the first), in the order of their start; of
// EsFileRow. Caller unrefs.
GPtrArray *es_index_list_files(EsIndex *index, const EsFileRange *range, gint64 after, guint most,
                               GError **error);
// The row of this whole id; *row NULL if there is none.
gboolean es_index_get_file_row(EsIndex *index, const char *id, EsFileRow **row, GError **error);
// Whether there is a call of this whole id, and the file that its row names (NULL: none; caller frees).
gboolean es_index_find_place(EsIndex *index, const char *id, gboolean *known, char **file, GError **error);
// How many rows of the range there are, and how many bytes their files have.
gboolean es_index_sum_files(EsIndex *index, const EsFileRange *range, gint64 *rows, gint64 *bytes,
                            GError **error);

typedef enum {
  ES_INDEX_DAMAGED, // by SQLite's own check
  ES_INDEX_TORN,    // a row refers to one that is not there
  ES_INDEX_TEXT,    // full text and calls do not agree
} EsIndexProblem;
typedef void (*EsIndexProblemFunc)(EsIndexProblem kind, const char *message, gpointer user_data);

// Looks at the index as a whole; func hears of what is wrong, at most some of each kind. whole: also at what
// takes as long as reading all of it. *stop ends it early; may be NULL. FALSE when it cannot be read.
gboolean es_index_check(EsIndex *index, gboolean whole, const gint *stop, EsIndexProblemFunc func,
                        gpointer user_data, GError **error);
