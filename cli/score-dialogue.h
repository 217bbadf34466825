// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Filling in a sheet on the terminal: question after question, then a last look.
#pragma once

#include "score-sheet.h"
#include "screen.h"

typedef enum {
  ES_DIALOGUE_DONE,  // everything is answered and confirmed
  ES_DIALOGUE_QUIT,  // the person gave up
  ES_DIALOGUE_ENDED, // the input ended before that
} EsDialogueEnd;

// keep is called after everything that changed the sheet.
EsDialogueEnd es_score_dialogue(EsSheet *sheet, const EsScreen *screen, void (*keep)(gpointer user_data),
                                gpointer user_data);
