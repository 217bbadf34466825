// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The lines of a telephone system's queue log, kept as they were, and what follows from a log for the calls
// that are stored.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  gint64 at_us;
  char *pbx_id; // of the call; NONE for lines of no call
  char *queue, *agent, *event;
  char *data; // the further fields as they stood, with | between them
} EsQueueEvent;
void es_queue_event_free(EsQueueEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsQueueEvent, es_queue_event_free)

// *added is FALSE for a line that is there already.
gboolean es_index_add_queue_event(EsIndex *index, const EsQueueEvent *event, gboolean *added, GError **error);
// Of EsQueueEvent: those of one call, as they happened.
GPtrArray *es_index_list_queue_events(EsIndex *index, const char *pbx_id, GError **error);
// Of EsQueueEvent: log-ins, log-outs and pauses of all agents in [from, until), as they happened.
GPtrArray *es_index_list_member_events(EsIndex *index, gint64 from_us, gint64 until_us, GError **error);

// Of EsCall, whole: every call with that id of the telephone system, in order of their start.
GPtrArray *es_index_find_pbx_calls(EsIndex *index, const char *pbx_id, GError **error);
// Sets the segments of a call (their numbers are their order in the array) with what follows from them, and
// appends one correction of the field "segments" with what they were. *changed is FALSE when they are so
// already, and nothing is done.
gboolean es_index_set_segments(EsIndex *index, gint64 call, GPtrArray *segments, const char *reason,
                               const char *source, const char *actor, gint64 at_us, gboolean *changed,
                               GError **error);
// Sets the events of a call: of EsCallEvent.
gboolean es_index_set_events(EsIndex *index, gint64 call, const GPtrArray *events, GError **error);
// Sets the moments of answer and end, the length, and where the audio begins, that a log knows of a call that
// has none, or that only a log knows.
gboolean es_index_set_times(EsIndex *index, gint64 call, const EsCall *facts, GError **error);
