// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "params.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/client.h"

#include <math.h>
#include <string.h>

#define LABEL_CHARACTERS 64
#define AUDIT_TEXT_BYTES 256

static const EsParam *find(const EsOperationInfo *info, const char *name) {
  for (const EsParam *p = info->params; p && p->name; p++)
    if (g_str_equal(p->name, name))
      return p;
  return NULL;
}

static gboolean is_text(JsonNode *node) {
  return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING &&
         g_utf8_validate(json_node_get_string(node), -1, NULL);
}

static gboolean is_texts(JsonNode *node) {
  if (!JSON_NODE_HOLDS_ARRAY(node))
    return FALSE;
  JsonArray *array = json_node_get_array(node);
  for (guint i = 0; i < json_array_get_length(array); i++)
    if (!is_text(json_array_get_element(array, i)))
      return FALSE;
  return TRUE;
}

static gboolean is_whole(JsonNode *node) {
  return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 &&
         json_node_get_int(node) >= 0;
}

static gboolean is_number(JsonNode *node) {
  if (!JSON_NODE_HOLDS_VALUE(node))
    return FALSE;
  GType type = json_node_get_value_type(node);
  return type == G_TYPE_INT64 || (type == G_TYPE_DOUBLE && isfinite(json_node_get_double(node)));
}

static gboolean is_bool(JsonNode *node) {
  return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN;
}

static gboolean fits(const EsParam *param, JsonNode *node, const char **wanted) {
  switch (param->type) {
  case ES_PARAM_STRING:
  case ES_PARAM_TEXT:
    *wanted = _("a text in UTF-8");
    return is_text(node);
  case ES_PARAM_STRINGS:
    *wanted = _("a list of texts in UTF-8");
    return is_texts(node) && (!param->required || json_array_get_length(json_node_get_array(node)) > 0);
  case ES_PARAM_INT:
    *wanted = _("a whole number of at least 0");
    return is_whole(node);
  case ES_PARAM_NUMBER:
    *wanted = _("a number");
    return is_number(node);
  case ES_PARAM_BOOL:
    *wanted = _("true or false");
    return is_bool(node);
  }
  return FALSE;
}

static gboolean check_given(const EsOperationInfo *info, JsonObject *params, GError **error) {
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  json_object_iter_init(&iter, params);
  while (json_object_iter_next(&iter, &name, &node)) {
    const EsParam *param = find(info, name);
    const char *wanted = NULL;
    if (!param) {
      g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s: there is no parameter “%s”"), info->name, name);
      return FALSE;
    }
    if (!JSON_NODE_HOLDS_NULL(node) && !fits(param, node, &wanted)) {
      g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s: parameter “%s” must be %s"), info->name, name,
                  wanted);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean es_params_check(const EsOperationInfo *info, JsonObject *params, GError **error) {
  if (!check_given(info, params, error))
    return FALSE;
  for (const EsParam *p = info->params; p && p->name; p++) {
    JsonNode *node = json_object_get_member(params, p->name);
    if (p->required && (!node || JSON_NODE_HOLDS_NULL(node))) {
      g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s: parameter “%s” is missing"), info->name, p->name);
      return FALSE;
    }
  }
  return TRUE;
}

static JsonNode *get(const EsRequest *request, const char *name) {
  JsonNode *node = json_object_get_member(request->params, name);
  return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

gboolean es_param_has(const EsRequest *request, const char *name) {
  return get(request, name) != NULL;
}

const char *es_param_string(const EsRequest *request, const char *name) {
  JsonNode *node = get(request, name);
  return node ? json_node_get_string(node) : NULL;
}

gint64 es_param_int(const EsRequest *request, const char *name, gint64 fallback) {
  JsonNode *node = get(request, name);
  return node ? json_node_get_int(node) : fallback;
}

double es_param_number(const EsRequest *request, const char *name, double fallback) {
  JsonNode *node = get(request, name);
  return node ? json_node_get_double(node) : fallback;
}

gboolean es_param_bool(const EsRequest *request, const char *name) {
  JsonNode *node = get(request, name);
  return node && json_node_get_boolean(node);
}

char **es_param_strings(const EsRequest *request, const char *name) {
  g_autoptr(GStrvBuilder) texts = g_strv_builder_new();
  JsonNode *node = get(request, name);
  JsonArray *array = node ? json_node_get_array(node) : NULL;
  for (guint i = 0; array && i < json_array_get_length(array); i++)
    g_strv_builder_add(texts, json_array_get_string_element(array, i));
  return g_strv_builder_end(texts);
}

char *es_param_label(const char *parameter, const char *text, GError **error) {
  g_autofree char *label = g_strstrip(g_strdup(text));
  for (const char *p = label; *p; p = g_utf8_next_char(p))
    if (g_unichar_iscntrl(g_utf8_get_char(p))) {
      es_request_refuse(error, parameter, _("control characters are not allowed"));
      return NULL;
    }
  if (label[0] == '\0' || g_utf8_strlen(label, -1) > LABEL_CHARACTERS) {
    es_request_refuse(error, parameter, _("must have 1 to %d characters"), LABEL_CHARACTERS);
    return NULL;
  }
  return g_steal_pointer(&label);
}

char *es_param_client(const EsRequest *request, const char *parameter, const char *text, GError **error) {
  g_autofree char *label = es_param_label(parameter, text, error);
  GError *failed = NULL;
  char *client = label ? es_index_find_client(request->index, label, &failed) : NULL;
  if (failed)
    g_propagate_error(error, failed);
  return client || failed ? client : g_steal_pointer(&label);
}

gboolean es_param_time(const EsRequest *request, const char *name, gint64 *time_us, gint64 *length_us,
                       GError **error) {
  const char *text = es_param_string(request, name);
  *time_us = ES_UNKNOWN;
  if (!text)
    return TRUE;
  if (es_time_parse(text, request->now_us, time_us, length_us, error))
    return TRUE;
  g_prefix_error(error, "%s: ", name);
  return FALSE;
}

gboolean es_param_range(const EsRequest *request, const EsCall *call, gint64 *start_ms, gint64 *end_ms,
                        GError **error) {
  *start_ms = es_param_int(request, "start_ms", ES_UNKNOWN);
  *end_ms = es_param_int(request, "end_ms", ES_UNKNOWN);
  if (*start_ms == ES_UNKNOWN && *end_ms == ES_UNKNOWN)
    return TRUE;
  if (*start_ms == ES_UNKNOWN || *end_ms == ES_UNKNOWN)
    return es_request_refuse(error, *start_ms == ES_UNKNOWN ? "start_ms" : "end_ms",
                             _("a range needs both its start and its end"));
  if (*end_ms <= *start_ms)
    return es_request_refuse(error, "end_ms", _("the range must end after its start"));
  if (call->audio_ms == ES_UNKNOWN)
    return es_request_refuse(error, "start_ms", _("the call has no audio that a range could lie in"));
  if (*end_ms > call->audio_ms) {
    g_autofree char *length = es_duration_format(call->audio_ms, TRUE);
    return es_request_refuse(error, "end_ms", _("the range ends after the recording, which is %s long"),
                             length);
  }
  return TRUE;
}

static JsonNode *for_audit(const EsParam *param, JsonNode *node) {
  const char *text = is_text(node) ? json_node_get_string(node) : NULL;
  gboolean open = param && param->type != ES_PARAM_TEXT;
  if (!text || (open && strlen(text) <= AUDIT_TEXT_BYTES))
    return json_node_copy(node);
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
  g_autofree char *label = g_strdup_printf("%" G_GSIZE_FORMAT " bytes, sha256:%s", strlen(text), digest);
  return json_node_init_string(json_node_alloc(), label);
}

char *es_params_for_audit(const EsOperationInfo *info, JsonObject *params) {
  g_autoptr(JsonObject) kept = json_object_new();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, params);
  while (json_object_iter_next(&iter, &name, &value))
    json_object_set_member(kept, name, for_audit(find(info, name), value));
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), kept);
  return json_to_string(node, FALSE);
}
