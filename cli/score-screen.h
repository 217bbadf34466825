// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Filling in a sheet on the whole screen, hearing the call meanwhile.
#pragma once

#include "score-sheet.h"
#include "screen.h"
#include "sound.h"

typedef struct {
  JsonObject *call, *rubric;
  EsSheet *sheet;
  const EsScreen *screen;
  EsSound *sound;       // NULL: there is nothing to hear
  const char *work;     // how far the list is; NULL without one
  const char *greeting; // a first message; NULL
  // Keeps the draft; what the evaluator should know is returned (caller frees), NULL if all is well.
  char *(*save)(const EsSheet *sheet, gint64 position_ms, gpointer user_data);
  gpointer user_data;
} EsDesk;

typedef enum {
  ES_DESK_STORE,  // everything is answered and confirmed
  ES_DESK_LEFT,   // the draft stays
  ES_DESK_THROWN, // the draft is to be thrown away
  ES_DESK_ENDED,  // the terminal went away or a signal came; the draft stays
} EsDeskEnd;

// FALSE with *error when the terminal cannot be taken over.
gboolean es_score_screen(const EsDesk *desk, EsDeskEnd *end, GError **error);
