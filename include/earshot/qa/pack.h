// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The coaching pack: audio of flagged calls, a page that works offline from the file system, CSV and JSON
// (docs/coaching-pack.md).
#pragma once

#include "earshot/index/annotation.h"
#include "earshot/qa/playlist.h"

typedef struct {
  const char *flag;           // "training"; NULL with a playlist: every flag is shown
  const EsPlaylist *playlist; // its calls in its order, instead of those that flag and filter find; or NULL
  EsSearch filter;            // further criteria; its flag is set from above
  const char *output;         // a directory to make, or FILE.zip; must not exist
  gboolean ranges_only;       // cut flagged ranges out instead of whole calls
  gboolean mask_numbers;      // callers' numbers become "xxxxxxxx567", everywhere in the pack
  gboolean allow_unknown;     // export calls whose consent is unknown or requested, too
  const char *language;       // of the page: "en", "ar"
  const char *actor;
  gint64 now_us;
} EsPackOptions;

typedef struct {
  char *id;     // call
  char *reason; // "consent refused|withdrawn|expired|unknown|requested", "no audio", "audio file missing",
                // "audio damaged", "range outside audio"
} EsLeftOut;

typedef struct {
  guint calls, clips;
  gint64 audio_ms;
  GPtrArray *left_out; // of EsLeftOut
} EsPackResult;
void es_pack_result_clear(EsPackResult *result);

// All or nothing: written beside the target and renamed when complete. ES_ERROR_NOT_FOUND when nothing may be
// exported (result then still lists what was left out).
gboolean es_pack_export(EsIndex *index, const EsPackOptions *options, EsPackResult *result, GError **error);
