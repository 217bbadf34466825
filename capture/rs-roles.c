// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The standard does not say who calls whom. Vendors do: a flag of the participant, or the numbers (whole
// header values here and there) of the session or the recording.
#include <string.h>

#include "earshot/wire/sip-address.h"
#include "rs-model.h"

#define MIN_SUFFIX_DIGITS 7 // shorter numbers are the same only as a whole

char *es_rs_user_of(const char *address) {
  EsSipParty party;
  gsize scheme = strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  gboolean whole = address[scheme] == ':' || strchr(address, '<');
  g_autofree char *uri = whole ? g_strdup(address) : g_strconcat("sip:", address, NULL);
  if (!es_sip_party_parse(uri, &party))
    return g_strdup(address);
  char *user = g_strdup(party.user && *party.user ? party.user : address);
  es_sip_party_clear(&party);
  return user;
}

static char *digits_of(const char *text) {
  GString *digits = g_string_new(NULL);
  for (; *text; text++)
    if (g_ascii_isdigit(*text))
      g_string_append_c(digits, *text);
  return g_string_free(digits, FALSE);
}

// "+12125551212" and "2125551212" are one number.
static gboolean is_same_number(const char *a, const char *b) {
  if (g_ascii_strcasecmp(a, b) == 0)
    return TRUE;
  g_autofree char *left = digits_of(a), *right = digits_of(b);
  gboolean long_enough = MIN(strlen(left), strlen(right)) >= MIN_SUFFIX_DIGITS;
  return long_enough && (g_str_has_suffix(left, right) || g_str_has_suffix(right, left));
}

static char *number_of(const EsRsState *state, const char *session, const char *const *names) {
  for (guint i = 0; names[i]; i++) {
    const char *value = es_rs_state_extension(state, session, names[i]);
    if (value)
      return es_rs_user_of(value);
  }
  return NULL;
}

static EsRsRole role_by_flag(const EsRsState *state, const EsRsMember *member) {
  const char *calling = es_rs_find_value(state, member->id, "callingParty");
  if (!calling)
    return ES_RS_ROLE_UNKNOWN;
  return g_ascii_strcasecmp(calling, "true") == 0 ? ES_RS_CALLER : ES_RS_CALLEE;
}

static EsRsRole role_by_number(const EsRsMember *member, const char *caller, const char *callee) {
  if (!member->user)
    return ES_RS_ROLE_UNKNOWN;
  if (caller && is_same_number(member->user, caller))
    return ES_RS_CALLER;
  return callee && is_same_number(member->user, callee) ? ES_RS_CALLEE : ES_RS_ROLE_UNKNOWN;
}

// Of two the second is what the first is not.
static void complete_pair(EsRsMember *a, EsRsMember *b) {
  if (a->role != ES_RS_ROLE_UNKNOWN && b->role == ES_RS_ROLE_UNKNOWN)
    b->role = a->role == ES_RS_CALLER ? ES_RS_CALLEE : ES_RS_CALLER;
}

void es_rs_find_roles(const EsRsState *state, const EsRsView *view) {
  static const char *const calling[] = {"callingPartyNumber", "callData/fromhdr", NULL};
  static const char *const called[] = {"calledPartyNumber", "callData/tohdr", NULL};
  g_autofree char *caller = number_of(state, view->id, calling);
  g_autofree char *callee = number_of(state, view->id, called);
  for (guint i = 0; i < view->members->len; i++) {
    EsRsMember *member = g_ptr_array_index(view->members, i);
    member->role = role_by_flag(state, member);
    if (member->role == ES_RS_ROLE_UNKNOWN)
      member->role = role_by_number(member, caller, callee);
  }
  if (view->members->len == 2) {
    EsRsMember *a = g_ptr_array_index(view->members, 0), *b = g_ptr_array_index(view->members, 1);
    complete_pair(a, b);
    complete_pair(b, a);
  }
}
