// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The parts of the page that show prints, each in its own file. row is the reply of call.show.
#pragma once

#include "reply.h"
#include "screen.h"

void es_show_heading(const char *text, const EsScreen *screen);

// show-facts.c: who, when, what became of it; the ledger of each stream.
void es_show_facts(JsonObject *row, const EsScreen *screen);
void es_show_ledger(JsonObject *row, const EsScreen *screen);
// show-time.c: picture, gaps, talk-over and dead air, events, segments. all: no list is cut short.
void es_show_time_line(JsonObject *row, const EsScreen *screen, gboolean all);
// show-story.c: the calls of one story, this one among them, in order of time.
void es_show_story(JsonObject *row, const EsScreen *screen);
// show-people.c: consent, notes, flags with history, evaluations with their answers.
void es_show_people(JsonObject *row, const EsScreen *screen, gboolean all);
// show-evaluation.c: one evaluation, as score prints it, too. whole: with the answers and comments.
void es_show_evaluation(JsonObject *evaluation, gboolean whole, const EsScreen *screen);
