// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the rows of one call say together. A phone inside is known by its channel: two to six digits after the
// technology. The first row is the caller's; every row that was answered and reaches a phone is a stretch
// with that agent, and stretches of one agent that touch (a queue's row and the row of the way there) are
// one.
#include "cdr-private.h"
#include "channel.h"

#include <string.h>

#define TOUCHING_MS 2000

static gboolean is_answered(const EsCdrRow *row) {
  return g_str_equal(row->disposition, "answered");
}

static gboolean is_app(const EsCdrRow *row, const char *app) {
  return row->last_app && g_ascii_strcasecmp(row->last_app, app) == 0;
}

static char *extension_of(const char *channel) {
  g_autofree char *endpoint = es_channel_endpoint(channel);
  return es_endpoint_is_extension(endpoint) ? g_steal_pointer(&endpoint) : NULL;
}

// "s", "h", "t" are places of the dial plan, not numbers that somebody dialled.
static const char *dialled(const GPtrArray *rows) {
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    if (row->dst && strlen(row->dst) > 1)
      return row->dst;
  }
  return NULL;
}

static const char *did_of(const GPtrArray *rows) {
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    if (row->did)
      return row->did;
  }
  return NULL;
}

static char *queue_of(const EsCdrRow *row) {
  if (row->queue)
    return g_strdup(row->queue);
  if (!is_app(row, "Queue") || !row->last_data)
    return NULL;
  char *queue = g_strndup(row->last_data, strcspn(row->last_data, ",|"));
  if (!*g_strstrip(queue))
    g_clear_pointer(&queue, g_free);
  return queue;
}

static const char *direction_of(const GPtrArray *rows) {
  const EsCdrRow *first = g_ptr_array_index(rows, 0);
  if (first->direction)
    return first->direction;
  if (did_of(rows))
    return "inbound";
  if (!first->channel)
    return "unknown";
  g_autofree char *from = extension_of(first->channel);
  if (!from)
    return "inbound";
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    g_autofree char *to = es_channel_endpoint(row->dst_channel);
    if (to)
      return es_endpoint_is_extension(to) ? "internal" : "outbound";
  }
  const char *number = dialled(rows);
  return !number ? "unknown" : es_endpoint_is_extension(number) ? "internal" : "outbound";
}

// Whose phone a row is about: the one that was reached; of a call to outside the one that dialled.
static char *agent_of(const EsCdrRow *row, const char *direction) {
  if (row->agent)
    return g_strdup(row->agent);
  return extension_of(g_str_equal(direction, "outbound") ? row->channel : row->dst_channel);
}

// ---- stretches

static gint64 from_start(const EsCall *call, gint64 at_us) {
  return at_us == ES_UNKNOWN ? ES_UNKNOWN : MAX(at_us - call->started_us, 0) / ES_US_PER_MS;
}

static EsSegment *find_touching(const EsCall *call, const char *agent, gint64 start_ms) {
  for (guint i = call->segments->len; i-- > 0;) {
    EsSegment *segment = g_ptr_array_index(call->segments, i);
    if (g_strcmp0(segment->agent, agent) == 0 &&
        (segment->end_ms == ES_UNKNOWN || start_ms <= segment->end_ms + TOUCHING_MS))
      return segment;
  }
  return NULL;
}

static void add_stretch(EsCall *call, const EsCdrRow *row) {
  g_autofree char *agent = agent_of(row, call->direction);
  if (!is_answered(row) || !agent)
    return;
  g_autofree char *queue = queue_of(row);
  gint64 start_ms = from_start(call, row->answer_us == ES_UNKNOWN ? row->start_us : row->answer_us);
  gint64 end_ms = from_start(call, row->end_us);
  EsSegment *segment = find_touching(call, agent, start_ms);
  if (!segment) {
    segment = es_segment_new();
    segment->agent = g_steal_pointer(&agent);
    segment->start_ms = start_ms;
    g_ptr_array_add(call->segments, segment);
  }
  if (!segment->queue)
    segment->queue = g_steal_pointer(&queue);
  segment->start_ms = MIN(segment->start_ms, start_ms);
  segment->end_ms = MAX(segment->end_ms, end_ms);
}

// Nobody answered: still somebody's phone rang, or the caller waited in a queue.
static void add_unanswered(EsCall *call, const GPtrArray *rows) {
  g_autofree char *agent = NULL, *queue = NULL;
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    if (!queue)
      queue = queue_of(row);
    if (!agent)
      agent = agent_of(row, call->direction);
  }
  gboolean inside = !g_str_equal(call->direction, "outbound") && es_endpoint_is_extension(call->callee);
  if (queue) // whose phone rang meanwhile is no agent of the call
    g_clear_pointer(&agent, g_free);
  else if (!agent && inside)
    agent = g_strdup(call->callee);
  if (!agent && !queue)
    return;
  EsSegment *segment = es_segment_new();
  segment->agent = g_steal_pointer(&agent);
  segment->queue = g_steal_pointer(&queue);
  segment->end_ms = from_start(call, call->ended_us);
  g_ptr_array_add(call->segments, segment);
}

// ---- the whole

// The last thing that ran was the machine's: nobody talked to anybody.
static gboolean is_machine(const EsCdrRow *row) {
  static const char *const apps[] = {"VoiceMail", "Playback",    "BackGround", "WaitExten",
                                     "Read",      "Queue",       "Hangup",     "Congestion",
                                     "Busy",      "MusicOnHold", "Wait",       "Answer"};
  for (guint i = 0; i < G_N_ELEMENTS(apps); i++)
    if (is_app(row, apps[i]))
      return TRUE;
  return FALSE;
}

// A telephone system answers before it queues: a caller who never got through the queue gave up there, or was
// sent on to where nobody is.
static const char *disposition_of(const GPtrArray *rows) {
  const EsCdrRow *last = g_ptr_array_index(rows, rows->len - 1);
  gboolean answered = FALSE, queued = FALSE, reached = FALSE, spoke = FALSE;
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    answered |= is_answered(row);
    queued |= is_app(row, "Queue");
    reached |= is_answered(row) && row->dst_channel;
    spoke |= is_answered(row) && (row->dst_channel ? !is_app(row, "VoiceMail") : !is_machine(row));
  }
  if (!answered)
    return last->disposition;
  if (queued ? reached : spoke)
    return "answered";
  return queued && is_app(last, "Queue") ? "abandoned" : "missed";
}

static void settle_times(EsCall *call, const GPtrArray *rows) {
  for (guint i = 0; i < rows->len; i++) {
    const EsCdrRow *row = g_ptr_array_index(rows, i);
    call->ended_us = MAX(call->ended_us, row->end_us);
    if (row->answer_us != ES_UNKNOWN &&
        (call->answered_us == ES_UNKNOWN || row->answer_us < call->answered_us))
      call->answered_us = row->answer_us;
  }
  if (call->answered_us != ES_UNKNOWN && call->ended_us != ES_UNKNOWN)
    call->duration_ms = MAX(call->ended_us - call->answered_us, 0) / ES_US_PER_MS;
}

static void set(char **text, const char *value) {
  g_free(*text);
  *text = g_strdup(value);
}

EsCall *es_cdr_summarise(const GPtrArray *rows) {
  const EsCdrRow *first = g_ptr_array_index(rows, 0);
  EsCall *call = es_call_new();
  call->started_us = first->start_us;
  call->pbx_id = g_strdup(first->linked_id ? first->linked_id : first->pbx_id);
  set(&call->direction, direction_of(rows));
  if (first->client)
    set(&call->client, first->client);
  call->caller = g_strdup(first->src);
  const char *did = g_str_equal(call->direction, "inbound") ? did_of(rows) : NULL;
  call->callee = g_strdup(did ? did : dialled(rows));
  call->caller_name = g_strdup(first->caller_name);
  settle_times(call, rows);
  call->disposition = g_strdup(disposition_of(rows));
  for (guint i = 0; i < rows->len; i++)
    add_stretch(call, g_ptr_array_index(rows, i));
  if (call->segments->len == 0)
    add_unanswered(call, rows);
  return call;
}
