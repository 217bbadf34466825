// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who was logged in to the queues, from when until when, and paused how long: from the queue log's lines of
// log-ins, log-outs and pauses.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  char *agent;              // extension, or the name that the log has
  gint64 from_us, until_us; // ES_UNKNOWN until: still logged in; ES_UNKNOWN from: only the end was seen
  gint64 paused_ms;         // so far, of one that goes on
  guint pauses;
  char **queues; // NULL-terminated
} EsAgentSession;

// Of EsAgentSession, that overlap [from, until), in order of their start. now_us: up to when pauses that go
// on are counted.
GPtrArray *es_sessions_list(EsIndex *index, gint64 from_us, gint64 until_us, gint64 now_us, GError **error);
