// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the steps of a coaching pack share. The order: select → audio → JSON, table, page → place.
#pragma once

#include "earshot/common/json.h"
#include "earshot/qa/pack.h"
#include "pack-mask.h"

typedef struct {
  gint64 start_ms, end_ms; // of the call's recording
  char *file;              // in the pack, "audio/1f2e3d4c.opus"
  char *sha256;            // of that file
} PackClip;

typedef struct {
  EsCall *call;
  char *stem;             // of its file names: as many of the id's last digits as make it unique in the pack
  GPtrArray *flags;       // of EsFlag, active, of the pack's name
  GPtrArray *notes;       // of EsNote
  GPtrArray *evaluations; // of EsEvaluation, oldest first
  GPtrArray *clips;       // of PackClip, by start; filled by pack_write_audio
  GPtrArray *entries; // of EsPlaylistEntry, borrowed: those of the playlist that mean this call; else empty
} PackCall;

typedef struct {
  EsIndex *index;
  const EsPackOptions *options;
  const char *language;  // "en" or "ar"
  const char *directory; // being filled
  PackMask *mask;
  GPtrArray *calls; // of PackCall, newest first, or in the playlist's order
  EsPackResult *result;
} Pack;

void pack_clip_free(gpointer clip);
void pack_leave_out(Pack *pack, const char *id, const char *reason);

// Fills pack->calls with what the filter finds and consent allows, result->left_out with the rest.
gboolean pack_select(Pack *pack, GError **error);
// Fails if consent for a selected call has changed since pack_select.
gboolean pack_check_again(Pack *pack, GError **error);

// Writes audio/ and fills clips; calls without any usable audio move from pack->calls to left_out.
gboolean pack_write_audio(Pack *pack, GError **error);

// What calls.json holds and the page shows.
JsonNode *pack_json(const Pack *pack);
// One evaluation within it, its rubric's texts in the pack's language.
JsonObject *pack_evaluation_json(const Pack *pack, const EsEvaluation *evaluation);
// calls.csv. Caller frees.
char *pack_csv(const Pack *pack);
// index.html around the JSON. Caller frees.
char *pack_page(const Pack *pack, JsonNode *json);

// Packs a directory's files into a new ZIP file.
gboolean pack_zip(const char *directory, const char *zip_path, gint64 now_us, GError **error);

// A text that people wrote or that names them, masked.
void pack_json_text(const Pack *pack, JsonObject *object, const char *name, const char *text);
