// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// client.*: whose calls they are.
#include "earshot/common/config.h"
#include "earshot/common/i18n.h"
#include "earshot/index/client.h"
#include "json.h"
#include "params.h"

static gboolean read_label(const EsRequest *request, const char *name, char **label, GError **error) {
  const char *text = es_param_string(request, name);
  *label = text ? es_param_label(name, text, error) : NULL;
  return !text || *label;
}

static gboolean run_add(EsRequest *request, GError **error) {
  g_autofree char *client = NULL, *name = NULL, *latin_name = NULL;
  if (!read_label(request, "client", &client, error) || !read_label(request, "name", &name, error) ||
      !read_label(request, "latin_name", &latin_name, error) ||
      !es_index_put_client(request->index, client, name, latin_name, es_request_actor(request),
                           request->now_us, error))
    return FALSE;
  JsonObject *row = json_object_new();
  es_json_set_text(row, "client", client);
  es_json_set_text(row, "name", name);
  es_json_set_text(row, "latin_name", latin_name);
  es_request_row(request, row);
  return TRUE;
}

static const EsParam add_params[] = {
    {"client", ES_PARAM_STRING, TRUE, N_("short name, as calls carry it")},
    {"name", ES_PARAM_STRING, FALSE, N_("name for people, in any script")},
    {"latin_name", ES_PARAM_STRING, FALSE, N_("the same name in the other script")},
    {0},
};
const EsOperation es_op_client_add = {
    .info = {"client.add", ES_PERMISSION_OPERATE, TRUE, N_("enter a client, or its other names"), add_params},
    .run = run_add,
};

static void reply(EsRequest *request, const EsClient *client, gboolean configured) {
  JsonObject *row = json_object_new();
  es_json_set_text(row, "client", client->client);
  es_json_set_text(row, "name", client->name);
  es_json_set_text(row, "latin_name", client->latin_name);
  json_object_set_boolean_member(row, "entered", client->entered);
  json_object_set_boolean_member(row, "configured", configured);
  es_json_set_ms(row, "calls", client->calls);
  es_json_set_time(row, "last", client->last_us);
  es_request_row(request, row);
}

// The clients that earshot.conf gives to numbers and rules. A configuration with mistakes names none here:
// record and doctor tell those.
static GHashTable *configured_clients(const EsRequest *request) {
  GHashTable *clients = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path = g_build_filename(es_request_library(request), "earshot.conf", NULL);
  g_autoptr(EsConfig) config = es_config_load(path, NULL);
  g_auto(GStrv) groups = config ? es_config_groups(config) : NULL;
  for (char **group = groups; group && *group; group++) {
    char *client = NULL;
    if (g_str_has_prefix(*group, "number ") &&
        es_config_string(config, *group, "client", NULL, &client, NULL) && client && *client)
      g_hash_table_add(clients, client);
    else
      g_free(client);
  }
  return clients;
}

static gboolean run_list(EsRequest *request, GError **error) {
  g_autoptr(GPtrArray) clients = es_index_list_clients(request->index, error);
  if (!clients)
    return FALSE;
  g_autoptr(GHashTable) configured = configured_clients(request);
  for (guint i = 0; i < clients->len; i++) {
    const EsClient *client = g_ptr_array_index(clients, i);
    reply(request, client, g_hash_table_remove(configured, client->client));
  }
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init(&iter, configured);
  while (g_hash_table_iter_next(&iter, &name, NULL)) {
    const EsClient client = {.client = name, .last_us = ES_UNKNOWN};
    reply(request, &client, TRUE);
  }
  return TRUE;
}

const EsOperation es_op_client_list = {
    .info = {"client.list", ES_PERMISSION_LISTEN, FALSE, N_("the clients and how many calls they have"),
             NULL},
    .run = run_list,
};
