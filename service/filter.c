// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "filter.h"

#include "earshot/common/error.h"
#include "earshot/index/client.h"
#include "earshot/index/saved-search.h"
#include "params.h"

#include <math.h>

#define MAX_ROWS 1000000

static const char *const directions[] = {"inbound", "outbound", "internal", "unknown", NULL};
static const char *const outcomes[] = {"recorded", "partial", "none", NULL};
static const char *const dispositions[] = {"answered", "missed", "abandoned", "busy", "failed", NULL};
static const char *const consents[] = {"unknown",   "requested", "given", "refused",
                                       "withdrawn", "expired",   NULL};

// A word of a fixed list; a typing error must not look like "nothing found".
static gboolean read_choice(const EsRequest *request, const char *name, const char *const *choices,
                            const char **value, GError **error) {
  *value = es_param_string(request, name);
  if (!*value || g_strv_contains(choices, *value))
    return TRUE;
  g_autofree char *list = g_strjoinv(", ", (char **)choices);
  return es_request_refuse(error, name, _("“%s” is none of %s"), *value, list);
}

static gboolean read_choices(const EsRequest *request, EsSearch *search, GError **error) {
  return read_choice(request, "direction", directions, &search->direction, error) &&
         read_choice(request, "outcome", outcomes, &search->outcome, error) &&
         read_choice(request, "disposition", dispositions, &search->disposition, error) &&
         read_choice(request, "consent", consents, &search->consent, error);
}

// "to" includes the day or minute that it names.
static gboolean read_times(const EsRequest *request, EsSearch *search, GError **error) {
  gint64 to_us, to_length_us;
  if (!es_param_time(request, "from", &search->from_us, NULL, error) ||
      !es_param_time(request, "to", &to_us, &to_length_us, error))
    return FALSE;
  search->until_us = to_us == ES_UNKNOWN ? ES_UNKNOWN : to_us + MAX(to_length_us, 1);
  if (search->from_us != ES_UNKNOWN && search->until_us != ES_UNKNOWN && search->until_us <= search->from_us)
    return es_request_refuse(error, "to", _("“%s” lies before “%s”"), es_param_string(request, "to"),
                             es_param_string(request, "from"));
  return TRUE;
}

static gboolean read_count(const EsRequest *request, const char *name, gint64 min, guint *value,
                           GError **error) {
  if (!es_param_has(request, name))
    return TRUE;
  gint64 count = es_param_int(request, name, 0);
  if (count < min || count > MAX_ROWS)
    return es_request_refuse(error, name, _("must be from %d to %d"), (int)min, MAX_ROWS);
  *value = (guint)count;
  return TRUE;
}

// ---- saved searches

static gboolean takes(const EsRequest *request, const char *name) {
  for (const EsParam *param = request->operation->info.params; param->name; param++)
    if (g_str_equal(param->name, name))
      return TRUE;
  return FALSE;
}

// From and to belong together: "last week" with a day of its own would be neither.
static gboolean is_overruled(const EsRequest *request, const char *name) {
  gboolean is_time = g_str_equal(name, "from") || g_str_equal(name, "to");
  return es_param_has(request, name) ||
         (is_time && (es_param_has(request, "from") || es_param_has(request, "to")));
}

static void add_saved(const EsRequest *request, JsonObject *saved, JsonObject *merged) {
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, saved);
  while (json_object_iter_next(&iter, &name, &value))
    if (takes(request, name) && !is_overruled(request, name))
      json_object_set_member(merged, name, json_node_copy(value));
}

static void add_given(const EsRequest *request, JsonObject *merged) {
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, request->params);
  while (json_object_iter_next(&iter, &name, &value))
    if (!JSON_NODE_HOLDS_NULL(value))
      json_object_set_member(merged, name, json_node_copy(value));
}

// From here on the request has the parameters of both; the audit trail shows them, too.
static gboolean take_saved(EsRequest *request, GError **error) {
  const char *name = es_param_string(request, "saved");
  if (!name || request->merged)
    return TRUE;
  g_autoptr(EsSavedSearch) saved =
      es_index_find_saved_search(request->index, es_request_actor(request), name, error);
  if (!saved)
    return FALSE;
  g_autoptr(JsonNode) node = json_from_string(saved->params_json, NULL);
  if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("the saved search “%s” cannot be read"), name);
    return FALSE;
  }
  request->merged = json_object_new();
  add_saved(request, json_node_get_object(node), request->merged);
  add_given(request, request->merged);
  if (!es_params_check(&request->operation->info, request->merged, error))
    return FALSE;
  request->params = request->merged;
  return TRUE;
}

// ---- the whole

static gboolean read_sort(const EsRequest *request, EsSearch *search, GError **error) {
  static const char *const sorts[] = {"date", "duration", "score", "tension", NULL};
  const char *name;
  if (!read_choice(request, "sort", sorts, &name, error))
    return FALSE;
  for (guint i = 0; name && sorts[i]; i++)
    if (g_str_equal(sorts[i], name))
      search->sort = (EsSort)i;
  search->reverse = es_param_bool(request, "reverse");
  return TRUE;
}

// By any of its names; what nobody entered is a short name. The text lives on with the parameters.
static gboolean read_client(const EsRequest *request, EsSearch *search, GError **error) {
  g_autoptr(GError) failed = NULL;
  search->client = es_param_string(request, "client");
  if (!search->client)
    return TRUE;
  g_autofree char *client = es_index_find_client(request->index, search->client, &failed);
  if (failed) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  if (client && !g_str_equal(client, search->client))
    json_object_set_string_member(request->params, "client", client);
  search->client = es_param_string(request, "client");
  return TRUE;
}

gboolean es_filter_read(EsRequest *request, EsSearch *search, GError **error) {
  es_search_init(search);
  if (!take_saved(request, error))
    return FALSE;
  search->words = es_param_string(request, "words");
  search->agent = es_param_string(request, "agent");
  search->caller = es_param_string(request, "caller");
  search->callee = es_param_string(request, "callee");
  search->number = es_param_string(request, "number");
  search->queue = es_param_string(request, "queue");
  search->business_id = es_param_string(request, "business_id");
  search->group_id = es_param_string(request, "group");
  search->flag = es_param_string(request, "flag");
  search->tag = es_param_string(request, "tag");
  search->min_duration_ms = es_param_int(request, "min_duration_ms", ES_UNKNOWN);
  search->max_duration_ms = es_param_int(request, "max_duration_ms", ES_UNKNOWN);
  search->score_below = es_param_number(request, "score_below", NAN);
  search->missing_audio = es_param_bool(request, "missing_audio");
  search->min_repeats = es_param_int(request, "min_repeats", ES_UNKNOWN);
  search->min_dead_air_ms = es_param_int(request, "min_dead_air_ms", ES_UNKNOWN);
  search->min_talk_over_ms = es_param_int(request, "min_talk_over_ms", ES_UNKNOWN);
  return read_client(request, search, error) && read_choices(request, search, error) &&
         read_times(request, search, error) && read_sort(request, search, error) &&
         read_count(request, "limit", 0, &search->limit, error) &&
         read_count(request, "page", 1, &search->page, error);
}
