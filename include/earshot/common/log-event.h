// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a running recorder says of itself: one table of events, each with a name, a priority, an id by which
// journals find it, and what to do about it.
#pragma once

#include <glib.h>

typedef enum {
  ES_LOG_STARTED,
  ES_LOG_STOPPED,
  ES_LOG_FAILED,
  ES_LOG_RELOADED,
  ES_LOG_RELOAD_FAILED,
  ES_LOG_REPAIRED,
  ES_LOG_PACKETS_DROPPED,
  ES_LOG_SIP_LOST,
  ES_LOG_FRAGMENTS,
  ES_LOG_LINK_UNREAD,
  ES_LOG_STREAMS_STRAY,
  ES_LOG_CLOCK_SET,
  ES_LOG_CALL_INCOMPLETE,
  ES_LOG_CALLS_INCOMPLETE,
  ES_LOG_CALL_LOST,
  ES_LOG_SESSIONS_REFUSED,
  ES_LOG_JOURNAL_FAILING,
  ES_LOG_JOURNAL_WORKS,
  ES_LOG_JOURNAL_FULL,
  ES_LOG_JOURNAL_UNREADABLE,
  ES_LOG_FILE_UNFLUSHED,
  ES_LOG_UNWRITTEN,
  ES_LOG_INDEX_FAILING,
  ES_LOG_INDEX_WORKS,
  ES_LOG_REFUSED,
  ES_LOG_EFFORT_LEAST,
  ES_LOG_DEFERRED,
  ES_LOG_CAUGHT_UP,
  ES_LOG_OVERLOAD,
  ES_LOG_OVERLOAD_OVER,
  ES_LOG_DESCRIPTORS_SHORT,
  ES_LOG_DESCRIPTORS_FREE,
  ES_LOG_UNFINISHED,
  ES_LOG_CONTROL_FAILED,
  ES_LOG_ALERT_FAILED,
  ES_LOG_PREDECESSOR,
  ES_LOG_OTHER,
  ES_LOG_EVENTS // how many
} EsLogEvent;

typedef struct {
  const char *name;
  int priority;           // of syslog: 2 critical, 3 error, 4 warning, 5 notice, 6 information
  const char *message_id; // 128 bits in hex
  const char *advice;     // marked for translation; NULL: there is nothing to do
} EsLogEventInfo;

// Static.
const EsLogEventInfo *es_log_event_info(EsLogEvent event);
