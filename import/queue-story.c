// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The events of one call in order. A call may pass several queues; waiting is the sum. The log's own figures
// (seconds waited) count before the difference of its moments. Where the beginning lies in a file that was
// not read, what the end says of it is taken.
#include "queue-story.h"

#include "channel.h"
#include "earshot/index/fold.h"
#include "queue-line.h"
#include "uniqueid.h"

#include <string.h>

#define MOST_STRETCHES 64 // a log may be wrong, and each is held against each segment
#define MOST_MOMENTS 500
#define BEFORE_QUEUE_US (3600 * ES_US_PER_S) // a call may listen to menus that long before it queues

typedef struct {
  EsQueueStory *story;
  GHashTable *directory;
  gint64 entered_us;  // the queue it waits in; ES_UNKNOWN: in none
  gint64 wait_ms;     // what is known of it
  gboolean waited;    // at all
  gboolean wait_lost; // one of the waits is not known, so the sum is not
  gboolean connected, talking;
} Reader;

static void stretch_clear(gpointer data) {
  EsStretch *stretch = data;
  g_free(stretch->agent);
  g_free(stretch->agent_name);
  g_free(stretch->queue);
}

static void moment_clear(gpointer data) {
  g_free(((EsQueueMoment *)data)->detail);
}

void es_queue_story_free(EsQueueStory *story) {
  if (!story)
    return;
  g_array_unref(story->stretches);
  g_array_unref(story->moments);
  g_free(story->pbx_id);
  g_free(story->caller);
  g_free(story->did);
  g_free(story->queue);
  g_free(story);
}

static void add_moment(Reader *r, const EsQueueEvent *event, const char *kind, const char *detail) {
  if (r->story->moments->len == MOST_MOMENTS)
    return;
  EsQueueMoment moment = {event->at_us, kind, g_strdup(detail)};
  g_array_append_val(r->story->moments, moment);
}

static void set(char **text, char *value) {
  g_free(*text);
  *text = value;
}

// "PJSIP/2001", "Local/2001@from-queue/n", "2001", or a person's name.
static char *extension_of(const Reader *r, const char *agent) {
  char *endpoint = es_channel_endpoint(agent);
  if (endpoint)
    return endpoint;
  if (es_endpoint_is_extension(agent))
    return g_strdup(agent);
  g_autofree char *folded = es_fold(agent);
  return r->directory ? g_strdup(g_hash_table_lookup(r->directory, g_strstrip(folded))) : NULL;
}

static char *who(const Reader *r, const char *agent) {
  char *extension = extension_of(r, agent);
  return extension ? extension : g_strdup(agent);
}

// ---- waiting

static void end_wait(Reader *r, const EsQueueEvent *event, gint64 waited_ms) {
  if (waited_ms == ES_UNKNOWN && r->entered_us != ES_UNKNOWN)
    waited_ms = MAX(event->at_us - r->entered_us, 0) / ES_US_PER_MS;
  if (r->story->entered_us == ES_UNKNOWN)
    r->story->entered_us = event->at_us - MAX(waited_ms, 0) * ES_US_PER_MS;
  r->wait_ms += MAX(waited_ms, 0);
  r->wait_lost |= waited_ms == ES_UNKNOWN;
  r->waited = TRUE;
  r->entered_us = ES_UNKNOWN;
}

static void enter(Reader *r, const EsQueueEvent *event) {
  EsQueueStory *story = r->story;
  if (story->entered_us == ES_UNKNOWN)
    story->entered_us = event->at_us;
  r->wait_lost |= r->entered_us != ES_UNKNOWN; // when it left the queue before nobody wrote
  r->entered_us = event->at_us;
  set(&story->queue, g_strdup(event->queue));
  char *caller = es_queue_data(event, 1);
  if (caller)
    set(&story->caller, caller);
  story->disposition = NULL;
  story->ended_us = ES_UNKNOWN;
  story->caller_left = FALSE;
  r->talking = FALSE;
  add_moment(r, event, "queue-enter", event->queue);
}

static guint count_fields(const EsQueueEvent *event) {
  g_auto(GStrv) fields = g_strsplit(event->data, "|", 0);
  guint count = g_strv_length(fields);
  while (count > 0 && !*fields[count - 1])
    count--;
  return count;
}

// The last field is seconds waited where there are as many as the present Asterisk writes.
static void leave(Reader *r, const EsQueueEvent *event, guint fields, const char *kind, const char *detail) {
  end_wait(r, event, count_fields(event) >= fields ? es_queue_seconds(event, 0) : ES_UNKNOWN);
  add_moment(r, event, kind, detail);
}

// ---- talking

static void begin_stretch(Reader *r, const EsQueueEvent *event, gint64 start_us) {
  r->connected = r->talking = TRUE;
  r->story->disposition = "answered";
  if (r->story->stretches->len == MOST_STRETCHES)
    return;
  EsStretch stretch = {.queue = g_strdup(event->queue), .start_us = start_us, .end_us = ES_UNKNOWN};
  stretch.agent = extension_of(r, event->agent);
  if (!stretch.agent)
    stretch.agent_name = g_strdup(event->agent);
  g_array_append_val(r->story->stretches, stretch);
}

static void connect_agent(Reader *r, const EsQueueEvent *event) {
  g_auto(GStrv) fields = g_strsplit(event->data, "|", 2);
  guint64 seconds;
  gboolean known = fields[0] && g_ascii_string_to_unsigned(fields[0], 10, 0, 604800, &seconds, NULL);
  end_wait(r, event, known ? (gint64)seconds * 1000 : ES_UNKNOWN);
  begin_stretch(r, event, event->at_us);
  g_autofree char *agent = who(r, event->agent);
  add_moment(r, event, "queue-connect", agent);
}

// The last three fields are seconds waited, seconds talked, position; old ones lack the position.
static void end_stretch(Reader *r, const EsQueueEvent *event, gboolean with_position) {
  gint64 talked_ms = es_queue_seconds(event, with_position ? 1 : 0);
  if (!r->talking) {
    gint64 connected_us = event->at_us - MAX(talked_ms, 0) * ES_US_PER_MS;
    EsQueueEvent answer = *event;
    answer.at_us = connected_us;
    end_wait(r, &answer, es_queue_seconds(event, with_position ? 2 : 1));
    begin_stretch(r, event, connected_us);
  }
  EsStretch *last = &g_array_index(r->story->stretches, EsStretch, r->story->stretches->len - 1);
  last->end_us = event->at_us;
  r->talking = FALSE;
}

static void complete(Reader *r, const EsQueueEvent *event) {
  end_stretch(r, event, count_fields(event) >= 3);
  r->story->ended_us = event->at_us;
  r->story->caller_left = strcmp(event->event, "COMPLETECALLER") == 0;
}

// To whom the event tells; no stretch follows from it, since the number may be a queue, a menu or a phone
// that nobody picks up. Blind ones name extension and context first.
static void transfer(Reader *r, const EsQueueEvent *event, gboolean names_number) {
  end_stretch(r, event, count_fields(event) >= 5 || !names_number);
  g_autofree char *number = names_number ? es_queue_data(event, 0) : NULL;
  add_moment(r, event, "queue-transfer", number);
}

// ---- one event

static void ring(Reader *r, const EsQueueEvent *event, const char *kind) {
  g_autofree char *agent = who(r, event->agent);
  add_moment(r, event, kind, agent);
}

// Left without an answer. Who was answered before, in another queue, was answered.
static void unanswered(Reader *r, const EsQueueEvent *event, guint fields, const char *kind,
                       const char *detail, const char *disposition) {
  leave(r, event, fields, kind, detail);
  r->story->disposition = r->connected ? "answered" : disposition;
}

static void take_exit(Reader *r, const EsQueueEvent *event) {
  g_autofree char *key = es_queue_data(event, 0);
  if (strcmp(event->event, "ABANDON") == 0) {
    unanswered(r, event, 3, "queue-abandon", event->queue, "abandoned");
    r->story->ended_us = event->at_us;
    r->story->caller_left = TRUE;
  } else if (strcmp(event->event, "EXITWITHKEY") == 0)
    unanswered(r, event, 4, "queue-key", key, "missed");
  else if (strcmp(event->event, "EXITEMPTY") == 0)
    unanswered(r, event, 3, "queue-empty", event->queue, "missed");
  else
    unanswered(r, event, 3, "queue-timeout", event->queue, "missed");
}

static void take(Reader *r, const EsQueueEvent *event) {
  const char *name = event->event;
  if (strcmp(name, "ENTERQUEUE") == 0)
    enter(r, event);
  else if (strcmp(name, "DID") == 0)
    set(&r->story->did, es_queue_data(event, 0));
  else if (strcmp(name, "RINGNOANSWER") == 0)
    ring(r, event, "ring-no-answer");
  else if (strcmp(name, "RINGCANCELED") == 0)
    ring(r, event, "ring-canceled");
  else if (strcmp(name, "CONNECT") == 0)
    connect_agent(r, event);
  else if (strcmp(name, "COMPLETEAGENT") == 0 || strcmp(name, "COMPLETECALLER") == 0)
    complete(r, event);
  else if (strcmp(name, "TRANSFER") == 0 || strcmp(name, "BLINDTRANSFER") == 0)
    transfer(r, event, TRUE);
  else if (strcmp(name, "ATTENDEDTRANSFER") == 0)
    transfer(r, event, FALSE);
  else if (strcmp(name, "ABANDON") == 0 || g_str_has_prefix(name, "EXIT"))
    take_exit(r, event);
  else
    return;
  if (!r->story->queue)
    r->story->queue = g_strdup(event->queue);
}

EsQueueStory *es_queue_story_new(const GPtrArray *events, GHashTable *directory) {
  EsQueueStory *story = g_new0(EsQueueStory, 1);
  story->started_us = story->entered_us = story->ended_us = story->wait_ms = ES_UNKNOWN;
  story->stretches = g_array_new(FALSE, FALSE, sizeof(EsStretch));
  story->moments = g_array_new(FALSE, FALSE, sizeof(EsQueueMoment));
  g_array_set_clear_func(story->stretches, stretch_clear);
  g_array_set_clear_func(story->moments, moment_clear);
  Reader r = {.story = story, .directory = directory, .entered_us = ES_UNKNOWN};
  for (guint i = 0; i < events->len; i++) {
    const EsQueueEvent *event = g_ptr_array_index(events, i);
    if (!story->pbx_id)
      story->pbx_id = g_strdup(event->pbx_id);
    take(&r, event);
  }
  if (r.waited && !r.wait_lost && r.entered_us == ES_UNKNOWN)
    story->wait_ms = r.wait_ms;
  gint64 made_us;
  gboolean carries = es_uniqueid_read(story->pbx_id, &made_us) && made_us <= story->entered_us &&
                     story->entered_us - made_us < BEFORE_QUEUE_US;
  story->started_us = carries ? made_us : story->entered_us;
  return story;
}
