// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A trainer's playlist (docs/coaching-pack.md): which calls or parts of calls, in which order, with which
// words.
//
//   title: Angry callers, week 47
//   text: Listen to how the first half minute decides the rest.
//
//   5a1c04de 1:05-1:40
//     Mona apologises before she explains.
//   019a9f00-…
//     The whole call.
#pragma once

#include <glib.h>

typedef struct {
  char *id;                // as written: an id, its beginning or its end
  gint64 start_ms, end_ms; // of the recording; ES_UNKNOWN both for the whole call
  char *text;              // NULL if none
  guint line;
} EsPlaylistEntry;

typedef struct {
  char *name;         // of the file, for messages
  char *title, *text; // NULL if none
  GPtrArray *entries; // of EsPlaylistEntry, in order
} EsPlaylist;

// Errors: "<file>:<line>: what", ES_ERROR_INVALID. At most 500 entries.
EsPlaylist *es_playlist_parse(const char *name, const char *text, GError **error);
void es_playlist_free(EsPlaylist *playlist);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsPlaylist, es_playlist_free)
