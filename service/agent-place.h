// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Putting a person into the directory where somebody may be already.
#pragma once

#include "operation.h"

typedef enum { ES_PLACED_UNCHANGED, ES_PLACED_ADDED, ES_PLACED_CHANGED } EsPlaced;

typedef struct {
  EsPlaced placed;
  gint64 rowid;     // of the entry; 0 if unchanged
  GPtrArray *ended; // of EsAgent: entries of others that this one ended, with until_us as it is now
} EsPlacing;
void es_placing_clear(EsPlacing *placing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsPlacing, es_placing_clear)

// Whether both name the same person: one name of the one is, folded, a name of the other.
gboolean es_agent_same_person(const EsAgent *a, const EsAgent *b);

// The client by its short name, whichever of its names the entry was given.
gboolean es_agent_find_client(EsRequest *request, EsAgent *agent, GError **error);
// Puts the entry in. Entries of the same person that share time with it give way: where something else than
// the time changes, they stay for the time before and after. Entries of others do so only with replace, which
// needs a start. Those whose row id is a key of kept are never touched. Errors name the parameter; nothing
// has been changed then.
gboolean es_agent_place(EsRequest *request, const EsAgent *agent, gboolean replace, GHashTable *kept,
                        EsPlacing *placing, GError **error);
// Ends an entry at that moment: before it, what it said stays.
gboolean es_agent_end(EsRequest *request, const EsAgent *agent, gint64 at_us, GError **error);

// After the directory changed: calls learn it, in batches, with progress; stopped, it goes on the next time.
void es_agent_renew_calls(EsRequest *request);
