// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Moments of a call worth hearing: where both talked, nobody did, or audio is missing.
#pragma once

#include "reply.h"

typedef struct {
  gint64 start_ms, length_ms;
  const char *what; // translated; static
} EsMark;

GArray *es_marks_new(JsonObject *call); // of EsMark, in order; caller unrefs
// The first that begins after a moment, or the last before it; NULL if there is none. Where to listen from is
// a second before the mark, so a listener who has just been sent there is not sent there again.
const EsMark *es_marks_find(const GArray *marks, gint64 position_ms, gboolean forward);
gint64 es_mark_listen_ms(const EsMark *mark);
