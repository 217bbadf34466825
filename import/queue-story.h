// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the queue log tells of one call: where it waited, who was rung, who answered, how it ended.
#pragma once

#include "earshot/index/queue-event.h"

typedef struct {
  char *agent;      // extension; NULL where only a name is known
  char *agent_name; // as the log has it, where it is no extension
  char *queue;
  gint64 start_us, end_us; // end ES_UNKNOWN: not in the log
} EsStretch;

typedef struct {
  gint64 at_us;
  const char *kind; // queue-enter, ring-no-answer, ring-canceled, queue-connect, queue-abandon,
                    // queue-timeout, queue-key, queue-empty, queue-transfer
  char *detail;     // queue, agent, key or number
} EsQueueMoment;

typedef struct {
  char *pbx_id;
  char *caller, *did, *queue; // queue: the last one
  gint64 started_us;          // the call's, by its id; else when it entered the queue
  gint64 entered_us;          // the first queue
  gint64 ended_us;            // of the whole call, where the log says; else ES_UNKNOWN
  gboolean caller_left;       // at ended_us: nothing came after it
  gint64 wait_ms;             // in all queues until somebody answered or the caller left; ES_UNKNOWN also
                              // while it waits and where one of several waits is not known
  const char *disposition;    // answered, abandoned, missed; NULL while the call is going on
  GArray *stretches;          // of EsStretch
  GArray *moments;            // of EsQueueMoment
} EsQueueStory;

// Names of agents become extensions where the directory, a table of folded name → extension, knows them; may
// be NULL. events: of EsQueueEvent, of one call, in order.
EsQueueStory *es_queue_story_new(const GPtrArray *events, GHashTable *directory);
void es_queue_story_free(EsQueueStory *story);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsQueueStory, es_queue_story_free)
