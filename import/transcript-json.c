// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Transcripts as JSON:
//
//   ours      {"cues": [{"start": 1.2, "end": 3.4, "speaker": "agent", "text": "…"}]}, or the list alone;
//             start_ms and end_ms in milliseconds are taken too, as "show --transcript --json" writes them
//   Whisper   {"segments": [{"start": 1.2, "end": 3.4, "text": "…"}]}
//   vCon      {"analysis": [{"type": "transcript", "body": …one of these, as JSON or as text of JSON…}]}
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "transcript-forms.h"

#define SECONDS_MAX (7.0 * 24 * 3600)
#define NESTED_MAX 3

static const char *text_member(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  gboolean is_text = node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
  const char *text = is_text ? json_node_get_string(node) : NULL;
  return text && g_utf8_validate(text, -1, NULL) ? text : NULL;
}

static gboolean number_member(JsonObject *object, const char *name, double *value) {
  JsonNode *node = json_object_get_member(object, name);
  if (!node || !JSON_NODE_HOLDS_VALUE(node))
    return FALSE;
  GType type = json_node_get_value_type(node);
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *value = json_node_get_double(node);
  return isfinite(*value);
}

static gboolean time_member(JsonObject *object, const char *name, gint64 *time_ms) {
  g_autofree char *in_ms = g_strconcat(name, "_ms", NULL);
  double value;
  gboolean seconds = number_member(object, name, &value);
  if (!seconds && !number_member(object, in_ms, &value))
    return FALSE;
  double time_s = seconds ? value : value / 1000;
  if (time_s < 0 || time_s > SECONDS_MAX)
    return FALSE;
  *time_ms = (gint64)llrint(time_s * 1000);
  return TRUE;
}

static gboolean read_cue(const char *name, guint n, JsonNode *node, GPtrArray *cues, GError **error) {
  JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  const char *text = object ? text_member(object, "text") : NULL;
  gint64 start_ms, end_ms;
  if (text && time_member(object, "start", &start_ms) && time_member(object, "end", &end_ms) &&
      end_ms >= start_ms) {
    g_autofree char *words = g_strstrip(g_strdup(text));
    if (*words)
      g_ptr_array_add(cues, es_cue_new(start_ms, end_ms, text_member(object, "speaker"), words));
    return TRUE;
  }
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: cue %u needs start, end and text"), name, n);
  return FALSE;
}

static GPtrArray *read_list(const char *name, JsonArray *list, GError **error) {
  g_autoptr(GPtrArray) cues = g_ptr_array_new_with_free_func((GDestroyNotify)es_cue_free);
  guint n = json_array_get_length(list);
  if (n > ES_CUES_MAX) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: too many cues"), name);
    return NULL;
  }
  for (guint i = 0; i < n; i++)
    if (!read_cue(name, i + 1, json_array_get_element(list, i), cues, error))
      return NULL;
  return g_steal_pointer(&cues);
}

static GPtrArray *read_node(const char *name, JsonNode *node, guint depth, GError **error);

// The body of the first analysis that is a transcript.
static GPtrArray *read_analysis(const char *name, JsonArray *analysis, guint depth, GError **error) {
  for (guint i = 0; i < json_array_get_length(analysis); i++) {
    JsonNode *node = json_array_get_element(analysis, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!object || g_strcmp0(text_member(object, "type"), "transcript") != 0)
      continue;
    const char *text = text_member(object, "body");
    JsonNode *body = json_object_get_member(object, "body");
    g_autoptr(JsonNode) inside = text ? json_from_string(text, NULL) : NULL;
    if (inside || (body && !text))
      return read_node(name, inside ? inside : body, depth + 1, error);
  }
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: no transcript among the analyses"), name);
  return NULL;
}

static GPtrArray *read_node(const char *name, JsonNode *node, guint depth, GError **error) {
  static const char *const lists[] = {"cues", "segments"};
  if (JSON_NODE_HOLDS_ARRAY(node))
    return read_list(name, json_node_get_array(node), error);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  for (guint i = 0; object && i < G_N_ELEMENTS(lists); i++) {
    JsonNode *list = json_object_get_member(object, lists[i]);
    if (list && JSON_NODE_HOLDS_ARRAY(list))
      return read_list(name, json_node_get_array(list), error);
  }
  JsonNode *analysis = object ? json_object_get_member(object, "analysis") : NULL;
  if (analysis && JSON_NODE_HOLDS_ARRAY(analysis) && depth < NESTED_MAX)
    return read_analysis(name, json_node_get_array(analysis), depth, error);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: no “cues” or “segments” in it"), name);
  return NULL;
}

// json-glib's parser goes down one level of its stack for each bracket.
static gboolean is_too_deep(const char *text) {
  guint depth = 0;
  gboolean quoted = FALSE;
  for (const char *at = text; *at && depth <= 64; at++) {
    if (quoted && *at == '\\' && at[1])
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (!quoted && (*at == '[' || *at == '{'))
      depth++;
    else if (!quoted && (*at == ']' || *at == '}'))
      depth -= depth > 0;
  }
  return depth > 64;
}

GPtrArray *es_transcript_json_read(const char *name, const char *text, GError **error) {
  g_autoptr(GError) wrong = NULL;
  g_autoptr(JsonNode) root = is_too_deep(text) ? NULL : json_from_string(text, &wrong);
  if (!root) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: %s", name, wrong ? wrong->message : _("not JSON"));
    return NULL;
  }
  return read_node(name, root, 0, error);
}
