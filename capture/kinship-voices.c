// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the traffic of two calls proves, looked at each second: a relay that keeps SSRC and sequence numbers
// shows each voice twice; a phone stops to ring when somebody else has picked up its call.
#include "earshot/common/i18n.h"
#include "kin.h"
#include <string.h>

#define LIVELY_US (2 * ES_US_PER_S)
#define NEAR_PACKETS 25
#define LOOKS_BOTH 2  // that must agree when both voices are heard
#define LOOKS_ONE 5   // when only one is
#define MOST_LOOKS 15 // then the two are no pair
#define MOST_PAIRS 1024
#define PICKUP_WAIT_US (1500 * ES_US_PER_MS)
#define MOST_PICKUPS 256

typedef struct {
  EsKin *a, *b;
  EsAddress host; // where they meet
  guint looks, agreed;
  guint16 highest; // of a's first stream at the latest look that agreed
} EsKinPair;

typedef struct {
  EsKin *kin;
  gint64 at_us; // when it was answered
} EsKinPickup;

void es_kin_forget_pending(EsKinship *k, const EsKin *kin) {
  for (guint i = k->pairs->len; i > 0; i--) {
    const EsKinPair *pair = k->pairs->pdata[i - 1];
    if (pair->a == kin || pair->b == kin)
      g_ptr_array_remove_index_fast(k->pairs, i - 1);
  }
  for (guint i = k->pickups->len; i > 0; i--)
    if (((EsKinPickup *)k->pickups->pdata[i - 1])->kin == kin)
      g_ptr_array_remove_index_fast(k->pickups, i - 1);
}

// ---- the same voices

static gboolean is_lively(const EsLiveCall *call, const EsLiveStream *s, gint64 now_us) {
  return s->ssrc != 0 && now_us - call->set_us - s->last_us <= LIVELY_US;
}

static const EsLiveStream *find_same(const EsLiveCall *call, const EsLiveStream *wanted, gint64 now_us) {
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *s = &g_array_index(call->streams, EsLiveStream, i);
    gint16 apart = (gint16)(s->highest - wanted->highest);
    if (s->ssrc == wanted->ssrc && is_lively(call, s, now_us) && apart <= NEAR_PACKETS &&
        apart >= -NEAR_PACKETS)
      return s;
  }
  return NULL;
}

// Whether each voice of one that is heard now is heard in the other; *turned: their legs stand the other way
// round.
static gboolean is_contained(const EsLiveCall *call, const EsLiveCall *other, gint64 now_us, guint *legs,
                             int *turned) {
  gboolean heard[2] = {FALSE, FALSE}, found[2] = {FALSE, FALSE};
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *s = &g_array_index(call->streams, EsLiveStream, i);
    if (s->leg > 1 || !is_lively(call, s, now_us))
      continue;
    const EsLiveStream *twin = find_same(other, s, now_us);
    int way = twin ? twin->leg ^ s->leg : -1;
    heard[s->leg] = TRUE;
    if (twin && *turned >= 0 && way != *turned)
      return FALSE;
    if (twin)
      *turned = way;
    found[s->leg] |= twin != NULL;
  }
  *legs = (guint)(found[0] + found[1]);
  return *legs > 0 && heard[0] == found[0] && heard[1] == found[1];
}

static guint16 highest_of(const EsLiveCall *call) {
  return g_array_index(call->streams, EsLiveStream, 0).highest;
}

// TRUE when the pair is decided, one way or the other.
static gboolean look(EsKinPair *pair, gint64 now_us, gboolean *same) {
  guint legs, back;
  int turned = -1;
  *same = FALSE;
  if (!pair->a->call || !pair->b->call || ++pair->looks > MOST_LOOKS)
    return TRUE;
  if (!is_contained(pair->a->call, pair->b->call, now_us, &legs, &turned) ||
      !is_contained(pair->b->call, pair->a->call, now_us, &back, &turned)) {
    pair->agreed = 0;
    return FALSE;
  }
  guint16 highest = highest_of(pair->a->call);
  if (pair->agreed == 0 || highest != pair->highest)
    pair->agreed++;
  pair->highest = highest;
  *same = pair->agreed > (legs == 2 ? LOOKS_BOTH : LOOKS_ONE);
  return *same;
}

// Another call of the same host sounds the same (machines that play one recording into many calls): which two
// are one conversation cannot be told.
static gboolean is_ambiguous(const EsKinship *k, const EsKinPair *pair) {
  for (guint i = 0; i < k->pairs->len; i++) {
    const EsKinPair *other = k->pairs->pdata[i];
    gboolean touches =
        other->a == pair->a || other->a == pair->b || other->b == pair->a || other->b == pair->b;
    if (other != pair && other->agreed > 0 && touches && es_address_equal(&other->host, &pair->host))
      return TRUE;
  }
  return FALSE;
}

static void add_pair(EsKinship *k, EsKin *a, EsKin *b) {
  EsKinLink *link = es_kin_link_between(a, b);
  EsAddress host;
  if (a == b || !a->call || !b->call || (link && link->same) || k->pairs->len >= MOST_PAIRS ||
      !es_kin_meet(a, b, &host))
    return;
  for (guint i = 0; i < k->pairs->len; i++) {
    const EsKinPair *have = k->pairs->pdata[i];
    if ((have->a == a && have->b == b) || (have->a == b && have->b == a))
      return;
  }
  EsKinPair *pair = g_new0(EsKinPair, 1);
  *pair = (EsKinPair){.a = a, .b = b, .host = host};
  g_ptr_array_add(k->pairs, pair);
}

static void mark_streams(EsKinship *k, EsKin *kin) {
  for (; kin->n_streams < kin->call->streams->len; kin->n_streams++) {
    char ssrc[16];
    g_snprintf(ssrc, sizeof ssrc, "%08x",
               g_array_index(kin->call->streams, EsLiveStream, kin->n_streams).ssrc);
    es_kin_mark(k, kin, 'r', ssrc);
    const GPtrArray *marked = es_kin_marked(k, 'r', ssrc);
    for (guint i = 0; marked && i < marked->len; i++)
      add_pair(k, kin, marked->pdata[i]);
  }
}

gboolean es_kin_sweep_voices(EsKinship *k, const EsStoryCalls *calls, gint64 now_us, GError **error) {
  GHashTableIter iter;
  gpointer kin;
  g_hash_table_iter_init(&iter, k->by_call);
  while (g_hash_table_iter_next(&iter, NULL, &kin))
    if (((EsKin *)kin)->call->settings->link.media)
      mark_streams(k, kin);
  for (guint i = k->pairs->len; i > 0; i--) {
    EsKinPair pair = *(EsKinPair *)k->pairs->pdata[i - 1];
    gboolean same;
    if (!look(k->pairs->pdata[i - 1], now_us, &same) || (same && is_ambiguous(k, k->pairs->pdata[i - 1])))
      continue;
    g_ptr_array_remove_index_fast(k->pairs, i - 1);
    if (same &&
        !es_kin_link(calls, pair.a, pair.b, "same-conversation", N_("the same voices"), now_us, error))
      return FALSE;
  }
  return TRUE;
}

// ---- pick-ups

// What somebody dialled after a pick-up code; NULL if it is none.
static const char *picked_up_by(const EsLiveCall *call) {
  char **codes = call->settings->link.pickup;
  for (guint i = 0; call->row->callee && codes && codes[i]; i++)
    if (g_str_has_prefix(call->row->callee, codes[i]))
      return call->row->callee + strlen(codes[i]);
  return NULL;
}

void es_kin_pickup(EsKinship *k, EsKin *kin) {
  if (!picked_up_by(kin->call) || k->pickups->len >= MOST_PICKUPS)
    return;
  EsKinPickup *pickup = g_new0(EsKinPickup, 1);
  *pickup = (EsKinPickup){.kin = kin, .at_us = kin->answered_us};
  g_ptr_array_add(k->pickups, pickup);
}

static gboolean stopped_ringing(const EsKin *kin, const EsKinPickup *pickup, const char *extension) {
  const EsDialog *d = &kin->call->dialog;
  return kin != pickup->kin && d->cancelled && d->answered_us == ES_UNKNOWN &&
         ABS(d->cancelled_us + kin->call->set_us - pickup->at_us) <= ES_US_PER_S &&
         (!*extension || g_strcmp0(kin->call->row->callee, extension) == 0);
}

// Those that stopped to ring at that moment, if all of them are one caller's.
static GPtrArray *find_rung(const EsKinship *k, const EsKinPickup *pickup) {
  g_autoptr(GPtrArray) found = g_ptr_array_new();
  const char *extension = picked_up_by(pickup->kin->call);
  GHashTableIter iter;
  gpointer kin;
  g_hash_table_iter_init(&iter, k->by_call);
  while (extension && g_hash_table_iter_next(&iter, NULL, &kin)) {
    if (!stopped_ringing(kin, pickup, extension))
      continue;
    if (found->len && g_strcmp0(((EsKin *)kin)->caller, ((EsKin *)found->pdata[0])->caller) != 0)
      return NULL; // whose call it was cannot be told
    g_ptr_array_add(found, kin);
  }
  return g_steal_pointer(&found);
}

static gboolean settle_pickup(const EsKinship *k, const EsStoryCalls *calls, const EsKinPickup *pickup,
                              gint64 now_us, GError **error) {
  g_autoptr(GPtrArray) rung = pickup->kin->call ? find_rung(k, pickup) : NULL;
  for (guint i = 0; rung && i < rung->len; i++) {
    EsKin *other = rung->pdata[i];
    other->call->dialog.elsewhere = TRUE;
    if (!es_kin_link(calls, pickup->kin, other, "picked-up", other->call->row->callee, now_us, error))
      return FALSE;
  }
  return TRUE;
}

gboolean es_kin_sweep_pickups(EsKinship *k, const EsStoryCalls *calls, gint64 now_us, GError **error) {
  for (guint i = k->pickups->len; i > 0; i--) {
    EsKinPickup pickup = *(EsKinPickup *)k->pickups->pdata[i - 1];
    if (now_us - pickup.at_us < PICKUP_WAIT_US)
      continue;
    g_ptr_array_remove_index_fast(k->pickups, i - 1);
    if (!settle_pickup(k, calls, &pickup, now_us, error))
      return FALSE;
  }
  return TRUE;
}
