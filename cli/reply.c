// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Access to JSON replies (see reply.h).
#include "reply.h"
#include "earshot/common/clock.h"
#include "earshot/common/ledger.h"

#include <math.h>

static JsonNode *value_of(JsonObject *object, const char *name) {
  JsonNode *node = object != NULL ? json_object_get_member(object, name) : NULL;
  return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *es_reply_text(JsonObject *object, const char *name) {
  JsonNode *node = value_of(object, name);
  return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

static gboolean is_number(JsonNode *node) {
  return node != NULL &&
         (json_node_get_value_type(node) == G_TYPE_INT64 || json_node_get_value_type(node) == G_TYPE_DOUBLE);
}

gint64 es_reply_int(JsonObject *object, const char *name) {
  JsonNode *node = value_of(object, name);
  return is_number(node) ? json_node_get_int(node) : ES_UNKNOWN;
}

gint64 es_reply_count(JsonObject *object, const char *name) {
  return MAX(es_reply_int(object, name), 0);
}

double es_reply_number(JsonObject *object, const char *name) {
  JsonNode *node = value_of(object, name);
  return is_number(node) ? json_node_get_double(node) : NAN;
}

gboolean es_reply_true(JsonObject *object, const char *name) {
  JsonNode *node = value_of(object, name);
  return node != NULL && json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

JsonArray *es_reply_array(JsonObject *object, const char *name) {
  static JsonArray *empty;
  if (g_once_init_enter(&empty))
    g_once_init_leave(&empty, json_array_new());
  JsonNode *node = object != NULL ? json_object_get_member(object, name) : NULL;
  return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : empty;
}

JsonObject *es_reply_object_at(JsonArray *array, guint i) {
  if (i >= json_array_get_length(array))
    return NULL;
  JsonNode *node = json_array_get_element(array, i);
  return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

char *es_reply_join(JsonObject *object, const char *name, const char *separator) {
  JsonArray *array = es_reply_array(object, name);
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < json_array_get_length(array); i++) {
    JsonNode *node = json_array_get_element(array, i);
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
      continue;
    if (out->len > 0)
      g_string_append(out, separator);
    g_string_append(out, json_node_get_string(node));
  }
  return g_string_free(out, FALSE);
}

GArray *es_reply_intervals(JsonObject *object, const char *name) {
  JsonArray *array = es_reply_array(object, name);
  GArray *intervals = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  for (guint i = 0; i < json_array_get_length(array); i++) {
    JsonNode *node = json_array_get_element(array, i);
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (pair == NULL || json_array_get_length(pair) != 2 || !is_number(json_array_get_element(pair, 0)) ||
        !is_number(json_array_get_element(pair, 1)))
      continue;
    EsInterval interval = {json_array_get_int_element(pair, 0), json_array_get_int_element(pair, 1)};
    if (interval.end_ms > interval.start_ms)
      g_array_append_val(intervals, interval);
  }
  return intervals;
}

static void escape_c1(GString *line) {
  for (gsize i = 0; i + 1 < line->len; i++) {
    guint8 first = (guint8)line->str[i], second = (guint8)line->str[i + 1];
    if (first != 0xC2 || second < 0x80 || second > 0x9F)
      continue;
    g_autofree char *escape = g_strdup_printf("\\u00%02x", second);
    g_string_erase(line, (gssize)i, 2);
    g_string_insert(line, (gssize)i, escape);
  }
}

char *es_reply_line(JsonObject *object) {
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
  g_autoptr(JsonGenerator) generator = json_generator_new();
  json_generator_set_root(generator, node);
  g_autofree char *text = json_generator_to_data(generator, NULL);
  GString *line = g_string_new(text);
  escape_c1(line);
  return g_string_free(line, FALSE);
}

void es_reply_print(JsonObject *object, FILE *file) {
  g_autofree char *line = es_reply_line(object);
  fprintf(file, "%s\n", line);
}
