// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Clients: whose calls they are. Calls carry a short name, which need not be entered here; what is entered
// adds names for people.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  char *client;     // the short name
  char *name;       // for people, any script; NULL
  char *latin_name; // NULL
  gboolean entered; // else it is only named by calls or the directory of agents
  gint64 calls;
  gint64 last_us; // when the last of them started; ES_UNKNOWN
} EsClient;
void es_client_free(EsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsClient, es_client_free)

// Enters a client, or gives one that is there other names.
gboolean es_index_put_client(EsIndex *index, const char *client, const char *name, const char *latin_name,
                             const char *actor, gint64 at_us, GError **error);
GPtrArray *es_index_list_clients(EsIndex *index, GError **error); // of EsClient, by short name
// The short name that text means: one that is there as it is, or the client with that short or other name,
// folded. NULL without error if there is none, or several. Caller frees.
char *es_index_find_client(EsIndex *index, const char *text, GError **error);
