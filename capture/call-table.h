// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The open calls of a worker: by key (their Call-ID, unless a recording session drives them), by the
// addresses where their sides want to hear, and by flow.
//
// Matching a packet: its two addresses name a known flow (one lookup, nearly every packet). If not: who owns
// the destination? Its packets are the voice of the other side. Who owns the source? Its packets are that
// side's voice. Either way the unknown end is learnt as the other side's real address (symmetric RTP, NAT).
// An address belongs to the call that announced it last; a call that is over keeps only flows of which it
// still owns an end, so a port that is used again goes to the new call while late packets of the old one
// still count there.
//
// Ended calls leave a tombstone for as long as SIP retransmits (32 s), so that a late copy of their INVITE
// does not become a second call.
#pragma once

#include "border.h"
#include "call.h"

typedef struct EsCallTable EsCallTable;

EsCallTable *es_call_table_new(void);
// Calls must have been removed.
void es_call_table_free(EsCallTable *table);

guint es_call_table_size(const EsCallTable *table);
EsLiveCall *es_call_table_find(const EsCallTable *table, const char *key);
void es_call_table_add(EsCallTable *table, EsLiveCall *call);
// fresh goes on where old was: with its addresses, which packets find anew. The caller then owns old again.
void es_call_table_replace(EsCallTable *table, EsLiveCall *old, EsLiveCall *fresh);
// Forgets its addresses and flows and leaves a tombstone; the caller then owns the call again.
void es_call_table_remove(EsCallTable *table, EsLiveCall *call, gint64 now_us);
// TRUE if this message, which would show a call, is only an echo of one that ended: a late copy of its
// INVITE, or anything from within its dialog.
gboolean es_call_table_is_buried(const EsCallTable *table, const EsSipMessage *message);
// now_us G_MAXINT64: all of them.
void es_call_table_sweep_tombs(EsCallTable *table, gint64 now_us);
// Snapshot of all open calls; caller frees the array, not the calls.
GPtrArray *es_call_table_list(const EsCallTable *table);

// The Call-IDs of open calls that are not left to others, and of those that ended a little while ago.
void es_call_table_hold(const EsCallTable *table, EsHoldings *own);

// A side of the call wants to hear at this address.
void es_call_table_own(EsCallTable *table, EsLiveCall *call, int side, const EsAddress *address);
// The same for one leg of a call that a recording session drives: its voice comes from this address
// (is_source), or goes there.
void es_call_table_own_line(EsCallTable *table, EsLiveCall *call, int leg, gboolean is_source,
                            const EsAddress *address);
// Who was given this address; NULL if nobody.
EsLiveCall *es_call_table_owner(const EsCallTable *table, const EsAddress *address);
// The flow of a packet that is known to be this leg's, whoever else sends from there; NULL if the call has
// too many.
const EsFlow *es_call_table_claim(EsCallTable *table, EsLiveCall *call, int leg, const EsAddress *from,
                                  const EsAddress *to);
// The flow of a packet, NULL if it belongs to no call.
const EsFlow *es_call_table_flow(EsCallTable *table, const EsAddress *from, const EsAddress *to);
