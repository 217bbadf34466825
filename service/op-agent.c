// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// agent.*: the directory.
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"

#define HOUR_US (3600 * ES_US_PER_S)

// A day that "to" names counts to its end. A time of day is that moment, at which the next person may begin.
static gboolean read_validity(const EsRequest *request, EsAgent *agent, GError **error) {
  gint64 to_us, to_length_us;
  if (!es_param_time(request, "from", &agent->from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &to_length_us, error))
    return FALSE;
  agent->until_us = to_us == ES_UNKNOWN ? ES_UNKNOWN : to_us + (to_length_us >= HOUR_US ? to_length_us : 0);
  if (agent->from_us != ES_UNKNOWN && agent->until_us != ES_UNKNOWN && agent->until_us <= agent->from_us)
    return es_request_refuse(error, "to", _("\"%s\" lies before \"%s\""), es_param_string(request, "to"),
                             es_param_string(request, "from"));
  return TRUE;
}

// An optional label; FALSE only for one that is there and wrong.
static gboolean read_label(const EsRequest *request, const char *name, char **label, GError **error) {
  const char *text = es_param_string(request, name);
  *label = text ? es_param_label(name, text, error) : NULL;
  return !text || *label;
}

static EsAgent *read_agent(const EsRequest *request, GError **error) {
  g_autoptr(EsAgent) agent = g_new0(EsAgent, 1);
  if (!read_label(request, "extension", &agent->extension, error) ||
      !read_label(request, "name", &agent->name, error) ||
      !read_label(request, "latin_name", &agent->latin_name, error) ||
      !read_label(request, "team", &agent->team, error) ||
      !read_label(request, "client", &agent->client, error) ||
      !read_label(request, "language", &agent->language, error) || !read_validity(request, agent, error))
    return NULL;
  return g_steal_pointer(&agent);
}

static gboolean run_add(EsRequest *request, GError **error) {
  g_autoptr(EsAgent) agent = read_agent(request, error);
  if (!agent || !es_index_add_agent(request->index, agent, es_request_actor(request), error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "extension", agent->extension);
  es_json_set_text(row, "name", agent->name);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam add_params[] = {
    {"extension", ES_PARAM_STRING, TRUE, N_("extension or address of record, as calls show it")},
    {"name", ES_PARAM_STRING, TRUE, N_("the person's name")},
    {"latin_name", ES_PARAM_STRING, FALSE, N_("the same name in the other script")},
    {"team", ES_PARAM_STRING, FALSE, N_("team")},
    {"client", ES_PARAM_STRING, FALSE, N_("client")},
    {"language", ES_PARAM_STRING, FALSE, N_("language")},
    {"from", ES_PARAM_STRING, FALSE, N_("valid from this day")},
    {"to", ES_PARAM_STRING, FALSE, N_("valid to the end of this day")},
    {0},
};
const EsOperation es_op_agent_add = {
    .info = {"agent.add", ES_PERMISSION_OPERATE, TRUE, N_("add a person to the directory"), add_params},
    .run = run_add,
};

static gboolean run_list(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) agents = es_index_list_agents(request->index, error);
  if (!agents)
    return FALSE;
  for (guint i = 0; i < agents->len; i++)
    es_request_row(request, es_json_agent(g_ptr_array_index(agents, i)));
  return TRUE;
}

const EsOperation es_op_agent_list = {
    .info = {"agent.list", ES_PERMISSION_LISTEN, FALSE, N_("the directory"), NULL},
    .run = run_list,
};
