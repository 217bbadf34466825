// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The parts of the evaluator's screen around the question (score-view.c puts them together). Each adds rows
// (of EsRow).
#pragma once

#include "row.h"
#include "score-view.h"

void es_view_add_facts(GPtrArray *rows, const EsScoreView *view, gboolean all);
void es_view_add_transport(GPtrArray *rows, const EsScoreView *view);
void es_view_add_total(GPtrArray *rows, const EsScoreView *view);
// One row: what is being typed or asked, else the answer to the last key.
void es_view_add_prompt(GPtrArray *rows, const EsScoreView *view);
void es_view_place_cursor(const EsScoreView *view, int prompt_row, int *row, int *column);
void es_view_add_keys(GPtrArray *rows, const EsScoreView *view, guint n_rows);
GPtrArray *es_view_help_rows(const EsScreen *screen);

// "yes", a label, "does not apply", or a sign that nothing was answered. Caller frees.
char *es_view_answer_text(const EsSheet *sheet, guint i);
EsStyle es_view_answer_style(const EsSheet *sheet, guint i);
