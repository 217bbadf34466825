// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The sheet that an interactive evaluation fills in: which question is next, what has been answered, the
// total so far, and in the end the text of an answers file. Knows nothing of the terminal.
#pragma once

#include "reply.h"

typedef struct EsSheet EsSheet;

// rubric: the reply of rubric.show; segment 0 stands for the last; audio_ms: where comments must lie,
// ES_UNKNOWN without a recording.
EsSheet *es_sheet_new(JsonObject *rubric, gint64 segment, gint64 audio_ms);
void es_sheet_free(EsSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSheet, es_sheet_free)

typedef enum {
  ES_SHEET_ANSWERED,  // went on to the next question
  ES_SHEET_BACK,      // went to the question before
  ES_SHEET_GUIDANCE,  // the guidance is wanted
  ES_SHEET_COMMENTED, // a comment on a moment or the whole call was noted
  ES_SHEET_QUIT,
  ES_SHEET_REFUSED, // not understood; *problem says why
} EsSheetAct;

// Reads one line that was typed. Digits may be Arabic-Indic.
EsSheetAct es_sheet_read(EsSheet *sheet, const char *line, char **problem);

guint es_sheet_count(const EsSheet *sheet); // questions
guint es_sheet_at(const EsSheet *sheet);    // the question that is next; es_sheet_count when all are answered
JsonObject *es_sheet_question(const EsSheet *sheet, guint i); // borrowed
const char *es_sheet_answer(const EsSheet *sheet, guint i);   // NULL if not answered yet
const char *es_sheet_note(const EsSheet *sheet, guint i);     // "" without one
guint es_sheet_answered(const EsSheet *sheet);                // how many are
guint es_sheet_first_open(
    const EsSheet *sheet); // the first without an answer; es_sheet_count if there is none
const char *es_sheet_section(const EsSheet *sheet,
                             guint i);            // title of the question's section; "" if it has none
gboolean es_sheet_is_empty(const EsSheet *sheet); // nothing answered, nothing written
// What to type for an option: its value (points, yes, no), or its number where values are longer words.
char *es_sheet_key(JsonObject *question, guint option);
// The total of what has been answered, without critical failures; NAN before the first answer that counts.
double es_sheet_total(const EsSheet *sheet);
gboolean es_sheet_critical_failed(const EsSheet *sheet);
// For screens, where every question can be reached. FALSE for a value that the question does not have ("na"
// where it always applies).
gboolean es_sheet_set(EsSheet *sheet, guint i, const char *value);
void es_sheet_set_note(EsSheet *sheet, guint i, const char *note);
void es_sheet_go(EsSheet *sheet, guint i);
// Comments on moments of the recording (at_ms), or on the whole call (ES_UNKNOWN).
void es_sheet_add_comment(EsSheet *sheet, gint64 at_ms, const char *text);
guint es_sheet_comments(const EsSheet *sheet);
const char *es_sheet_comment(const EsSheet *sheet, guint i, gint64 *at_ms); // borrowed
void es_sheet_change_comment(EsSheet *sheet, guint i, const char *text);    // "" removes it
// Goes on where a draft (the reply of evaluation.draft_get) ended.
void es_sheet_resume(EsSheet *sheet, JsonObject *draft);
// The answers file. Caller frees.
char *es_sheet_text(const EsSheet *sheet);
