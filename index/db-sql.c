// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The bundled .sql files, cut at their "-- @name" lines into a table of statements, once per process.
#include "db.h"
#include "sql-resource.h"

#include <string.h>

static const char *const files[] = {
    "database.sql",    "call.sql",       "annotation.sql",   "correction.sql", "directory.sql",
    "search.sql",      "transcript.sql", "saved-search.sql", "worklist.sql",   "figures.sql",
    "queue-event.sql", "client.sql",     "check.sql",
};

GBytes *es_sql_file(const char *file) {
  g_autofree char *path = g_strconcat("/earshot/index/", file, NULL);
  return g_resource_lookup_data(es_sql_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

static void add(GHashTable *table, char *name, GString *text) {
  if (name)
    g_assert(g_hash_table_insert(table, name, g_strdup(g_strstrip(text->str))));
  g_string_truncate(text, 0);
}

static void cut(GHashTable *table, GBytes *bytes) {
  gsize size;
  const char *data = g_bytes_get_data(bytes, &size);
  g_autofree char *all = g_strndup(data, size);
  g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
  g_autoptr(GString) text = g_string_new(NULL);
  char *name = NULL;
  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix(*line, "-- @")) {
      add(table, name, text);
      name = g_strdup(g_strstrip(*line + 4));
    } else if (!g_str_has_prefix(*line, "--")) {
      g_string_append(text, *line);
      g_string_append_c(text, '\n');
    }
  }
  add(table, name, text);
}

static gpointer load(gpointer data) {
  GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autoptr(GBytes) bytes = es_sql_file(files[i]);
    g_assert(bytes);
    cut(table, bytes);
  }
  return table;
}

const char *es_sql(const char *name) {
  static GOnce once = G_ONCE_INIT;
  return g_hash_table_lookup(g_once(&once, load, NULL), name);
}
