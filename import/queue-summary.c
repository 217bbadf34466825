// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "queue-summary.h"

#include "queue-line.h"

#include <string.h>

struct EsQueueSummaries {
  GPtrArray *queues;   // of EsQueueSummary
  GHashTable *by_name; // → EsQueueSummary
  GHashTable *of_call; // pbx_id → the queue that it entered last
  GHashTable *waiting; // pbx_id → since when, in seconds
};

static void summary_free(gpointer data) {
  EsQueueSummary *summary = data;
  g_free(summary->queue);
  g_free(summary);
}

EsQueueSummaries *es_queue_summaries_new(void) {
  EsQueueSummaries *summaries = g_new0(EsQueueSummaries, 1);
  summaries->queues = g_ptr_array_new_with_free_func(summary_free);
  summaries->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  summaries->of_call = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  summaries->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return summaries;
}

static EsQueueSummary *of_queue(EsQueueSummaries *s, const char *name) {
  EsQueueSummary *summary = g_hash_table_lookup(s->by_name, name);
  if (!summary) {
    summary = g_new0(EsQueueSummary, 1);
    summary->queue = g_strdup(name);
    g_ptr_array_add(s->queues, summary);
    g_hash_table_insert(s->by_name, summary->queue, summary);
  }
  return summary;
}

static void enter(EsQueueSummaries *s, EsQueueSummary *q, const EsQueueEvent *event) {
  q->offered++;
  g_hash_table_replace(s->of_call, g_strdup(event->pbx_id), q);
  g_hash_table_replace(s->waiting, g_strdup(event->pbx_id), g_memdup2(&event->at_us, sizeof event->at_us));
}

static void end_wait(EsQueueSummaries *s, EsQueueSummary *q, const EsQueueEvent *event, gint64 waited_ms) {
  const gint64 *since_us = g_hash_table_lookup(s->waiting, event->pbx_id);
  if (waited_ms == ES_UNKNOWN && since_us)
    waited_ms = MAX(event->at_us - *since_us, 0) / ES_US_PER_MS;
  g_hash_table_remove(s->waiting, event->pbx_id);
  if (waited_ms == ES_UNKNOWN)
    return;
  q->waits++;
  q->wait_ms += waited_ms;
  q->longest_wait_ms = MAX(q->longest_wait_ms, waited_ms);
}

static gint64 first_seconds(const EsQueueEvent *event) {
  g_autofree char *text = es_queue_data(event, 0);
  guint64 seconds;
  return text && g_ascii_string_to_unsigned(text, 10, 0, 604800, &seconds, NULL) ? (gint64)seconds * 1000
                                                                                 : ES_UNKNOWN;
}

static gint64 exit_seconds(const EsQueueEvent *event, guint bars) {
  guint found = 0;
  for (const char *p = event->data; *p; p++)
    found += *p == '|';
  return found >= bars ? es_queue_seconds(event, 0) : ES_UNKNOWN;
}

void es_queue_summaries_take(EsQueueSummaries *s, const EsQueueEvent *event) {
  const struct {
    const char *event;
    gsize counter;
    guint bars; // before the seconds waited; 0: the event ends no waiting
  } events[] = {
      {"ABANDON", G_STRUCT_OFFSET(EsQueueSummary, abandoned), 2},
      {"EXITWITHTIMEOUT", G_STRUCT_OFFSET(EsQueueSummary, timed_out), 2},
      {"EXITEMPTY", G_STRUCT_OFFSET(EsQueueSummary, left_empty), 2},
      {"EXITWITHKEY", G_STRUCT_OFFSET(EsQueueSummary, left_by_key), 3},
      {"RINGNOANSWER", G_STRUCT_OFFSET(EsQueueSummary, rung), 0},
      {"RINGCANCELED", G_STRUCT_OFFSET(EsQueueSummary, rung), 0},
      {"TRANSFER", G_STRUCT_OFFSET(EsQueueSummary, transferred), 0},
      {"BLINDTRANSFER", G_STRUCT_OFFSET(EsQueueSummary, transferred), 0},
      {"ATTENDEDTRANSFER", G_STRUCT_OFFSET(EsQueueSummary, transferred), 0},
  };
  if (strcmp(event->event, "ENTERQUEUE") == 0) {
    enter(s, of_queue(s, event->queue), event);
  } else if (strcmp(event->event, "CONNECT") == 0) {
    EsQueueSummary *q = of_queue(s, event->queue);
    q->answered++;
    end_wait(s, q, event, first_seconds(event));
  }
  for (guint i = 0; i < G_N_ELEMENTS(events); i++)
    if (strcmp(event->event, events[i].event) == 0) {
      EsQueueSummary *q = of_queue(s, event->queue);
      G_STRUCT_MEMBER(guint64, q, events[i].counter)++;
      if (events[i].bars)
        end_wait(s, q, event, exit_seconds(event, events[i].bars));
    }
}

void es_queue_summaries_recorded(EsQueueSummaries *s, const char *pbx_id, gboolean recorded) {
  EsQueueSummary *q = g_hash_table_lookup(s->of_call, pbx_id);
  if (q && recorded)
    q->recorded++;
  else if (q)
    q->unrecorded++;
}

static int by_name(gconstpointer a, gconstpointer b) {
  const EsQueueSummary *x = *(const EsQueueSummary *const *)a, *y = *(const EsQueueSummary *const *)b;
  return strcmp(x->queue, y->queue);
}

GPtrArray *es_queue_summaries_free(EsQueueSummaries *s) {
  GPtrArray *queues = s->queues;
  g_ptr_array_sort(queues, by_name);
  g_hash_table_unref(s->by_name);
  g_hash_table_unref(s->of_call);
  g_hash_table_unref(s->waiting);
  g_free(s);
  return queues;
}
