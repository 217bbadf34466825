// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "map-trace.h"
#include "earshot/common/json.h"

#define MAX_LINES 64
#define INPUT_CHARACTERS 128

typedef struct {
  char *field, *value, *rule, *input, *outcome;
} Line;

struct EsMapTrace {
  GPtrArray *lines; // of Line
};

static void line_free(gpointer data) {
  Line *line = data;
  g_free(line->field);
  g_free(line->value);
  g_free(line->rule);
  g_free(line->input);
  g_free(line->outcome);
  g_free(line);
}

EsMapTrace *es_map_trace_new(void) {
  EsMapTrace *trace = g_new0(EsMapTrace, 1);
  trace->lines = g_ptr_array_new_with_free_func(line_free);
  return trace;
}

void es_map_trace_free(EsMapTrace *trace) {
  if (!trace)
    return;
  g_ptr_array_unref(trace->lines);
  g_free(trace);
}

EsMapTrace *es_map_trace_copy(const EsMapTrace *trace) {
  EsMapTrace *copy = es_map_trace_new();
  for (guint i = 0; i < trace->lines->len; i++) {
    const Line *line = trace->lines->pdata[i];
    es_map_trace_add(copy, line->field, line->value, line->rule, line->input, line->outcome);
  }
  return copy;
}

static gboolean is_known(const EsMapTrace *trace, const char *field, const char *value, const char *rule) {
  for (guint i = 0; i < trace->lines->len; i++) {
    const Line *line = trace->lines->pdata[i];
    if (g_str_equal(line->field, field) && g_str_equal(line->rule, rule) &&
        g_strcmp0(line->value, value) == 0)
      return TRUE;
  }
  return FALSE;
}

void es_map_trace_add(EsMapTrace *trace, const char *field, const char *value, const char *rule,
                      const char *input, const char *outcome) {
  if (trace->lines->len >= MAX_LINES || is_known(trace, field, value, rule))
    return;
  Line *line = g_new0(Line, 1);
  *line = (Line){.field = g_strdup(field),
                 .value = g_strdup(value),
                 .rule = g_strdup(rule),
                 .input = input ? g_utf8_substring(input, 0, MIN(g_utf8_strlen(input, -1), INPUT_CHARACTERS))
                                : NULL,
                 .outcome = g_strdup(outcome)};
  g_ptr_array_add(trace->lines, line);
}

gboolean es_map_trace_has(const EsMapTrace *trace, const char *rule, const char *outcome) {
  for (guint i = 0; i < trace->lines->len; i++) {
    const Line *line = trace->lines->pdata[i];
    if (g_str_equal(line->rule, rule) && g_str_equal(line->outcome, outcome))
      return TRUE;
  }
  return FALSE;
}

char *es_map_trace_json(const EsMapTrace *trace) {
  g_autoptr(JsonArray) array = json_array_new();
  for (guint i = 0; i < trace->lines->len; i++) {
    const Line *line = trace->lines->pdata[i];
    JsonObject *o = json_object_new();
    es_json_set_text(o, "field", line->field);
    es_json_set_text(o, "value", line->value);
    es_json_set_text(o, "rule", line->rule);
    es_json_set_text(o, "input", line->input);
    es_json_set_text(o, "outcome", line->outcome);
    json_array_add_object_element(array, o);
  }
  g_autoptr(JsonNode) root = json_node_new(JSON_NODE_ARRAY);
  json_node_set_array(root, array);
  return json_to_string(root, FALSE);
}
