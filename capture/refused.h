// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows on their way into the index, of which it may refuse some for good (a constraint, a value that is too
// big): these keep no other row from it, and nothing of them is lost. spool/refused/ then has
//
//   <id>.opus   the recording, moved there
//   <id>.json   what is known of the call and why it was refused: a list of one object with the names of
//               "earshot show --json" that "earshot import --metadata" reads, so that it can be brought in
//
// and the log tells of each.
//
// Threads: one owner of the index; several of the folder.
#pragma once

#include "earshot/capture/capture.h"

#define ES_REFUSED_FOLDER "refused" // in the spool

// Puts the first n of rows (EsCall) into the index, those that it refuses into the folder. Returns how many
// of them, from the first on, are now in one or the other; *error says what keeps the next one from both.
// put gets, for each of these, whether it became a row now: else it was refused, or the row of the same call
// was there already, which is no refusal.
guint es_rows_put(EsIndex *index, const GPtrArray *rows, guint n, const EsCaptureSink *sink, gboolean *put,
                  GError **error);
