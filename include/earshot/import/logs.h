// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The telephone system's own records, joined to the calls of the library: its queue log, its call detail
// records. A value that changes is kept in history; a call that no row knows becomes one without a recording.
// What was read before changes nothing. Both commit in small transactions of their own.
#pragma once

#include "earshot/import/cdr.h"
#include "earshot/index/index.h"

typedef struct {
  const char *const *files; // NULL-terminated; "-" is standard input; queue logs may be packed by gzip
  const char *timezone;     // as in EsCdrOptions
  const char *actor;        // who imports, for the history
  gint64 now_us;
  const gint *stop; // set to non-zero (atomically) to end early; may be NULL
  void (*warning)(const char *message, gpointer user_data);
  void (*progress)(guint64 done, guint64 total, gpointer user_data); // lines, then calls; may be NULL
  gpointer user_data;
} EsLogsOptions;

typedef struct {
  guint64 lines, wrong_lines; // of the files: lines or rows
  guint64 new_lines;          // of a queue log: that were not there before
  guint64 calls;              // that the files tell of
  guint64 joined;             // of them: to a row with a recording
  guint64 made;               // became a row without one
  guint64 changed;            // rows that changed
  guint64 ambiguous;          // several recordings fit, or one lies near; so none was taken
  gboolean stopped;
} EsLogsStats;

// What the files say of one queue.
typedef struct {
  char *queue;
  guint64 offered, answered, abandoned;
  guint64 timed_out, left_by_key, left_empty;
  guint64 rung; // attempts that nobody answered
  guint64 transferred;
  guint64 waits; // calls whose waiting is known
  gint64 wait_ms, longest_wait_ms;
  guint64 recorded, unrecorded; // calls with and without a recording in the library
} EsQueueSummary;

// queues gets EsQueueSummary, by name; caller unrefs. stats is filled in either case.
gboolean es_queue_log_import(EsIndex *index, const EsLogsOptions *options, EsLogsStats *stats,
                             GPtrArray **queues, GError **error);
gboolean es_cdr_import(EsIndex *index, const EsLogsOptions *options, EsLogsStats *stats, GError **error);

// Lays what the queue log knows over a call that is about to be stored (its pbx_id and started_us are known).
gboolean es_queue_log_apply(EsIndex *index, EsCall *call, GError **error);
