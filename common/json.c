// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/json.h"
#include "earshot/common/clock.h"
#include "earshot/common/ledger.h"

#include <math.h>

void es_json_set_text(JsonObject *object, const char *name, const char *text) {
  if (!text) {
    json_object_set_null_member(object, name);
    return;
  }
  g_autofree char *valid = g_utf8_make_valid(text, -1); // packets are not held to UTF-8
  json_object_set_string_member(object, name, valid);
}

void es_json_set_ms(JsonObject *object, const char *name, gint64 length_ms) {
  if (length_ms == ES_UNKNOWN)
    json_object_set_null_member(object, name);
  else
    json_object_set_int_member(object, name, length_ms);
}

void es_json_set_time(JsonObject *object, const char *name, gint64 time_us) {
  g_autofree char *text = es_time_format_utc(time_us);
  es_json_set_text(object, name, text);
}

void es_json_set_number(JsonObject *object, const char *name, double value) {
  if (isfinite(value))
    json_object_set_double_member(object, name, value);
  else
    json_object_set_null_member(object, name);
}

void es_json_set_texts(JsonObject *object, const char *name, char *const *texts) {
  JsonArray *array = json_array_new();
  for (; texts && *texts; texts++) {
    g_autofree char *valid = g_utf8_make_valid(*texts, -1);
    json_array_add_string_element(array, valid);
  }
  json_object_set_array_member(object, name, array);
}

void es_json_set_parsed(JsonObject *object, const char *name, const char *json) {
  JsonNode *node = json ? json_from_string(json, NULL) : NULL;
  json_object_set_member(object, name, node ? node : json_node_init_null(json_node_alloc()));
}

JsonArray *es_json_intervals(const GArray *intervals) {
  JsonArray *array = json_array_new();
  for (guint i = 0; intervals && i < intervals->len; i++) {
    const EsInterval *interval = &g_array_index(intervals, EsInterval, i);
    JsonArray *pair = json_array_sized_new(2);
    json_array_add_int_element(pair, interval->start_ms);
    json_array_add_int_element(pair, interval->end_ms);
    json_array_add_array_element(array, pair);
  }
  return array;
}
