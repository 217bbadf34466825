// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/index/client.h"
#include "index-private.h"

void es_client_free(EsClient *client) {
  if (!client)
    return;
  g_free(client->client);
  g_free(client->name);
  g_free(client->latin_name);
  g_free(client);
}

static gboolean put(EsIndex *index, const char *client, const char *name, const char *latin_name,
                    const char *actor, gint64 at_us, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "client-put", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":client", client);
  es_bind_text(s, ":name", name);
  es_bind_text(s, ":latin_name", latin_name);
  es_bind_text(s, ":actor", actor);
  es_bind_int(s, ":added_us", at_us);
  return es_run(s, error);
}

gboolean es_index_put_client(EsIndex *index, const char *client, const char *name, const char *latin_name,
                             const char *actor, gint64 at_us, GError **error) {
  if (!es_db_enter(index->db, error))
    return FALSE;
  gboolean ok = put(index, client, name, latin_name, actor, at_us, error);
  return es_db_leave(index->db, ok, error);
}

GPtrArray *es_index_list_clients(EsIndex *index, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "client-list", error);
  if (!s)
    return NULL;
  g_autoptr(GPtrArray) clients = g_ptr_array_new_with_free_func((GDestroyNotify)es_client_free);
  EsStep step;
  while ((step = es_step(s, error)) == ES_STEP_ROW) {
    EsClient *client = g_new0(EsClient, 1);
    client->client = g_strdup(es_column_word(s, 0));
    client->name = es_column_dup(s, 1);
    client->latin_name = es_column_dup(s, 2);
    client->entered = es_column_int(s, 3) == 1;
    client->calls = es_column_int(s, 4);
    client->last_us = es_column_int(s, 5);
    g_ptr_array_add(clients, client);
  }
  return step == ES_STEP_DONE ? g_steal_pointer(&clients) : NULL;
}

static gboolean is_there(EsIndex *index, const char *client, gboolean *there, GError **error) {
  g_autoptr(EsStatement) s = es_statement(index->db, "client-is-there", error);
  if (!s)
    return FALSE;
  es_bind_text(s, ":client", client);
  EsStep step = es_step(s, error);
  *there = step == ES_STEP_ROW;
  return step != ES_STEP_FAILED;
}

static gboolean has_name(EsStatement *row, const char *wanted) {
  for (int column = 0; column < 3; column++) {
    g_autofree char *name = es_facet_words(es_column_text(row, column));
    if (g_strcmp0(name, wanted) == 0)
      return TRUE;
  }
  return FALSE;
}

char *es_index_find_client(EsIndex *index, const char *text, GError **error) {
  gboolean there;
  g_autofree char *wanted = es_facet_words(text);
  if (!is_there(index, text, &there, error))
    return NULL;
  if (there)
    return g_strdup(text);
  g_autoptr(EsStatement) s = wanted ? es_statement(index->db, "client-names", error) : NULL;
  g_autofree char *found = NULL;
  guint n = 0;
  EsStep step = ES_STEP_FAILED;
  while (s && (step = es_step(s, error)) == ES_STEP_ROW)
    if (has_name(s, wanted) && ++n == 1)
      found = es_column_dup(s, 0);
  return step == ES_STEP_DONE && n == 1 ? g_steal_pointer(&found) : NULL;
}
