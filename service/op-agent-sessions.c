// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// agent.sessions: who was logged in to the queues, as the queue log has it.
#include "earshot/common/i18n.h"
#include "earshot/import/sessions.h"
#include "json.h"
#include "operation.h"
#include "params.h"

static gboolean reply(EsRequest *request, const EsAgentSession *session, GError **error) {
  GError *failed = NULL;
  gint64 at_us = session->from_us != ES_UNKNOWN ? session->from_us : session->until_us;
  g_autoptr(EsAgent) agent = es_index_find_agent(request->index, session->agent, at_us, &failed);
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  gint64 until_us = session->until_us != ES_UNKNOWN ? session->until_us : request->now_us;
  gboolean known = session->from_us != ES_UNKNOWN && until_us >= session->from_us;
  JsonObject *o = json_object_new();
  es_json_set_text(o, "agent", session->agent);
  es_json_set_text(o, "agent_name", agent ? agent->name : NULL);
  es_json_set_time(o, "from", session->from_us);
  es_json_set_time(o, "until", session->until_us);
  es_json_set_ms(o, "length_ms", known ? (until_us - session->from_us) / ES_US_PER_MS : ES_UNKNOWN);
  es_json_set_ms(o, "paused_ms", session->from_us != ES_UNKNOWN ? session->paused_ms : ES_UNKNOWN);
  json_object_set_int_member(o, "pauses", session->pauses);
  es_json_set_texts(o, "queues", session->queues);
  es_request_row(request, o);
  return TRUE;
}

static gboolean run_sessions(EsRequest *request, GError **error) {
  gint64 from_us, to_us, length_us = 0;
  if (!es_param_time(request, "from", &from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &length_us, error))
    return FALSE;
  gint64 until_us = to_us == ES_UNKNOWN ? request->now_us + 1 : to_us + length_us;
  g_autoptr(GPtrArray) sessions =
      es_sessions_list(request->index, MAX(from_us, 0), until_us, request->now_us, error);
  for (guint i = 0; sessions && i < sessions->len; i++)
    if (!reply(request, g_ptr_array_index(sessions, i), error))
      return FALSE;
  return sessions != NULL;
}

static const EsParam params[] = {
    {"from", ES_PARAM_STRING, FALSE, N_("logged in then or later")},
    {"to", ES_PARAM_STRING, FALSE, N_("logged in before the end of that")},
    {0},
};
const EsOperation es_op_agent_sessions = {
    .info = {"agent.sessions", ES_PERMISSION_LISTEN, FALSE, N_("who was logged in to the queues, and paused"),
             params},
    .run = run_sessions,
};
