// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Values of stored calls that are put right: by a person, by a corrected directory, by a log of the telephone
// system. What a value was stays readable. What was measured (times, audio, ledger) is no field here.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  gint64 call;                   // rowid
  int segment;                   // -1: of the call itself
  char *field;                   // name of the member in JSON
  char *old_value, *new_value;   // NULL: not known
  char *reason, *source, *actor; // reason may be NULL
  gint64 at_us;
} EsCorrection;

// Sets one value of a call, or of one of its segments, with everything that follows from it (keys, facets,
// full text, repeats; of a segment's agent the directory's name and team), and appends what it was. Does
// nothing when the value is there already.
// segment: -1 for the call: client, direction, caller, callee, caller_name, callee_name, disposition,
// business_id, pbx_id, group_id, wait_ms, hold_ms, file; or the index of a segment (0 is made where a call
// has none): agent, agent_name, team, queue.
// value: text, of a number its digits, NULL for "not known". source: person, remap, queue-log, cdr.
// ES_ERROR_INVALID for another field, a value that it cannot have, no such segment; NOT_FOUND: no such call.
gboolean es_index_correct(EsIndex *index, gint64 call, int segment, const char *field, const char *value,
                          const char *reason, const char *source, const char *actor, gint64 at_us,
                          GError **error);
GPtrArray *es_index_list_corrections(EsIndex *index, gint64 call,
                                     GError **error); // of EsCorrection, oldest first
// Corrections of "file" among the latest 5000 whose new name the call still has.
GPtrArray *es_index_list_moved_files(EsIndex *index, GError **error);
// The file of a call; NULL where it has none.
gboolean es_index_get_file(EsIndex *index, gint64 call, char **file, GError **error);
