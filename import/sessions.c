// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An agent is logged in while a member of at least one queue (ADDMEMBER, REMOVEMEMBER) or by the agents'
// module (AGENTLOGIN, AGENTLOGOFF), and paused while paused in at least one. Shifts that began before the
// range are known from the lines of the day and a half before it.
#include "earshot/import/sessions.h"

#include "channel.h"
#include "earshot/index/queue-event.h"
#include "queue-line.h"

#include <string.h>

#define LOOK_BACK_US (36 * 3600 * ES_US_PER_S)
#define ALL "NONE" // the queue of a line that concerns them all

typedef struct {
  EsAgentSession *session; // NULL: not logged in
  GHashTable *joined, *paused, *queues;
  gint64 paused_since_us;
} Agent;

static void session_free(gpointer data) {
  EsAgentSession *session = data;
  g_free(session->agent);
  g_strfreev(session->queues);
  g_free(session);
}

static Agent *agent_new(void) {
  Agent *agent = g_new0(Agent, 1);
  agent->joined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  agent->paused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  agent->queues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return agent;
}

static void agent_free(gpointer data) {
  Agent *agent = data;
  g_hash_table_unref(agent->joined);
  g_hash_table_unref(agent->paused);
  g_hash_table_unref(agent->queues);
  g_free(agent);
}

static int by_text(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **sorted_names(GHashTable *queues) {
  guint n;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array(queues, &n);
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  qsort(keys, n, sizeof *keys, by_text);
  for (guint i = 0; i < n; i++)
    g_strv_builder_add(names, keys[i]);
  return g_strv_builder_end(names);
}

// ---- one agent

static void begin(Agent *agent, GPtrArray *sessions, const char *name, gint64 at_us) {
  agent->session = g_new0(EsAgentSession, 1);
  agent->session->agent = g_strdup(name);
  agent->session->from_us = at_us;
  agent->session->until_us = ES_UNKNOWN;
  agent->paused_since_us = ES_UNKNOWN;
  g_hash_table_remove_all(agent->queues);
  g_ptr_array_add(sessions, agent->session);
}

static void end_pause(Agent *agent, gint64 at_us) {
  if (agent->session && agent->paused_since_us != ES_UNKNOWN)
    agent->session->paused_ms += MAX(at_us - agent->paused_since_us, 0) / ES_US_PER_MS;
  agent->paused_since_us = ES_UNKNOWN;
}

static void end(Agent *agent, gint64 at_us) {
  end_pause(agent, at_us);
  g_hash_table_remove_all(agent->joined);
  g_hash_table_remove_all(agent->paused);
  if (agent->session) {
    agent->session->until_us = at_us;
    agent->session->queues = sorted_names(agent->queues);
  }
  agent->session = NULL;
}

static void join(Agent *agent, GPtrArray *sessions, const char *name, const EsQueueEvent *event) {
  if (!agent->session)
    begin(agent, sessions, name, event->at_us);
  g_hash_table_add(agent->joined, g_strdup(event->queue));
  if (strcmp(event->queue, ALL) != 0)
    g_hash_table_add(agent->queues, g_strdup(event->queue));
}

// A log-out whose log-in lies in a file that was not read; AGENTLOGOFF says how long it was.
static void leave(Agent *agent, GPtrArray *sessions, const char *name, const EsQueueEvent *event) {
  if (!agent->session) {
    gint64 seconds_ms = g_str_has_suffix(event->event, "LOGOFF") ? es_queue_seconds(event, 0) : ES_UNKNOWN;
    begin(agent, sessions, name,
          seconds_ms == ES_UNKNOWN ? ES_UNKNOWN : event->at_us - seconds_ms * ES_US_PER_MS);
    if (strcmp(event->queue, ALL) != 0)
      g_hash_table_add(agent->queues, g_strdup(event->queue));
  }
  g_hash_table_remove(agent->joined, event->queue);
  if (g_hash_table_size(agent->joined) == 0)
    end(agent, event->at_us);
}

// One press of the button pauses in every queue: a line for each of them, and one for all.
static void begin_pause(Agent *agent, const EsQueueEvent *event) {
  if (!agent->session)
    return;
  if (g_hash_table_size(agent->paused) == 0) {
    agent->paused_since_us = event->at_us;
    agent->session->pauses++;
  }
  g_hash_table_add(agent->paused, g_strdup(event->queue));
}

static void unpause(Agent *agent, const EsQueueEvent *event) {
  if (strcmp(event->queue, ALL) == 0)
    g_hash_table_remove_all(agent->paused);
  g_hash_table_remove(agent->paused, event->queue);
  if (g_hash_table_size(agent->paused) == 0)
    end_pause(agent, event->at_us);
}

static void take(GHashTable *agents, GPtrArray *sessions, const EsQueueEvent *event) {
  g_autofree char *endpoint = es_channel_endpoint(event->agent);
  const char *name = endpoint ? endpoint : event->agent, *kind = event->event;
  if (strcmp(name, ALL) == 0)
    return;
  Agent *agent = g_hash_table_lookup(agents, name);
  if (!agent) {
    agent = agent_new();
    g_hash_table_insert(agents, g_strdup(name), agent);
  }
  if (strcmp(kind, "ADDMEMBER") == 0 || g_str_has_suffix(kind, "LOGIN"))
    join(agent, sessions, name, event);
  else if (strcmp(kind, "REMOVEMEMBER") == 0 || g_str_has_suffix(kind, "LOGOFF"))
    leave(agent, sessions, name, event);
  else if (g_str_has_prefix(kind, "PAUSE"))
    begin_pause(agent, event);
  else if (g_str_has_prefix(kind, "UNPAUSE"))
    unpause(agent, event);
}

// ---- all

static void close_open(GHashTable *agents, gint64 now_us) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, agents);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Agent *agent = value;
    if (!agent->session)
      continue;
    end_pause(agent, now_us);
    agent->session->queues = sorted_names(agent->queues);
  }
}

static int by_start(gconstpointer a, gconstpointer b) {
  const EsAgentSession *x = *(const EsAgentSession *const *)a, *y = *(const EsAgentSession *const *)b;
  if (x->from_us != y->from_us)
    return x->from_us < y->from_us ? -1 : 1;
  return strcmp(x->agent, y->agent);
}

GPtrArray *es_sessions_list(EsIndex *index, gint64 from_us, gint64 until_us, gint64 now_us, GError **error) {
  g_autoptr(GPtrArray) events =
      es_index_list_member_events(index, MAX(from_us - LOOK_BACK_US, 0), until_us, error);
  if (!events)
    return NULL;
  g_autoptr(GHashTable) agents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, agent_free);
  GPtrArray *sessions = g_ptr_array_new_with_free_func(session_free);
  for (guint i = 0; i < events->len; i++)
    take(agents, sessions, g_ptr_array_index(events, i));
  close_open(agents, MIN(now_us, until_us));
  for (guint i = sessions->len; i-- > 0;) {
    const EsAgentSession *session = g_ptr_array_index(sessions, i);
    if (session->until_us != ES_UNKNOWN && session->until_us <= from_us)
      g_ptr_array_remove_index(sessions, i);
  }
  g_ptr_array_sort(sessions, by_start);
  return sessions;
}
