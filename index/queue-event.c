// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/index/queue-event.h"
#include "index-private.h"

void es_queue_event_free(EsQueueEvent *event) {
  if (!event)
    return;
  g_free(event->pbx_id);
  g_free(event->queue);
  g_free(event->agent);
  g_free(event->event);
  g_free(event->data);
  g_free(event);
}

static void event_free(gpointer event) {
  es_queue_event_free(event);
}

gboolean es_index_add_queue_event(EsIndex *index, const EsQueueEvent *event, gboolean *added,
                                  GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "queue-event-insert", error);
  if (!s)
    return FALSE;
  es_bind_int(s, ":at_us", event->at_us);
  es_bind_text(s, ":pbx_id", event->pbx_id);
  es_bind_text(s, ":queue", event->queue);
  es_bind_text(s, ":agent", event->agent);
  es_bind_text(s, ":event", event->event);
  es_bind_text(s, ":data", event->data);
  if (!es_run(s, error))
    return FALSE;
  *added = es_db_changes(index->db) > 0;
  return TRUE;
}

static GPtrArray *read_all(EsStatement *s, GError **error) {
  g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(event_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsQueueEvent *event = g_new0(EsQueueEvent, 1);
    event->at_us = es_column_int(s, 0);
    event->pbx_id = es_column_dup(s, 1);
    event->queue = es_column_dup(s, 2);
    event->agent = es_column_dup(s, 3);
    event->event = es_column_dup(s, 4);
    event->data = es_column_dup(s, 5);
    g_ptr_array_add(events, event);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&events) : NULL;
}

GPtrArray *es_index_list_queue_events(EsIndex *index, const char *pbx_id, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "queue-event-of-call", error);
  if (!s)
    return NULL;
  es_bind_text(s, ":pbx_id", pbx_id);
  return read_all(s, error);
}

GPtrArray *es_index_list_member_events(EsIndex *index, gint64 from_us, gint64 until_us, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "queue-event-of-members", error);
  if (!s)
    return NULL;
  es_bind_int(s, ":from_us", from_us);
  es_bind_int(s, ":until_us", until_us);
  return read_all(s, error);
}
