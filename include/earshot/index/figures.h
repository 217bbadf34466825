// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the index knows of a library as a whole: what it holds, how fast it grows, how the latest calls went;
// and whether it is whole itself.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  gint64 last_call_us;       // when the newest call started; ES_UNKNOWN when there is none
  gint64 calls, audio_ms;    // started in [from, until] of the question
  gint64 bytes;              // of all recordings
  gint64 week_bytes;         // of the recordings that started in the seven days before now
  gint64 week_recordings;    // how many those are
  gint64 first_recording_us; // when the oldest of all started; ES_UNKNOWN when there is none
} EsLibraryFigures;
gboolean es_index_library_figures(EsIndex *index, gint64 from_us, gint64 now_us, EsLibraryFigures *figures,
                                  GError **error);

// The answered calls that were captured since a moment, the newest at most ones alone.
typedef struct {
  gint64 answered;
  gint64 one_way;        // of which one leg alone has packets
  gint64 expected, lost; // RTP packets
} EsRecentMedia;
gboolean es_index_recent_media(EsIndex *index, gint64 since_us, guint most, EsRecentMedia *media,
                               GError **error);

// Calls since a moment that something happened to.
typedef struct {
  gint64 interrupted;                    // left by a recorder that was killed
  gint64 dropped_calls, dropped_packets; // while they were open the kernel dropped packets
} EsRecentTrouble;
gboolean es_index_recent_trouble(EsIndex *index, gint64 since_us, EsRecentTrouble *trouble, GError **error);

// Whether the database is whole, as far as that can be seen within a time; *problem gets the first thing that
// is wrong with it (caller frees) or NULL, *finished whether all of it was looked at.
gboolean es_index_verify(EsIndex *index, gint64 patience_ms, char **problem, gboolean *finished,
                         GError **error);
