// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// agent.add, agent.end, agent.list: the directory, entry by entry.
#include "agent-fields.h"
#include "agent-place.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "params.h"

static const char *param_field(const char *name, gpointer user_data) {
  return es_param_string(user_data, name);
}

static EsAgent *read_agent(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) mistakes = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
  EsAgent *agent = es_agent_read(param_field, request, request->now_us, mistakes);
  if (!agent)
    g_propagate_error(error, g_error_copy(g_ptr_array_index(mistakes, 0)));
  return agent;
}

static gboolean run_add(EsRequest *request, GError **error) {
  g_autoptr(EsAgent) agent = read_agent(request, error);
  if (!agent || !es_agent_find_client(request, agent, error))
    return FALSE;
  if (es_param_bool(request, "replace")) {
    g_auto(EsPlacing) placing = {0};
    if (!es_agent_place(request, agent, TRUE, NULL, &placing, error))
      return FALSE;
  } else if (!es_index_add_agent(request->index, agent, es_request_actor(request), error)) {
    return FALSE;
  }
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
    {"hours", ES_PARAM_STRING, FALSE, N_("within that, only these hours: 08:00-16:00")},
    {"days", ES_PARAM_STRING, FALSE, N_("and only these days of the week: sun-thu")},
    {"replace", ES_PARAM_BOOL, FALSE, N_("end entries that share time with it")},
    {0},
};
const EsOperation es_op_agent_add = {
    .info = {"agent.add", ES_PERMISSION_OPERATE, TRUE, N_("add a person to the directory"), add_params},
    .run = run_add,
    .finish = es_agent_renew_calls,
};

// ---- end

// Entries of an extension that hold, or would, from a moment on; of one person.
static GPtrArray *find_lasting(EsRequest *request, gint64 at_us, GError **error) {
  EsAgent wanted = {.extension = (char *)es_param_string(request, "extension"),
                    .name = (char *)es_param_string(request, "name"),
                    .from_us = at_us,
                    .until_us = ES_UNKNOWN};
  g_autoptr(GPtrArray) found = es_index_overlapping_agents(request->index, &wanted, error);
  for (guint i = 0; found && wanted.name && i < found->len;)
    if (es_agent_same_person(g_ptr_array_index(found, i), &wanted))
      i++;
    else
      g_ptr_array_remove_index(found, i);
  if (!found)
    return NULL;
  if (found->len == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("nobody has %s at that time"), wanted.extension);
    return NULL;
  }
  for (guint i = 1; i < found->len; i++) {
    const EsAgent *first = g_ptr_array_index(found, 0), *other = g_ptr_array_index(found, i);
    if (!es_agent_same_person(first, other)) {
      es_request_refuse(error, "name", _("%s belongs to %s and to %s; which of them?"), wanted.extension,
                        first->name, other->name);
      return NULL;
    }
  }
  return g_steal_pointer(&found);
}

static gboolean run_end(EsRequest *request, GError **error) {
  gint64 at_us;
  if (!es_param_time(request, "at", &at_us, NULL, error))
    return FALSE;
  if (at_us == ES_UNKNOWN)
    at_us = request->now_us;
  g_autoptr(GPtrArray) found = find_lasting(request, at_us, error);
  for (guint i = 0; found && i < found->len; i++) {
    EsAgent *agent = g_ptr_array_index(found, i);
    if (!es_agent_end(request, agent, at_us, error))
      return FALSE;
    agent->until_us = at_us;
    es_request_row(request, es_json_agent(agent));
  }
  return found != NULL;
}

static const EsParam end_params[] = {
    {"extension", ES_PARAM_STRING, TRUE, N_("extension or address of record, as calls show it")},
    {"name", ES_PARAM_STRING, FALSE, N_("whose, where several people share it")},
    {"at", ES_PARAM_STRING, FALSE, N_("from then on nobody's; now if absent")},
    {0},
};
const EsOperation es_op_agent_end = {
    .info = {"agent.end", ES_PERMISSION_OPERATE, TRUE, N_("a person leaves an extension"), end_params},
    .run = run_end,
    .finish = es_agent_renew_calls,
};

// ---- list

static gboolean run_list(EsRequest *request, GError **error) {
  gint64 at_us;
  if (!es_param_time(request, "at", &at_us, NULL, error))
    return FALSE;
  g_autoptr(GPtrArray) agents =
      es_index_list_agents(request->index, es_param_bool(request, "history"), error);
  for (guint i = 0; agents && i < agents->len; i++) {
    const EsAgent *agent = g_ptr_array_index(agents, i);
    if (at_us == ES_UNKNOWN || es_agent_holds(agent, at_us))
      es_request_row(request, es_json_agent(agent));
  }
  return agents != NULL;
}

static const EsParam list_params[] = {
    {"at", ES_PARAM_STRING, FALSE, N_("only who had an extension at that moment")},
    {"history", ES_PARAM_BOOL, FALSE, N_("also entries that were taken out")},
    {0},
};
const EsOperation es_op_agent_list = {
    .info = {"agent.list", ES_PERMISSION_LISTEN, FALSE, N_("the directory"), list_params},
    .run = run_list,
};
