// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who is who in a call: client, direction, queue and agent, from the configuration, from headers of the
// switch and from the directory.
//
// A user is internal if [mapping] extensions= fits it or the directory knows it at that time. An internal
// caller makes a call outbound, an internal callee inbound, both internal; a number with a group of its own
// ([number 19555]) is one of ours, so a call to it is inbound. The agent is the internal party, of an
// internal call the callee; when a proxy passed the call on to an internal user, that user. Headers win over
// all of this. Nothing of it known: direction "unknown", agent NULL.
#pragma once

#include "earshot/capture/sip.h"
#include "earshot/common/config.h"
#include "earshot/index/directory.h"

// What the headers of a call's messages said; owned by the call.
typedef struct {
  char *queue, *client, *agent, *direction;
} EsCallHints;

typedef struct EsMapping EsMapping;

EsMapping *es_mapping_new(const EsConfig *config, GError **error);
void es_mapping_free(EsMapping *mapping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsMapping, es_mapping_free)

void es_call_hints_clear(EsCallHints *hints);
// Takes the configured headers of one message; the first value of each stays.
void es_mapping_read(const EsMapping *mapping, const EsSipMessage *message, EsCallHints *hints);
// Sets direction, client and the call's only segment (agent, queue, agent_name, team). passed_to is the user
// to whom a proxy passed the call, NULL if not seen. May be called again when more is known.
gboolean es_mapping_apply(const EsMapping *mapping, const EsCallHints *hints, const char *passed_to,
                          EsIndex *index, EsCall *call, GError **error);
