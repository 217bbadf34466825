// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What messages prove about two calls.
#include "earshot/common/i18n.h"
#include "earshot/wire/refer.h"
#include "kin.h"
#include <string.h>

#define LATER_US (3 * ES_US_PER_S)  // the second INVITE after the first
#define TOGETHER_US ES_US_PER_S     // the two answers
#define AROUND_US (5 * ES_US_PER_S) // in which no third call may have these numbers
#define ALIVE_US (10 * ES_US_PER_S)
#define RING_US ES_US_PER_S             // between the first and the last of phones that ring together
#define GIVE_UP_US (500 * ES_US_PER_MS) // from the answer of one of them to the CANCEL of the others

// The mark's others, none of them joined as one conversation yet.
static GPtrArray *others(const EsKinship *k, const EsKin *kin, char kind, const char *value) {
  GPtrArray *found = g_ptr_array_new(), *marked = es_kin_marked(k, kind, value);
  for (guint i = 0; marked && i < marked->len; i++) {
    EsKinLink *link = es_kin_link_between(kin, marked->pdata[i]);
    if (marked->pdata[i] != kin && (!link || !link->same))
      g_ptr_array_add(found, marked->pdata[i]);
  }
  return found;
}

// ---- Session-ID

static gboolean same_pair(const EsKin *a, const EsKin *b) {
  return a->session[0][0] && a->session[1][0] &&
         ((strcmp(a->session[0], b->session[0]) == 0 && strcmp(a->session[1], b->session[1]) == 0) ||
          (strcmp(a->session[0], b->session[1]) == 0 && strcmp(a->session[1], b->session[0]) == 0));
}

static void take_uuid(EsKinship *k, EsKin *kin, int side, const char *uuid) {
  if (!*uuid || strcmp(kin->session[side], uuid) == 0)
    return;
  g_strlcpy(kin->session[side], uuid, ES_SESSION_UUID_SIZE);
  es_kin_mark(k, kin, 's', uuid);
}

static gboolean join_session(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, int side, gint64 now_us,
                             GError **error) {
  g_autoptr(GPtrArray) list = others(k, kin, 's', kin->session[side]);
  for (guint i = 0; i < list->len; i++) {
    EsKin *other = list->pdata[i];
    gboolean same =
        kin->answered_us != ES_UNKNOWN && other->answered_us != ES_UNKNOWN && same_pair(kin, other);
    if (!es_kin_link(calls, kin, other, same ? "same-conversation" : "linked", "Session-ID", now_us, error))
      return FALSE;
  }
  return TRUE;
}

gboolean es_kin_by_session(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsSipMessage *m,
                           gint64 now_us, GError **error) {
  const char *value = es_sip_header(m, "Session-ID");
  int sender = es_dialog_sender(&kin->call->dialog, m);
  EsSessionId id;
  if (!value || !es_session_id_parse(value, &id))
    return TRUE;
  take_uuid(k, kin, sender, id.local);
  take_uuid(k, kin, 1 - sender, id.remote);
  return join_session(k, calls, kin, 0, now_us, error) &&
         (id.single || join_session(k, calls, kin, 1, now_us, error));
}

// ---- headers

gboolean es_kin_by_headers(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsSipMessage *m,
                           gint64 now_us, GError **error) {
  char **headers = kin->call->settings->link.headers;
  for (guint i = 0; headers && headers[i]; i++) {
    const char *value = es_sip_header(m, headers[i]);
    g_autofree char *named = value ? g_strdup_printf("%s:%s", headers[i], value) : NULL;
    if (!value || !*value || !es_kin_mark(k, kin, 'h', named))
      continue;
    g_autoptr(GPtrArray) list = others(k, kin, 'h', named);
    for (guint n = 0; n < list->len; n++)
      if (!es_kin_link(calls, kin, list->pdata[n], "linked", headers[i], now_us, error))
        return FALSE;
  }
  return TRUE;
}

// ---- addresses

static gboolean same_host(const EsAddress *a, const EsAddress *b) {
  return memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

gboolean es_kin_meet(const EsKin *a, const EsKin *b, EsAddress *host) {
  gboolean from = same_host(&a->from, &b->from) || same_host(&a->from, &b->to);
  gboolean to = same_host(&a->to, &b->from) || same_host(&a->to, &b->to);
  *host = from ? a->from : a->to;
  host->port = 0;
  return from != to;
}

static gboolean same_ends(const EsKin *a, const EsKin *b) {
  if (!a->has_announced[0] || !a->has_announced[1] || !b->has_announced[0] || !b->has_announced[1])
    return FALSE;
  return (es_address_equal(&a->announced[0], &b->announced[0]) &&
          es_address_equal(&a->announced[1], &b->announced[1])) ||
         (es_address_equal(&a->announced[0], &b->announced[1]) &&
          es_address_equal(&a->announced[1], &b->announced[0]));
}

// A call whose BYE was missed may have had these very ports before.
static gboolean is_alive(const EsKin *kin, gint64 now_us) {
  return kin->call && !kin->call->over &&
         (kin->answered_us == ES_UNKNOWN || now_us - kin->call->set_us - kin->call->last_us <= ALIVE_US);
}

// The one call with the same ends that meets this one; NULL also when there are several.
static EsKin *find_by_ends(const EsKinship *k, const EsKin *kin, const char *address, gint64 now_us) {
  g_autoptr(GPtrArray) list = others(k, kin, 'a', address);
  EsKin *found = NULL;
  for (guint i = 0; i < list->len; i++) {
    EsKin *other = list->pdata[i];
    EsAddress host;
    if (!is_alive(other, now_us) || !same_ends(kin, other) || !es_kin_meet(kin, other, &host))
      continue;
    if (found)
      return NULL;
    found = other;
  }
  return found;
}

gboolean es_kin_by_addresses(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsMediaChange *change,
                             gint64 now_us, GError **error) {
  if (change->side < 0 || !change->has_address)
    return TRUE;
  char text[ES_ADDRESS_TEXT_SIZE];
  kin->announced[change->side] = change->address;
  kin->has_announced[change->side] = TRUE;
  es_address_format(&change->address, text);
  es_kin_mark(k, kin, 'a', text);
  EsKin *other = is_alive(kin, now_us) ? find_by_ends(k, kin, text, now_us) : NULL;
  return !other ||
         es_kin_link(calls, kin, other, "same-conversation", N_("the same addresses"), now_us, error);
}

gboolean es_kin_passed_on(const EsKin *a, const EsKin *b) {
  return same_host(&a->to, &b->from) || same_host(&b->to, &a->from);
}

gboolean es_kin_shares_ends(const EsKin *kin, const EsKin *other) {
  return other->call && !other->call->over && same_ends(kin, other);
}

// ---- numbers and time

// TRUE if first (which began first) is the way to the B2BUA and second the way on: the same caller and the
// same callee; the second's INVITE leaves the host to which the first's went, within three seconds and while
// the first was not answered; both are answered within a second of each other.
static gboolean numbers_agree(const EsKin *first, const EsKin *second) {
  return first->answered_us != ES_UNKNOWN && second->answered_us != ES_UNKNOWN &&
         g_strcmp0(first->caller, second->caller) == 0 && g_strcmp0(first->callee, second->callee) == 0 &&
         same_host(&first->to, &second->from) && !same_host(&first->from, &second->from) &&
         second->started_us >= first->started_us && second->started_us - first->started_us <= LATER_US &&
         second->started_us <= first->answered_us &&
         ABS(first->answered_us - second->answered_us) <= TOGETHER_US;
}

static gboolean tells_somebody(const char *caller) {
  static const char *const nobody[] = {"anonymous", "unknown", "restricted", "private", "unavailable", NULL};
  return caller && !g_strv_contains(nobody, caller);
}

// TRUE if no call but these two has these numbers at that time: of four, nobody can tell which two are one.
static gboolean are_alone(const GPtrArray *marked, const EsKin *a, const EsKin *b) {
  gint64 from_us = MIN(a->started_us, b->started_us) - AROUND_US;
  gint64 until_us = MAX(a->answered_us, b->answered_us) + TOGETHER_US;
  for (guint i = 0; i < marked->len; i++) {
    const EsKin *third = marked->pdata[i];
    gboolean over_before = third->gone_us != ES_UNKNOWN && third->gone_us < from_us;
    if (third != a && third != b && third->started_us <= until_us &&
        (third->started_us >= from_us || !over_before))
      return FALSE;
  }
  return TRUE;
}

gboolean es_kin_by_numbers(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gint64 now_us,
                           GError **error) {
  if (!tells_somebody(kin->caller) || !kin->callee)
    return TRUE;
  g_autofree char *numbers = g_strdup_printf("%s>%s", kin->caller, kin->callee);
  es_kin_mark(k, kin, 'n', numbers);
  GPtrArray *marked = es_kin_marked(k, 'n', numbers);
  if (!marked || marked->len >= ES_KIN_MOST_OF_MARK)
    return TRUE;
  for (guint i = 0; i < marked->len; i++) {
    EsKin *other = marked->pdata[i];
    if (other == kin || !(numbers_agree(kin, other) || numbers_agree(other, kin)) ||
        !are_alone(marked, kin, other))
      continue;
    return es_kin_link(calls, kin, other, "same-conversation", N_("numbers and time"), now_us, error);
  }
  return TRUE;
}

// ---- phones that rang together

static gboolean rang_together(const EsKin *kin, const EsKin *other, gint64 now_us) {
  return other->call && other->answered_us != ES_UNKNOWN && now_us >= other->answered_us &&
         now_us - other->answered_us <= GIVE_UP_US && other->started_us <= kin->started_us + RING_US &&
         kin->started_us <= other->started_us + RING_US && g_strcmp0(kin->callee, other->callee) != 0;
}

gboolean es_kin_by_ringing(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gboolean fresh, gint64 now_us,
                           GError **error) {
  const EsDialog *d = &kin->call->dialog;
  if (!tells_somebody(kin->caller) || !(fresh || (d->cancelled && !kin->gave_up)))
    return TRUE;
  char host[ES_ADDRESS_TEXT_SIZE];
  EsAddress from = kin->from;
  from.port = 0;
  g_autofree char *caller = g_strdup_printf("%s %s", es_address_format(&from, host), kin->caller);
  es_kin_mark(k, kin, 'c', caller);
  kin->gave_up = d->cancelled;
  if (!d->cancelled || d->answered_us != ES_UNKNOWN)
    return TRUE;
  EsKin *answered = NULL;
  g_autoptr(GPtrArray) list = others(k, kin, 'c', caller);
  for (guint i = 0; i < list->len; i++) {
    if (!rang_together(kin, list->pdata[i], now_us))
      continue;
    if (answered)
      return TRUE; // whose call it was cannot be told
    answered = list->pdata[i];
  }
  return !answered || es_kin_link(calls, kin, answered, "linked", N_("rang together"), now_us, error);
}

// ---- other dialogs that a message names

static gboolean join_dialog(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsSipMessage *invite,
                            gint64 now_us, GError **error) {
  const char *value = es_sip_header(invite, "Join");
  g_autofree char *call_id = value ? es_replaces_call_id(value) : NULL;
  EsLiveCall *named = call_id ? es_call_table_find(calls->table, call_id) : NULL;
  EsKin *other = named ? g_hash_table_lookup(k->by_call, named) : NULL;
  return !other || es_kin_link(calls, kin, other, "conference", NULL, now_us, error);
}

gboolean es_kin_by_dialogs(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gboolean fresh,
                           const EsSipMessage *m, gint64 now_us, GError **error) {
  if (fresh && es_sip_is_request(m) && !join_dialog(k, calls, kin, m, now_us, error))
    return FALSE;
  g_autofree char *focus = es_sip_focus(m);
  if (!focus || !es_kin_mark(k, kin, 'f', focus))
    return TRUE;
  g_autoptr(GPtrArray) list = others(k, kin, 'f', focus);
  for (guint i = 0; i < list->len; i++) {
    EsKin *other = list->pdata[i];
    if (other->call && !other->call->over &&
        !es_kin_link(calls, kin, other, "conference", focus, now_us, error))
      return FALSE;
  }
  return TRUE;
}
