// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The directory: which extension or address of record was which person, when. And the audit trail.
#pragma once

#include "earshot/index/index.h"
#include "earshot/index/shift.h"

typedef struct {
  gint64 rowid;     // 0 before it is stored
  char *extension;  // extension or address of record, as calls show it
  char *name;       // any script
  char *latin_name; // the same name in the other script, found by either; NULL
  char *team, *client, *language;
  gint64 from_us, until_us; // valid in [from, until); ES_UNKNOWN = open
  EsShift shift;            // and within that, the hours of the week
  char *actor;              // who entered it, when; filled when reading
  gint64 added_us;
  char *removed_by; // NULL while it is in force
  gint64 removed_us;
} EsAgent;
void es_agent_free(EsAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsAgent, es_agent_free)
// Whether this entry says who had the extension at that moment.
gboolean es_agent_holds(const EsAgent *agent, gint64 at_us);

// Overlapping entries for one extension are refused (ES_ERROR_INVALID).
gboolean es_index_add_agent(EsIndex *index, const EsAgent *agent, const char *actor, GError **error);
// Entries in force that share a moment with this one.
GPtrArray *es_index_overlapping_agents(EsIndex *index, const EsAgent *agent, GError **error); // of EsAgent
// Takes an entry out; it stays in the history.
gboolean es_index_remove_agent(EsIndex *index, const EsAgent *agent, const char *actor, gint64 at_us,
                               GError **error);
GPtrArray *es_index_list_agents(EsIndex *index, gboolean with_history, GError **error); // of EsAgent
// Who had this extension at that moment; NULL without error if nobody.
EsAgent *es_index_find_agent(EsIndex *index, const char *extension, gint64 at_us, GError **error);

// Calls are found by the names of their agents. After entries were added or removed, this brings up to most
// calls up to date, in one transaction; *renewed is how many, *more whether there may be further ones. What
// is left undone is known to the index, so it goes on whenever it is called again.
gboolean es_index_renew_names(EsIndex *index, guint most, guint *renewed, gboolean *more, GError **error);

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
