// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the evaluator's screen shows: from the state of the desk to rows of text. Knows nothing of keys, sound
// or the terminal, so that every picture of it can be tested.
#pragma once

#include "line-edit.h"
#include "score-sheet.h"
#include "screen.h"

typedef enum {
  ES_VIEW_QUESTION,
  ES_VIEW_LOOK, // the last look: every answer
  ES_VIEW_HELP,
} EsViewMode;

typedef struct {
  JsonObject *call; // reply of call.show
  JsonObject *rubric;
  const EsSheet *sheet;
  EsScreen screen; // width: columns
  int rows;
  EsViewMode mode;
  gboolean guidance;      // shown
  guint scroll;           // rows of the last look that lie above the screen
  const char *work;       // "call 7 of 12, …", NULL without a list
  const char *message;    // the answer to the last key; NULL
  const char *prompt;     // what is being typed or asked; NULL
  const EsLineEdit *edit; // NULL: the prompt takes one key
  gboolean audio;         // there is something to play
  gint64 position_ms;
  gboolean playing;
  double speed;
  const char *url; // where a browser plays it; NULL
} EsScoreView;

// The key that chooses an option on the screen: its value where that is a number, y or n for yes and no, else
// its number or the next one that is no option's value. Caller frees.
char *es_view_key(JsonObject *question, guint option);

// At most view->rows rows of at most view->screen.width cells, of char *. The cursor is at *row and *column,
// *row -1 when nothing is typed. Caller unrefs.
GPtrArray *es_score_view_draw(const EsScoreView *view, int *row, int *column);
