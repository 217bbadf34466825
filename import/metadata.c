// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "earshot/common/csv.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define FILE_BYTES_MAX (256 * 1024 * 1024)
#define ROWS_MAX 10000000

static void row_free(gpointer data) {
  EsMetaRow *row = data;
  es_call_free(row->call);
  g_free(row->file);
  g_free(row->left);
  g_free(row->transcript);
  g_free(row->where);
  g_free(row);
}

static EsMetaRow *row_new(char *where) {
  EsMetaRow *row = g_new0(EsMetaRow, 1);
  row->call = es_call_new();
  row->where = where;
  return row;
}

static void tell_mistake(EsMetaReading *reading, const EsMetaRow *row, const char *field,
                         const char *complaint) {
  g_autofree char *message = field ? g_strdup_printf("%s: %s: %s", row->where, field, complaint)
                                   : g_strdup_printf("%s: %s", row->where, complaint);
  reading->mistake(message, reading->data);
}

// TRUE if the value is fine.
static gboolean set(EsMetaReading *reading, EsMetaRow *row, const EsMetaField *field, const char *heading,
                    const char *value) {
  g_autofree char *complaint = es_meta_field_set(field, heading, row, value, reading->zone);
  if (complaint)
    tell_mistake(reading, row, es_meta_field_name(field), complaint);
  return complaint == NULL;
}

// Takes the row over; a wrong one is left out.
static void keep(EsMetaReading *reading, GPtrArray *rows, EsMetaRow *row, gboolean ok) {
  g_autofree char *complaint = ok ? es_meta_row_check(row) : NULL;
  if (complaint)
    tell_mistake(reading, row, NULL, complaint);
  if (ok && !complaint) {
    g_ptr_array_add(rows, row);
    return;
  }
  reading->wrong++;
  row_free(row);
}

// ---- CSV

static void warn_unknown(EsMetaReading *reading, const char *name, const char *unknown) {
  g_autofree char *message = g_strdup_printf(_("%s: column “%s” is not used"), name, unknown);
  reading->warning(message, reading->data);
}

// Which field each column means; NULL without one for the file.
static GPtrArray *read_heading(const EsCsv *csv, const char *name, EsMetaReading *reading, GError **error) {
  g_autoptr(GPtrArray) columns = g_ptr_array_new();
  const EsMetaField *file = es_meta_field_find("file");
  for (const char *const *heading = es_csv_columns(csv); *heading; heading++) {
    const EsMetaField *field = es_meta_field_find(*heading);
    if (!field)
      warn_unknown(reading, name, *heading);
    if (field && g_ptr_array_find(columns, field, NULL)) {
      g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: two columns for %s"), name,
                  es_meta_field_name(field));
      return NULL;
    }
    g_ptr_array_add(columns, (gpointer)field);
  }
  if (g_ptr_array_find(columns, file, NULL))
    return g_steal_pointer(&columns);
  g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: no column “file” in the heading"), name);
  return NULL;
}

static GPtrArray *read_csv(EsCsv *csv, const char *name, EsMetaReading *reading, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
  g_autoptr(GPtrArray) columns = read_heading(csv, name, reading, error);
  EsCsvStatus status = ES_CSV_FAILED;
  while (columns && rows->len < ROWS_MAX && (status = es_csv_next(csv, error)) == ES_CSV_ROW) {
    EsMetaRow *row = row_new(g_strdup_printf("%s:%" G_GUINT64_FORMAT, name, es_csv_line(csv)));
    gboolean ok = TRUE;
    for (guint i = 0; i < MIN(columns->len, es_csv_count(csv)); i++)
      if (columns->pdata[i])
        ok &= set(reading, row, columns->pdata[i], es_csv_columns(csv)[i], es_csv_field(csv, i));
    keep(reading, rows, row, ok);
  }
  return status == ES_CSV_FAILED ? NULL : g_steal_pointer(&rows);
}

// ---- JSON

static char *text_of(JsonNode *node) {
  if (JSON_NODE_HOLDS_ARRAY(node)) {
    JsonArray *array = json_node_get_array(node);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(array); i++) {
      JsonNode *element = json_array_get_element(array, i);
      if (JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_STRING)
        g_string_append_printf(text, "%s%s", text->len ? "," : "", json_node_get_string(element));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
  }
  if (!JSON_NODE_HOLDS_VALUE(node))
    return NULL;
  if (json_node_get_value_type(node) == G_TYPE_STRING)
    return json_node_dup_string(node);
  return json_to_string(node, FALSE);
}

static void read_object(EsMetaReading *reading, GPtrArray *rows, JsonObject *object, char *where) {
  EsMetaRow *row = row_new(where);
  gboolean ok = TRUE;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  json_object_iter_init(&iter, object);
  while (json_object_iter_next(&iter, &name, &node)) {
    const EsMetaField *field = es_meta_field_find(name);
    g_autofree char *text = field ? text_of(node) : NULL;
    if (text)
      ok &= set(reading, row, field, name, text);
  }
  keep(reading, rows, row, ok);
}

static void read_list(EsMetaReading *reading, GPtrArray *rows, const char *name, JsonArray *list) {
  for (guint i = 0; i < json_array_get_length(list) && rows->len < ROWS_MAX; i++) {
    JsonNode *node = json_array_get_element(list, i);
    g_autofree char *where = g_strdup_printf(_("%s: entry %u"), name, i + 1);
    if (JSON_NODE_HOLDS_OBJECT(node)) {
      read_object(reading, rows, json_node_get_object(node), g_steal_pointer(&where));
      continue;
    }
    g_autofree char *message = g_strdup_printf(_("%s: not an object"), where);
    reading->mistake(message, reading->data);
    reading->wrong++;
  }
}

// One object a line.
static gboolean read_lines(EsMetaReading *reading, GPtrArray *rows, const char *name, const char *text,
                           GError **error) {
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    if (*g_strstrip(lines[i]) == '\0')
      continue;
    g_autoptr(JsonNode) root = json_from_string(lines[i], NULL);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
      g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s:%u: not JSON"), name, i + 1);
      return FALSE;
    }
    read_object(reading, rows, json_node_get_object(root), g_strdup_printf("%s:%u", name, i + 1));
  }
  return TRUE;
}

static GPtrArray *read_json(const char *name, const char *text, EsMetaReading *reading, GError **error) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
  g_autoptr(JsonNode) root = json_from_string(text, NULL);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
  JsonNode *calls = object ? json_object_get_member(object, "calls") : NULL;
  if (root && JSON_NODE_HOLDS_ARRAY(root))
    read_list(reading, rows, name, json_node_get_array(root));
  else if (calls && JSON_NODE_HOLDS_ARRAY(calls))
    read_list(reading, rows, name, json_node_get_array(calls));
  else if (!read_lines(reading, rows, name, text, error))
    return NULL;
  return g_steal_pointer(&rows);
}

// ---- either

GPtrArray *es_metadata_parse(const char *name, const char *text, gsize length, EsMetaReading *reading,
                             GError **error) {
  const char *first = text;
  if (length >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0)
    first += 3;
  while (first < text + length && g_ascii_isspace(*first))
    first++;
  if (first < text + length && (*first == '[' || *first == '{')) {
    g_autofree char *copy = g_strndup(first, length - (gsize)(first - text));
    if (!g_utf8_validate(copy, -1, NULL)) {
      g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a text in UTF-8"), name);
      return NULL;
    }
    return read_json(name, copy, reading, error);
  }
  g_autoptr(EsCsv) csv = es_csv_open_text(name, text, (gssize)length, TRUE, error);
  return csv ? read_csv(csv, name, reading, error) : NULL;
}

GPtrArray *es_metadata_read(const char *path, EsMetaReading *reading, GError **error) {
  g_autofree char *text = NULL, *name = g_path_get_basename(path);
  gsize length = 0;
  g_autoptr(GError) unread = NULL;
  if (!g_file_get_contents(path, &text, &length, &unread)) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, "%s", unread->message);
    return NULL;
  }
  if (length > FILE_BYTES_MAX) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: too large for a table of calls"), path);
    return NULL;
  }
  return es_metadata_parse(name, text, length, reading, error);
}
