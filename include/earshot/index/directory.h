// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directory: which extension or address of record was which person, when. And the audit trail.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  char *extension;  // extension or address of record, as calls show it
  char *name;       // any script
  char *latin_name; // the same name in the other script, found by either; NULL
  char *team, *client, *language;
  gint64 from_us, until_us; // valid in [from, until); ES_UNKNOWN = open
} EsAgent;
void es_agent_free(EsAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsAgent, es_agent_free)

// Overlapping entries for one extension are refused (ES_ERROR_INVALID).
gboolean es_index_add_agent(EsIndex *index, const EsAgent *agent, const char *actor, GError **error);
GPtrArray *es_index_list_agents(EsIndex *index, GError **error); // of EsAgent
// Who had this extension at that moment; NULL without error if nobody.
EsAgent *es_index_find_agent(EsIndex *index, const char *extension, gint64 at_us, GError **error);

typedef struct {
  gint64 at_us;
  char *actor;
  char *operation;
  char *params_json; // as given, without secrets
  char *result;      // "ok", or the error's message
  char *call_uuid;   // the call concerned, or NULL
} EsAuditEntry;
gboolean es_index_add_audit(EsIndex *index, const EsAuditEntry *entry, GError **error);
// The same for something that was only looked at; outside a transaction. It does not wait for the disk: a
// loss of power may take the last of these rows, nothing else does.
gboolean es_index_add_access(EsIndex *index, const EsAuditEntry *entry, GError **error);
GPtrArray *es_index_list_audit(EsIndex *index, guint limit, GError **error); // of EsAuditEntry, newest first
