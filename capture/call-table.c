// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "call-table.h"
#include <string.h>

#define TOMB_US (32 * ES_US_PER_S)
#define MAX_TOMBS 65536

typedef struct {
  EsAddress address; // the key; must stay first
  EsLiveCall *call;
  int sent, heard; // legs whose voice comes from there and goes there; -1: none
  gboolean learnt; // from packets, not from a description
} Owner;

typedef struct {
  char *call_id; // the key
  guint32 tag_hash;
  guint32 cseq;
  gint64 until_us;
} Tomb;

struct EsCallTable {
  GHashTable *calls;  // key → EsLiveCall, borrowed
  GHashTable *owners; // EsAddress → Owner
  GHashTable *flows;  // EsFlow → EsFlow
  GHashTable *tombs;  // Call-ID → Tomb
  GQueue tomb_order;  // of Tomb, oldest first
};

static guint flow_hash(gconstpointer data) {
  const EsFlow *flow = data;
  return es_address_hash(&flow->from) * 31 + es_address_hash(&flow->to);
}

static gboolean flow_equal(gconstpointer a, gconstpointer b) {
  const EsFlow *x = a, *y = b;
  return es_address_equal(&x->from, &y->from) && es_address_equal(&x->to, &y->to);
}

static void tomb_free(gpointer data) {
  Tomb *tomb = data;
  g_free(tomb->call_id);
  g_free(tomb);
}

EsCallTable *es_call_table_new(void) {
  EsCallTable *table = g_new0(EsCallTable, 1);
  table->calls = g_hash_table_new(g_str_hash, g_str_equal);
  table->owners = g_hash_table_new_full(es_address_hash, es_address_equal, NULL, g_free);
  table->flows = g_hash_table_new_full(flow_hash, flow_equal, NULL, g_free);
  table->tombs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, tomb_free);
  g_queue_init(&table->tomb_order);
  return table;
}

void es_call_table_free(EsCallTable *table) {
  g_hash_table_unref(table->calls);
  g_hash_table_unref(table->flows);
  g_hash_table_unref(table->owners);
  g_queue_clear(&table->tomb_order);
  g_hash_table_unref(table->tombs);
  g_free(table);
}

guint es_call_table_size(const EsCallTable *table) {
  return g_hash_table_size(table->calls);
}

EsLiveCall *es_call_table_find(const EsCallTable *table, const char *key) {
  return g_hash_table_lookup(table->calls, key);
}

void es_call_table_add(EsCallTable *table, EsLiveCall *call) {
  g_hash_table_insert(table->calls, (char *)es_live_call_key(call), call);
}

GPtrArray *es_call_table_list(const EsCallTable *table) {
  GPtrArray *list = g_ptr_array_sized_new(g_hash_table_size(table->calls));
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, table->calls);
  while (g_hash_table_iter_next(&iter, NULL, &call))
    g_ptr_array_add(list, call);
  return list;
}

void es_call_table_hold(const EsCallTable *table, EsHoldings *own) {
  GHashTableIter iter;
  gpointer each;
  g_hash_table_iter_init(&iter, table->calls);
  while (g_hash_table_iter_next(&iter, NULL, &each)) {
    const EsLiveCall *call = each;
    if (!call->left && call->row->call_id)
      es_holdings_add_call(own, call->row->call_id);
  }
  g_hash_table_iter_init(&iter, table->tombs);
  while (g_hash_table_iter_next(&iter, &each, NULL))
    es_holdings_add_call(own, each);
}

// ---- tombstones

static void bury(EsCallTable *table, const char *call_id, const char *tag, guint32 cseq, gint64 now_us) {
  Tomb *tomb = g_hash_table_lookup(table->tombs, call_id);
  if (tomb) {
    tomb->cseq = cseq;
    tomb->tag_hash = tag ? g_str_hash(tag) : 0;
    return;
  }
  if (table->tomb_order.length >= MAX_TOMBS) {
    Tomb *oldest = g_queue_pop_head(&table->tomb_order);
    g_hash_table_remove(table->tombs, oldest->call_id);
  }
  tomb = g_new0(Tomb, 1);
  tomb->call_id = g_strdup(call_id);
  tomb->tag_hash = tag ? g_str_hash(tag) : 0;
  tomb->cseq = cseq;
  tomb->until_us = now_us + TOMB_US;
  g_hash_table_insert(table->tombs, tomb->call_id, tomb);
  g_queue_push_tail(&table->tomb_order, tomb);
}

gboolean es_call_table_is_buried(const EsCallTable *table, const EsSipMessage *m) {
  const Tomb *tomb = g_hash_table_lookup(table->tombs, es_sip_call_id(m));
  const char *tag = es_sip_from(m)->tag;
  if (!tomb || es_sip_to(m)->tag)
    return tomb != NULL;
  return tomb->tag_hash == (tag ? g_str_hash(tag) : 0) && es_sip_cseq(m) <= tomb->cseq;
}

void es_call_table_sweep_tombs(EsCallTable *table, gint64 now_us) {
  Tomb *oldest;
  while ((oldest = g_queue_peek_head(&table->tomb_order)) && oldest->until_us < now_us) {
    g_queue_pop_head(&table->tomb_order);
    g_hash_table_remove(table->tombs, oldest->call_id);
  }
}

// ---- addresses and flows

static void forget_flow(EsCallTable *table, EsFlow *flow) {
  GArray *streams = flow->call->streams;
  for (guint i = 0; i < streams->len; i++) {
    EsLiveStream *stream = &g_array_index(streams, EsLiveStream, i);
    if (stream->flow == flow)
      stream->flow = NULL;
  }
  g_hash_table_remove(table->flows, flow);
}

static gboolean call_owns(const EsCallTable *table, const EsLiveCall *call, const EsAddress *address) {
  const Owner *owner = g_hash_table_lookup(table->owners, address);
  return owner && owner->call == call;
}

// After an end of some flows changed hands: a call keeps the flows of which it still owns an end. With all,
// flows are matched anew whoever owns them.
static void review_flows(EsCallTable *table, EsLiveCall *call, const EsAddress *touched, gboolean all) {
  for (guint i = call->flows->len; i > 0; i--) {
    EsFlow *flow = call->flows->pdata[i - 1];
    if (touched && !es_address_equal(&flow->from, touched) && !es_address_equal(&flow->to, touched))
      continue;
    if (!all && (call_owns(table, call, &flow->from) || call_owns(table, call, &flow->to)))
      continue;
    g_ptr_array_remove_index_fast(call->flows, i - 1);
    forget_flow(table, flow);
  }
}

static void drop_address(EsLiveCall *call, const EsAddress *address) {
  for (guint i = 0; i < call->addresses->len; i++)
    if (es_address_equal(&g_array_index(call->addresses, EsAddress, i), address)) {
      g_array_remove_index_fast(call->addresses, i);
      return;
    }
}

// before is who had the address until now, NULL if nobody.
static void take_over(EsCallTable *table, const Owner *before, const Owner *owner) {
  if (owner->call->addresses->len >= ES_CALL_MAX_ADDRESSES)
    return;
  EsLiveCall *loser = before ? before->call : NULL;
  Owner *own = g_memdup2(owner, sizeof *owner);
  if (loser)
    drop_address(loser, &owner->address);
  g_hash_table_replace(table->owners, &own->address, own);
  g_array_append_val(own->call->addresses, own->address);
  if (loser) // a recorder's port is whose line it is, whoever had the other end
    review_flows(table, loser, &own->address, loser->session != NULL);
}

static void own(EsCallTable *table, EsLiveCall *call, int sent, int heard, const EsAddress *address) {
  Owner *owner = g_hash_table_lookup(table->owners, address);
  if (!owner || owner->call != call) {
    take_over(table, owner, &(Owner){*address, call, sent, heard, FALSE});
    return;
  }
  gboolean moves = owner->sent != sent || owner->heard != heard;
  if (moves && (owner->learnt || call->session)) {
    owner->sent = sent;
    owner->heard = heard;
    review_flows(table, call, address, TRUE);
  }
  owner->learnt = FALSE;
}

void es_call_table_own(EsCallTable *table, EsLiveCall *call, int side, const EsAddress *address) {
  own(table, call, side, 1 - side, address);
}

void es_call_table_own_line(EsCallTable *table, EsLiveCall *call, int leg, gboolean is_source,
                            const EsAddress *address) {
  own(table, call, is_source ? leg : -1, is_source ? -1 : leg, address);
}

EsLiveCall *es_call_table_owner(const EsCallTable *table, const EsAddress *address) {
  const Owner *owner = g_hash_table_lookup(table->owners, address);
  return owner ? owner->call : NULL;
}

// An address that only packets have shown, the other end of one that is known; a description or an open call
// that has it goes first.
static void learn(EsCallTable *table, const Owner *known, const EsAddress *address) {
  Owner *owner = g_hash_table_lookup(table->owners, address);
  if (owner && (owner->call == known->call || !owner->call->over))
    return;
  take_over(table, owner, &(Owner){*address, known->call, known->heard, known->sent, TRUE});
}

static gboolean leg_is_busy(const EsLiveCall *call, int leg) {
  for (guint i = 0; i < call->streams->len; i++)
    if (g_array_index(call->streams, EsLiveStream, i).leg == leg)
      return TRUE;
  return FALSE;
}

// Whose voice it is when both ends are of the same call. They disagree when one of them was learnt and a
// relay stands between; then the leg that has no voice yet.
static int agree(const EsLiveCall *call, const Owner *to, const Owner *from) {
  int by_destination = to->heard, by_source = from->sent;
  if (by_destination < 0 || by_source < 0)
    return MAX(by_destination, by_source);
  if (by_destination == by_source || call->session || !leg_is_busy(call, by_destination))
    return by_destination;
  return by_source;
}

static const EsFlow *add_flow(EsCallTable *table, EsLiveCall *call, int leg, const EsAddress *from,
                              const EsAddress *to) {
  if (call->flows->len >= ES_CALL_MAX_FLOWS)
    return NULL;
  EsFlow *flow = g_new0(EsFlow, 1);
  *flow = (EsFlow){.from = *from, .to = *to, .call = call, .leg = leg};
  g_hash_table_insert(table->flows, flow, flow);
  g_ptr_array_add(call->flows, flow);
  return flow;
}

static const EsFlow *match(EsCallTable *table, const EsAddress *from, const EsAddress *to) {
  const Owner *destination = g_hash_table_lookup(table->owners, to);
  const Owner *source = g_hash_table_lookup(table->owners, from);
  if (!destination && !source)
    return NULL;
  if (destination && source && destination->call != source->call) {
    if (destination->call->over && !source->call->over)
      destination = NULL;
    else
      source = NULL;
  }
  const Owner known = destination ? *destination : *source;
  int leg = destination && source ? agree(known.call, destination, source)
            : destination         ? destination->heard
                                  : source->sent;
  const EsFlow *flow = leg >= 0 ? add_flow(table, known.call, leg, from, to) : NULL;
  if (flow && !source)
    learn(table, &known, from);
  if (flow && !destination)
    learn(table, &known, to);
  return flow;
}

const EsFlow *es_call_table_flow(EsCallTable *table, const EsAddress *from, const EsAddress *to) {
  EsFlow key = {.from = *from, .to = *to};
  const EsFlow *flow = g_hash_table_lookup(table->flows, &key);
  return flow ? flow : match(table, from, to);
}

const EsFlow *es_call_table_claim(EsCallTable *table, EsLiveCall *call, int leg, const EsAddress *from,
                                  const EsAddress *to) {
  EsFlow key = {.from = *from, .to = *to};
  EsFlow *flow = g_hash_table_lookup(table->flows, &key);
  if (flow && flow->call == call && flow->leg == leg)
    return flow;
  if (flow) {
    g_ptr_array_remove_fast(flow->call->flows, flow);
    forget_flow(table, flow);
  }
  return add_flow(table, call, leg, from, to);
}

void es_call_table_replace(EsCallTable *table, EsLiveCall *old, EsLiveCall *fresh) {
  for (guint i = 0; i < old->flows->len; i++)
    forget_flow(table, old->flows->pdata[i]);
  g_ptr_array_set_size(old->flows, 0);
  for (guint i = 0; i < old->addresses->len; i++) {
    const EsAddress *address = &g_array_index(old->addresses, EsAddress, i);
    Owner *owner = g_hash_table_lookup(table->owners, address);
    if (!owner || owner->call != old)
      continue;
    owner->call = fresh;
    g_array_append_val(fresh->addresses, *address);
  }
  g_array_set_size(old->addresses, 0);
  g_hash_table_remove(table->calls, es_live_call_key(old));
  es_call_table_add(table, fresh);
}

void es_call_table_remove(EsCallTable *table, EsLiveCall *call, gint64 now_us) {
  for (guint i = 0; i < call->flows->len; i++)
    forget_flow(table, call->flows->pdata[i]);
  g_ptr_array_set_size(call->flows, 0);
  for (guint i = 0; i < call->addresses->len; i++)
    if (call_owns(table, call, &g_array_index(call->addresses, EsAddress, i)))
      g_hash_table_remove(table->owners, &g_array_index(call->addresses, EsAddress, i));
  g_array_set_size(call->addresses, 0);
  g_hash_table_remove(table->calls, es_live_call_key(call));
  if (!call->session)
    bury(table, call->row->call_id, call->dialog.caller_tag, MAX(call->dialog.cseq, call->cseq[0]), now_us);
}
