// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who is who in a call: client, direction, queue, agent and business id, from rules and headers of the
// configuration, from the numbers dialled and from the directory.
//
// Rules: the groups [map NAME] in the order of the file, then the *_header keys of [mapping]. Each reads
// every message of the call. Of those that give a field a value, the first in that order has it. Agent and
// queue are values over time: the same rule may give another one later in the call, which begins another
// segment; the other fields keep their rule's first value.
//
// Where no rule speaks: a user is internal if [mapping] extensions= fits it or the directory knows it at that
// time. An internal caller makes a call outbound, an internal callee inbound, both internal; a number with a
// group of its own ([number 19555]) is one of ours, so a call to it is inbound. The agent is the internal
// party, of an internal call the callee; when a proxy passed the call on to an internal user, that user; when
// the far side says in the course of the call that it is another internal user now, that one. Nothing of it
// known: direction "unknown", agent NULL.
#pragma once

#include "earshot/index/directory.h"
#include "map-rule.h"
#include "map-trace.h"

// What the rules found in a call's messages; owned by the call.
typedef struct {
  struct {
    char *value; // NULL: no rule has spoken
    guint rank;  // of the rule; lower ones win
  } fields[ES_MAP_FIELDS];
  EsMapTrace *trace;
} EsCallHints;

// What signalling says of the agent's side beside the call's parties; both may be NULL.
typedef struct {
  const char *passed_to; // the user to whom a proxy passed the call
  const char *connected; // the internal user that the agent's side says it is now
} EsMapParties;

typedef struct EsMapping EsMapping;

EsMapping *es_mapping_new(const EsConfig *config, GError **error);
void es_mapping_free(EsMapping *mapping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsMapping, es_mapping_free)

void es_call_hints_init(EsCallHints *hints);
void es_call_hints_clear(EsCallHints *hints);
// Lets every rule read one message; TRUE if a field has a new value.
gboolean es_mapping_read(const EsMapping *mapping, const EsMapInput *input, EsCallHints *hints);
// Whether this user works here, at that moment; user may be NULL, and so may index: no directory.
gboolean es_mapping_is_internal(const EsMapping *mapping, EsIndex *index, const char *user, gint64 at_us,
                                gboolean *internal, GError **error);
// Sets direction, client, business_id and mapping_json; *agent and *queue (caller frees, may become NULL) are
// those of now. May be called again when more is known.
gboolean es_mapping_apply(const EsMapping *mapping, const EsCallHints *hints, const EsMapParties *parties,
                          EsIndex *index, EsCall *call, char **agent, char **queue, GError **error);
