// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "transfer.h"
#include "earshot/wire/refer.h"
#include "earshot/wire/sip-address.h"
#include <string.h>

#define REMEMBERED_US (120 * ES_US_PER_S)
#define DIALLED_WITHIN_US (10 * ES_US_PER_S)
#define MAX_NAMES 5 // of one party

typedef struct {
  char *id, *call_id; // of the call with the REFER
  int side;           // who sent it
  guint32 cseq;
  gint64 at_us;         // when it was sent, then when it was accepted
  gboolean challenged;  // asked for a password; it comes again
  gboolean accepted;    // a 2xx was seen
  gboolean settled;     // its end is known
  EsReferTarget target; // whom to call, and what to replace
  char *names[MAX_NAMES];
  guint n_names;    // by which the sender may be known
  char *transferee; // who is asked to call the target
} Refer;

struct EsTransfers {
  GQueue refers; // of Refer, oldest first
};

static void refer_free(gpointer data) {
  Refer *refer = data;
  g_free(refer->id);
  g_free(refer->call_id);
  es_refer_target_clear(&refer->target);
  for (guint i = 0; i < refer->n_names; i++)
    g_free(refer->names[i]);
  g_free(refer->transferee);
  g_free(refer);
}

EsTransfers *es_transfers_new(void) {
  EsTransfers *transfers = g_new0(EsTransfers, 1);
  g_queue_init(&transfers->refers);
  return transfers;
}

void es_transfers_clear(EsTransfers *transfers) {
  g_queue_clear_full(&transfers->refers, refer_free);
}

void es_transfers_free(EsTransfers *transfers) {
  es_transfers_clear(transfers);
  g_free(transfers);
}

static void forget_old(EsTransfers *transfers, gint64 now_us) {
  Refer *oldest;
  while ((oldest = g_queue_peek_head(&transfers->refers)) &&
         (now_us - oldest->at_us > REMEMBERED_US || transfers->refers.length > ES_TRANSFERS_MAX))
    refer_free(g_queue_pop_head(&transfers->refers));
}

static void forget(EsTransfers *transfers, Refer *refer) {
  g_queue_remove(&transfers->refers, refer);
  refer_free(refer);
}

// ---- the call with the REFER

static gboolean is_of(const Refer *refer, const EsLiveCall *call, int side, guint32 cseq) {
  return refer->side == side && refer->cseq == cseq && strcmp(refer->id, call->row->id) == 0;
}

static Refer *find_refer(EsTransfers *transfers, const EsLiveCall *call, int side, guint32 cseq) {
  for (GList *at = transfers->refers.tail; at; at = at->prev)
    if (is_of(at->data, call, side, cseq))
      return at->data;
  return NULL;
}

static guint count_of_call(const EsTransfers *transfers, const EsLiveCall *call) {
  guint n = 0;
  for (GList *at = transfers->refers.head; at; at = at->next)
    n += strcmp(((Refer *)at->data)->id, call->row->id) == 0;
  return n;
}

static void add_name(Refer *refer, const char *name) {
  if (name && *name && refer->n_names < MAX_NAMES)
    refer->names[refer->n_names++] = g_strdup(name);
}

static void add_name_in(Refer *refer, const char *address) {
  EsSipParty party;
  if (!address || !es_sip_party_parse(address, &party))
    return;
  add_name(refer, party.user);
  es_sip_party_clear(&party);
}

static void name_parties(Refer *refer, const EsLiveCall *call, const EsSipMessage *m) {
  add_name(refer, es_sip_from(m)->user);
  add_name_in(refer, es_sip_header(m, "Referred-By"));
  add_name(refer, refer->side == 0 ? call->row->caller : call->row->callee);
  if (refer->side == 1) {
    add_name(refer, call->dialog.answered_user);
    add_name(refer, call->connected);
  }
  refer->transferee = g_strdup(refer->side == 0 ? call->row->callee : call->row->caller);
}

// The call's own clock is not set with the wall's.
static void note(EsLiveCall *call, gint64 now_us, const char *kind, int side, const char *detail) {
  es_live_call_event(call, now_us - call->set_us, kind, side, detail);
}

// A REFER that comes again, with a password.
static Refer *find_challenged(EsTransfers *transfers, const EsLiveCall *call, int side, const char *user) {
  for (GList *at = transfers->refers.tail; at; at = at->prev) {
    Refer *refer = at->data;
    if (refer->challenged && is_of(refer, call, side, refer->cseq) &&
        g_strcmp0(refer->target.user, user) == 0)
      return refer;
  }
  return NULL;
}

static void add_refer(EsTransfers *transfers, const EsLiveCall *call, int side, const EsSipMessage *m,
                      EsReferTarget *target, gint64 now_us) {
  if (call->skip || count_of_call(transfers, call) >= ES_TRANSFERS_OF_CALL)
    return;
  Refer *refer = g_new0(Refer, 1);
  *refer = (Refer){.id = g_strdup(call->row->id),
                   .call_id = g_strdup(call->row->call_id),
                   .side = side,
                   .cseq = es_sip_cseq(m),
                   .at_us = now_us,
                   .target = *target};
  *target = (EsReferTarget){0};
  name_parties(refer, call, m);
  g_queue_push_tail(&transfers->refers, refer);
}

static void take_refer(EsTransfers *transfers, EsLiveCall *call, int side, const EsSipMessage *m,
                       gint64 now_us) {
  const char *value = es_sip_header(m, "Refer-To");
  EsReferTarget target = {0};
  if (es_sip_cseq(m) <= call->cseq[side])
    return; // a copy
  call->cseq[side] = es_sip_cseq(m);
  gboolean read = value && es_refer_target_parse(value, &target);
  Refer *again = read ? find_challenged(transfers, call, side, target.user) : NULL;
  if (again) {
    again->challenged = FALSE;
    again->cseq = es_sip_cseq(m);
  } else {
    note(call, now_us, "transfer", side, target.user);
    if (read)
      add_refer(transfers, call, side, m, &target, now_us);
  }
  es_refer_target_clear(&target);
}

static void note_failure(EsLiveCall *call, int side, int status, gint64 now_us) {
  g_autofree char *detail = g_strdup_printf("SIP %d", status);
  note(call, now_us, "transfer-failed", side, detail);
}

// Of an attended transfer the consultation belongs to the story as soon as the transfer is agreed.
static gboolean join_consultation(const EsStoryCalls *calls, EsLiveCall *call, const Refer *refer,
                                  GError **error) {
  const EsLiveCall *other =
      refer->target.replaces ? es_call_table_find(calls->table, refer->target.replaces) : NULL;
  return !other || other == call || other->skip ||
         es_story_join(calls, call, other->row->id, other->row->call_id, error);
}

static gboolean take_response(EsTransfers *transfers, const EsStoryCalls *calls, EsLiveCall *call, int side,
                              const EsSipMessage *m, gint64 now_us, GError **error) {
  Refer *refer = find_refer(transfers, call, side, es_sip_cseq(m));
  int status = es_sip_status(m);
  if (!refer || refer->accepted || status < 200)
    return TRUE;
  if (status == 401 || status == 407) { // sent again with a password
    refer->challenged = TRUE;
    return TRUE;
  }
  if (status >= 300) {
    note_failure(call, side, status, now_us);
    forget(transfers, refer);
    return TRUE;
  }
  refer->accepted = TRUE;
  refer->at_us = now_us;
  return join_consultation(calls, call, refer, error);
}

// The one asked to call tells what came of it.
static void take_notify(EsTransfers *transfers, EsLiveCall *call, int side, const EsSipMessage *m,
                        gint64 now_us) {
  int status = es_refer_status(m);
  if (status < 200)
    return;
  for (GList *at = transfers->refers.tail; at; at = at->prev) {
    Refer *refer = at->data;
    if (refer->settled || refer->side == side || strcmp(refer->id, call->row->id) != 0)
      continue;
    refer->settled = TRUE;
    if (status < 300)
      note(call, now_us, "transfer-done", refer->side, refer->target.user);
    else
      note_failure(call, refer->side, status, now_us);
    return;
  }
}

// ---- the call that it leads to

static gboolean goes_to(const EsLiveCall *call, const EsSipMessage *invite, const char *user) {
  if (!user)
    return FALSE;
  EsSipParty party = {0};
  const char *uri = es_sip_request_uri(invite);
  gboolean same = g_strcmp0(call->row->callee, user) == 0 ||
                  (uri && es_sip_party_parse(uri, &party) && g_strcmp0(party.user, user) == 0);
  es_sip_party_clear(&party);
  return same;
}

static gboolean is_sender(const Refer *refer, const char *name) {
  for (guint i = 0; name && i < refer->n_names; i++)
    if (strcmp(refer->names[i], name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean leads_to(const Refer *refer, const EsLiveCall *call, const EsSipMessage *invite,
                         const char *replaces, const char *referrer, gint64 now_us) {
  if (replaces && refer->target.replaces)
    return strcmp(replaces, refer->target.replaces) == 0;
  if (!goes_to(call, invite, refer->target.user))
    return FALSE;
  if (referrer)
    return is_sender(refer, referrer);
  return refer->accepted && now_us - refer->at_us <= DIALLED_WITHIN_US &&
         g_strcmp0(call->row->caller, refer->transferee) == 0;
}

static char *referring_user(const EsSipMessage *invite) {
  const char *value = es_sip_header(invite, "Referred-By");
  EsSipParty party = {0};
  if (!value || !es_sip_party_parse(value, &party))
    return NULL;
  char *user = g_steal_pointer(&party.user);
  es_sip_party_clear(&party);
  return user;
}

static const Refer *find_origin(const EsTransfers *transfers, const EsLiveCall *call,
                                const EsSipMessage *invite, const char *replaces, const char *referrer,
                                gint64 now_us) {
  for (GList *at = transfers->refers.tail; at; at = at->prev) {
    const Refer *refer = at->data;
    if (strcmp(refer->id, call->row->id) != 0 && leads_to(refer, call, invite, replaces, referrer, now_us))
      return refer;
  }
  return NULL;
}

static gboolean take_invite(EsTransfers *transfers, const EsStoryCalls *calls, EsLiveCall *call,
                            const EsSipMessage *invite, gint64 now_us, GError **error) {
  const char *header = es_sip_header(invite, "Replaces");
  g_autofree char *replaces = header ? es_replaces_call_id(header) : NULL;
  g_autofree char *referrer = referring_user(invite);
  const Refer *origin = find_origin(transfers, call, invite, replaces, referrer, now_us);
  EsLiveCall *replaced = replaces ? es_call_table_find(calls->table, replaces) : NULL;
  if (replaced && (replaced == call || replaced->skip))
    replaced = NULL;
  if (!origin && !replaced)
    return TRUE;
  if (replaced && !origin && replaced->dialog.state == ES_DIALOG_CALLING) {
    replaced->dialog.elsewhere = TRUE;
    note(call, now_us, "picked-up", -1, replaced->row->callee);
  } else {
    note(call, now_us, "transferred", -1, referrer ? referrer : origin ? origin->names[0] : NULL);
  }
  return (!origin || es_story_join(calls, call, origin->id, origin->call_id, error)) &&
         (!replaced || es_story_join(calls, call, replaced->row->id, replaced->row->call_id, error));
}

gboolean es_transfers_message(EsTransfers *transfers, const EsStoryCalls *calls, EsLiveCall *call,
                              gboolean fresh, const EsSipMessage *m, gint64 now_us, GError **error) {
  const char *method = es_sip_method(m);
  int sender = es_dialog_sender(&call->dialog, m);
  forget_old(transfers, now_us);
  if (fresh && es_sip_is_request(m) && !call->skip)
    return take_invite(transfers, calls, call, m, now_us, error);
  if (strcmp(method, "REFER") == 0) {
    if (!es_sip_is_request(m))
      return take_response(transfers, calls, call, 1 - sender, m, now_us, error);
    take_refer(transfers, call, sender, m, now_us);
  } else if (strcmp(method, "NOTIFY") == 0 && es_sip_is_request(m)) {
    take_notify(transfers, call, sender, m, now_us);
  }
  return TRUE;
}
