// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls as CSV (see csv.h).
#include "csv.h"
#include "format.h"

#include <string.h>

static const char *const columns[] = {
    "id",          "call_id",       "started_at",  "started_local", "client",         "direction",
    "caller",      "caller_name",   "callee",      "callee_name",   "agent",          "agent_name",
    "queue",       "disposition",   "sip_status",  "outcome",       "outcome_reason", "wait_ms",
    "duration_ms", "hold_ms",       "audio_ms",    "missing_ms",    "talk_over_ms",   "dead_air_ms",
    "greeting_ms", "consent_state", "flags",       "tags",          "score",          "file",
    "tension",     "repeats",       "business_id",
};

static char *value_text(JsonObject *row, const char *name) {
  JsonNode *node = json_object_get_member(row, name);
  if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? es_reply_join(row, name, ";") : NULL;
  if (json_node_get_value_type(node) == G_TYPE_STRING)
    return g_strdup(json_node_get_string(node));
  if (json_node_get_value_type(node) == G_TYPE_INT64)
    return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
  return es_format_score(row, name);
}

static char *column_text(JsonObject *row, const char *name) {
  if (strcmp(name, "started_local") == 0)
    return es_format_moment(row, "started_at");
  if (strcmp(name, "queue") == 0 || strcmp(name, "agent_name") == 0)
    return es_format_last_segment(row, name);
  return value_text(row, name);
}

void es_csv_calls(GPtrArray *rows, FILE *file) {
  fputs(ES_CSV_MARK, file);
  for (gsize c = 0; c < G_N_ELEMENTS(columns); c++)
    fprintf(file, "%s%s", c > 0 ? "," : "", columns[c]);
  fputs("\r\n", file);
  for (guint r = 0; r < rows->len; r++) {
    for (gsize c = 0; c < G_N_ELEMENTS(columns); c++) {
      g_autofree char *text = column_text(g_ptr_array_index(rows, r), columns[c]);
      g_autofree char *cell = es_csv_cell(text);
      fprintf(file, "%s%s", c > 0 ? "," : "", cell);
    }
    fputs("\r\n", file);
  }
}
