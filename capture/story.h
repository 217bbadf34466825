// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that are one story carry one group_id. A call may be open, finished and not yet committed, or in the
// index already; all of them are reached.
#pragma once

#include "call-table.h"
#include "live-index.h"

typedef struct {
  const EsCallTable *table;
  GPtrArray *finished;           // of EsCall, not committed yet
  void (*settle)(gpointer data); // brings calls that are being finished into finished
  gpointer data;
  EsIndex *index;
  EsLiveIndex *live_index;
} EsStoryCalls;

// Joins an open call, which has no group, with those that the index has in this one, or will have because an
// earlier run left them.
gboolean es_story_resume(const EsStoryCalls *calls, EsLiveCall *call, const char *group, GError **error);
// Joins an open call with another one, of this id and Call-ID. Groups that both had become one.
gboolean es_story_join(const EsStoryCalls *calls, EsLiveCall *call, const char *id, const char *call_id,
                       GError **error);
