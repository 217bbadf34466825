// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// search.*: searches that an account keeps by a name. What is kept are the criteria as they were given:
// "yesterday" means yesterday whenever the search is used. filter.c takes them up.
#include "earshot/common/i18n.h"
#include "earshot/index/saved-search.h"
#include "filter.h"
#include "json.h"
#include "params.h"

static gboolean is_criterion(const char *name) {
  static const char *const others[] = {"name", "saved", "limit", "page", "after", NULL};
  return !g_strv_contains(others, name);
}

static char *criteria_json(const EsRequest *request) {
  g_autoptr(JsonObject) kept = json_object_new();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, request->params);
  while (json_object_iter_next(&iter, &name, &value))
    if (is_criterion(name) && !JSON_NODE_HOLDS_NULL(value))
      json_object_set_member(kept, name, json_node_copy(value));
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), kept);
  return json_to_string(node, FALSE);
}

static gboolean run_save(EsRequest *request, GError **error) {
  EsSearch search;
  gboolean replaced;
  g_autofree char *name = es_param_label("name", es_param_string(request, "name"), error);
  if (!name || !es_filter_read(request, &search, error)) // what cannot be searched is not kept
    return FALSE;
  g_autofree char *params = criteria_json(request);
  if (!es_index_save_search(request->index, es_request_actor(request), name, params, request->now_us,
                            &replaced, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "name", name);
  es_json_set_parsed(row, "params", params);
  json_object_set_boolean_member(row, "replaced", replaced);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam save_params[] = {
    {"name", ES_PARAM_STRING, TRUE, N_("name to keep it by")},
    ES_FILTER_PARAMS,
    ES_SORT_PARAMS,
    {"flag", ES_PARAM_STRING, FALSE, N_("flag")},
    {0},
};
const EsOperation es_op_search_save = {
    .info = {"search.save", ES_PERMISSION_LISTEN, TRUE, N_("keep a search by a name"), save_params},
    .run = run_save,
};

static gboolean run_list(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) list = es_index_list_saved_searches(request->index, es_request_actor(request), error);
  for (guint i = 0; list && i < list->len; i++) {
    const EsSavedSearch *saved = g_ptr_array_index(list, i);
    JsonObject *row = json_object_new();
    es_json_set_text(row, "name", saved->name);
    es_json_set_parsed(row, "params", saved->params_json);
    es_json_set_time(row, "at", saved->at_us);
    es_request_row(request, row);
  }
  return list != NULL;
}

static const EsParam list_params[] = {{0}};
const EsOperation es_op_search_list = {
    .info = {"search.list", ES_PERMISSION_LISTEN, FALSE, N_("the account's saved searches"), list_params},
    .run = run_list,
};

static gboolean run_forget(EsRequest *request, GError **error) {
  if (!es_index_forget_search(request->index, es_request_actor(request), es_param_string(request, "name"),
                              error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "name", es_param_string(request, "name"));
  es_request_row(request, row);
  return TRUE;
}

static const EsParam forget_params[] = {
    {"name", ES_PARAM_STRING, TRUE, N_("name of the saved search")},
    {0},
};
const EsOperation es_op_search_forget = {
    .info = {"search.forget", ES_PERMISSION_LISTEN, TRUE, N_("forget a saved search"), forget_params},
    .run = run_forget,
};
