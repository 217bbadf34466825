// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include "channel.h"
#include "earshot/index/fold.h"

#include <string.h>

#define OFFSET_SLACK_MS 2000

static void set(char **text, const char *value) {
  if (g_strcmp0(*text, value) == 0)
    return;
  g_free(*text);
  *text = g_strdup(value);
}

static void give(char **text, const char *value) {
  if (!*text && value)
    *text = g_strdup(value);
}

EsCall *es_facts_copy(const EsCall *call) {
  EsCall *copy = es_call_new();
  set(&copy->pbx_id, call->pbx_id);
  set(&copy->client, call->client);
  set(&copy->direction, call->direction);
  set(&copy->caller, call->caller);
  set(&copy->callee, call->callee);
  set(&copy->caller_name, call->caller_name);
  set(&copy->disposition, call->disposition);
  set(&copy->outcome_reason, call->outcome_reason);
  copy->started_us = call->started_us;
  copy->answered_us = call->answered_us;
  copy->ended_us = call->ended_us;
  copy->duration_ms = call->duration_ms;
  copy->wait_ms = call->wait_ms;
  copy->audio_ms = call->audio_ms;
  copy->audio_offset_ms = call->audio_offset_ms;
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *from = g_ptr_array_index(call->segments, i);
    EsSegment *to = es_segment_new();
    to->agent = g_strdup(from->agent);
    to->agent_name = g_strdup(from->agent_name);
    to->team = g_strdup(from->team);
    to->queue = g_strdup(from->queue);
    to->start_ms = from->start_ms;
    to->end_ms = from->end_ms;
    g_ptr_array_add(copy->segments, to);
  }
  for (guint i = 0; call->events && i < call->events->len; i++) {
    const EsCallEvent *event = g_ptr_array_index(call->events, i);
    g_ptr_array_add(copy->events, es_call_event_new(event->at_ms, event->kind, event->leg, event->detail));
  }
  return copy;
}

// ---- segments: those of the call, and the stretches that a log has

typedef struct {
  EsCall *call;
  guint had;    // segments that were there before
  guint64 used; // bits of those that a stretch was laid on (the first 64)
  gboolean keep_order;
} Laying;

static gboolean same_name(const char *a, const char *b) {
  if (!a || !b)
    return FALSE;
  g_autofree char *x = es_fold(a), *y = es_fold(b);
  return strcmp(x, y) == 0;
}

static gboolean is_of(const EsSegment *segment, const EsSegment *stretch) {
  if (stretch->agent && segment->agent)
    return strcmp(stretch->agent, segment->agent) == 0;
  return same_name(stretch->agent_name, segment->agent_name) ||
         same_name(stretch->agent_name, segment->agent);
}

static gboolean is_free(const Laying *l, guint i) {
  return i < 64 && !(l->used & (G_GUINT64_CONSTANT(1) << i));
}

static gint64 distance(const EsSegment *segment, const EsSegment *stretch) {
  return ABS(segment->start_ms - stretch->start_ms);
}

// The nearest one with that agent; else one that nobody has; else the only one, which was a guess about the
// whole call.
static int find_place(const Laying *l, const EsSegment *stretch) {
  int best = -1;
  for (guint i = 0; i < l->had; i++) {
    const EsSegment *segment = g_ptr_array_index(l->call->segments, i);
    if (is_free(l, i) && is_of(segment, stretch) &&
        (best < 0 ||
         distance(segment, stretch) < distance(g_ptr_array_index(l->call->segments, best), stretch)))
      best = (int)i;
  }
  for (guint i = 0; best < 0 && i < l->had; i++) {
    const EsSegment *segment = g_ptr_array_index(l->call->segments, i);
    if (is_free(l, i) && !segment->agent && !segment->agent_name)
      best = (int)i;
  }
  return best < 0 && l->had == 1 && is_free(l, 0) ? 0 : best;
}

static EsSegment *place(Laying *l, const EsSegment *stretch) {
  int at = find_place(l, stretch);
  if (at >= 0) {
    l->used |= G_GUINT64_CONSTANT(1) << at;
    return g_ptr_array_index(l->call->segments, at);
  }
  EsSegment *segment = es_segment_new();
  g_ptr_array_add(l->call->segments, segment);
  return segment;
}

static void lay(Laying *l, const EsSegment *stretch) {
  EsSegment *segment = place(l, stretch);
  gboolean other = !is_of(segment, stretch);
  if (other) { // another person's name and team
    g_clear_pointer(&segment->agent_name, g_free);
    g_clear_pointer(&segment->team, g_free);
    set(&segment->agent, stretch->agent);
  }
  give(&segment->agent, stretch->agent);
  give(&segment->agent_name, stretch->agent_name);
  if (stretch->queue)
    set(&segment->queue, stretch->queue);
  segment->start_ms = stretch->start_ms;
  if (stretch->end_ms != ES_UNKNOWN)
    segment->end_ms = stretch->end_ms;
}

static int in_time_order(gconstpointer a, gconstpointer b) {
  const EsSegment *x = *(const EsSegment *const *)a, *y = *(const EsSegment *const *)b;
  return x->start_ms < y->start_ms ? -1 : x->start_ms > y->start_ms;
}

static Laying begin(EsCall *call, gboolean keep_order) {
  return (Laying){call, call->segments->len, 0, keep_order};
}

static void finish(Laying *l) {
  if (!l->keep_order)
    g_ptr_array_sort(l->call->segments, in_time_order);
}

// ---- call detail records

static gboolean is_answered(const EsCall *call) {
  return g_strcmp0(call->disposition, "answered") == 0;
}

// A queue log knows when a call left the queue; when it ended the records know.
static void know_moment(gint64 *value, gint64 noted, gboolean better) {
  if (noted != ES_UNKNOWN && (better || *value == ES_UNKNOWN))
    *value = noted;
}

void es_facts_place_audio(EsCall *call) {
  if (call->audio_ms == ES_UNKNOWN)
    return;
  gint64 rest_ms = (call->ended_us - call->answered_us) / ES_US_PER_MS;
  gboolean at_answer = call->answered_us != ES_UNKNOWN && call->audio_ms <= rest_ms + OFFSET_SLACK_MS;
  call->audio_offset_ms = at_answer ? (call->answered_us - call->started_us) / ES_US_PER_MS : 0;
}

static int find_guess(const EsCall *call) {
  for (guint i = 0; call->events && i < call->events->len; i++) {
    const EsCallEvent *event = g_ptr_array_index(call->events, i);
    if (strcmp(event->kind, "guessed") == 0 && g_strcmp0(event->detail, ES_GUESSED_TIMES) == 0)
      return (int)i;
  }
  return -1;
}

// Guessed times of a call that nobody answered are none; of the others the conversation lasts to the end.
static void settle_guess(EsCall *call) {
  gboolean answered = is_answered(call);
  if (!answered)
    call->answered_us = ES_UNKNOWN;
  call->duration_ms = !answered || call->answered_us == ES_UNKNOWN || call->ended_us == ES_UNKNOWN
                          ? ES_UNKNOWN
                          : MAX(call->ended_us - call->answered_us, 0) / ES_US_PER_MS;
  es_facts_place_audio(call);
}

static void take_times(EsCall *call, const EsCall *cdr, gboolean only_noted) {
  int guess = find_guess(call);
  gboolean better = only_noted || guess >= 0;
  know_moment(&call->answered_us, cdr->answered_us, better);
  know_moment(&call->ended_us, cdr->ended_us, better);
  know_moment(&call->duration_ms, cdr->duration_ms, better);
  if (guess < 0)
    return;
  if (cdr->answered_us != ES_UNKNOWN && cdr->ended_us != ES_UNKNOWN) {
    g_ptr_array_remove_index(call->events, (guint)guess);
    es_facts_place_audio(call);
  } else {
    settle_guess(call);
  }
}

void es_facts_cdr(EsCall *call, const EsCall *cdr, gboolean keep_order) {
  give(&call->pbx_id, cdr->pbx_id);
  give(&call->caller, cdr->caller);
  gboolean inbound = g_str_equal(cdr->direction, "inbound") && es_endpoint_is_extension(call->callee);
  if (inbound && cdr->callee && !es_endpoint_is_extension(cdr->callee)) // a file's name may name the queue
    set(&call->callee, cdr->callee);
  give(&call->callee, cdr->callee);
  give(&call->caller_name, cdr->caller_name);
  gboolean only_noted = g_strcmp0(call->outcome_reason, ES_REASON_NO_RECORDING) == 0;
  if (strcmp(call->direction, "unknown") == 0 || (only_noted && strcmp(cdr->direction, "unknown") != 0))
    set(&call->direction, cdr->direction);
  if (strcmp(call->client, "default") == 0)
    set(&call->client, cdr->client);
  if (!call->disposition || is_answered(call) != is_answered(cdr))
    set(&call->disposition, cdr->disposition);
  take_times(call, cdr, only_noted);
  gint64 shift_ms = (cdr->started_us - call->started_us) / ES_US_PER_MS;
  Laying l = begin(call, keep_order);
  for (guint i = 0; i < cdr->segments->len; i++) {
    EsSegment stretch = *(const EsSegment *)g_ptr_array_index(cdr->segments, i);
    stretch.start_ms = MAX(stretch.start_ms + shift_ms, 0);
    if (stretch.end_ms != ES_UNKNOWN)
      stretch.end_ms = MAX(stretch.end_ms + shift_ms, 0);
    lay(&l, &stretch);
  }
  finish(&l);
}

// ---- the queue log

static gint64 from_start(const EsCall *call, gint64 at_us) {
  return at_us == ES_UNKNOWN ? ES_UNKNOWN : MAX(at_us - call->started_us, 0) / ES_US_PER_MS;
}

// Nobody answered: the queue it waited in.
static void lay_waiting(Laying *l, const EsQueueStory *story) {
  EsCall *call = l->call;
  if (call->segments->len == 0) {
    EsSegment *waited = es_segment_new();
    g_ptr_array_add(call->segments, waited);
  }
  EsSegment *last = g_ptr_array_index(call->segments, call->segments->len - 1);
  give(&last->queue, story->queue);
  if (last->end_ms == ES_UNKNOWN || find_guess(call) >= 0)
    last->end_ms = from_start(call, story->ended_us != ES_UNKNOWN ? story->ended_us : call->ended_us);
}

static void lay_stretches(EsCall *call, const EsQueueStory *story, gboolean keep_order) {
  Laying l = begin(call, keep_order);
  for (guint i = 0; i < story->stretches->len; i++) {
    const EsStretch *from = &g_array_index(story->stretches, EsStretch, i);
    EsSegment stretch = {.agent = from->agent,
                         .agent_name = from->agent_name,
                         .queue = from->queue,
                         .start_ms = from_start(call, from->start_us),
                         .end_ms = from_start(call, from->end_us)};
    if (stretch.end_ms == ES_UNKNOWN && i + 1 == story->stretches->len)
      stretch.end_ms = from_start(call, call->ended_us);
    lay(&l, &stretch);
  }
  if (story->stretches->len == 0 && story->queue)
    lay_waiting(&l, story);
  finish(&l);
}

static gboolean is_ours(const char *kind) {
  return g_str_has_prefix(kind, "queue-") || g_str_has_prefix(kind, "ring-");
}

static int in_event_order(gconstpointer a, gconstpointer b) {
  const EsCallEvent *x = *(const EsCallEvent *const *)a, *y = *(const EsCallEvent *const *)b;
  return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static void lay_events(EsCall *call, const EsQueueStory *story) {
  for (guint i = call->events->len; i-- > 0;) {
    const EsCallEvent *event = g_ptr_array_index(call->events, i);
    if (is_ours(event->kind))
      g_ptr_array_remove_index(call->events, i);
  }
  for (guint i = 0; i < story->moments->len; i++) {
    const EsQueueMoment *moment = &g_array_index(story->moments, EsQueueMoment, i);
    g_ptr_array_add(call->events,
                    es_call_event_new(from_start(call, moment->at_us), moment->kind, -1, moment->detail));
  }
  g_ptr_array_sort(call->events, in_event_order); // stable: GLib sorts by merging
}

// Whether somebody took the call after the queue had given it up.
static gboolean was_taken(const EsCall *call) {
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *segment = g_ptr_array_index(call->segments, i);
    if (segment->agent || segment->agent_name)
      return is_answered(call);
  }
  return FALSE;
}

void es_facts_queue(EsCall *call, const EsQueueStory *story, gboolean keep_order) {
  give(&call->caller, story->caller);
  if (story->did && (!call->callee || es_endpoint_is_extension(call->callee))) // records may name the queue
    set(&call->callee, story->did);
  gboolean guessed = find_guess(call) >= 0;
  if (call->ended_us == ES_UNKNOWN || (guessed && story->ended_us != ES_UNKNOWN))
    call->ended_us = story->ended_us;
  if (story->wait_ms != ES_UNKNOWN)
    call->wait_ms = story->wait_ms;
  gboolean left = g_strcmp0(story->disposition, "missed") == 0;
  if (story->disposition && !(left && was_taken(call)))
    set(&call->disposition, story->disposition);
  if (guessed)
    settle_guess(call);
  lay_stretches(call, story, keep_order);
  lay_events(call, story);
}

EsCall *es_facts_of_story(const EsQueueStory *story) {
  EsCall *call = es_call_new();
  call->pbx_id = g_strdup(story->pbx_id);
  call->started_us = story->started_us;
  if (story->caller && !es_endpoint_is_extension(story->caller)) // a colleague may queue too
    set(&call->direction, "inbound");
  es_facts_queue(call, story, FALSE);
  return call;
}
