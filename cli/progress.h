// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A line that tells how far a run is: on standard error, where that is a terminal, written over itself. And
// the line of what came of it.
#pragma once

#include <glib.h>

typedef struct {
  gboolean live; // standard error is a terminal
  gboolean open; // a line stands there
  gint64 drawn_us;
} EsProgress;

void es_progress_init(EsProgress *progress);
// Whether it is time to draw: ten times a second, never without a terminal.
gboolean es_progress_due(EsProgress *progress);
void es_progress_draw(EsProgress *progress, const char *line);
// Takes the line away, so that something else can be printed.
void es_progress_close(EsProgress *progress);
void es_progress_warn(EsProgress *progress, const char *message);

// Adds ", 5 of these" to a summary unless n is 0.
void es_summary_add(GString *text, gint64 n, const char *format, ...) G_GNUC_PRINTF(3, 4);
