// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Inside kinship*.c and duplicates.c: what is remembered of one call.
#pragma once

#include "earshot/wire/relation.h"
#include "kinship.h"
#include "voices.h"

#define ES_KIN_MOST_MARKS 16
#define ES_KIN_MOST_LINKS 32

typedef struct EsKin EsKin;

// Two calls that are joined; each has one of its own.
typedef struct {
  EsKin *other;
  gboolean same;       // one conversation
  gboolean comparable; // may be: not two legs of a conference, nor a call and who picked it up
} EsKinLink;

struct EsKin {
  EsLiveCall *call;    // NULL once it is closed
  EsLiveCall *closing; // while its row is not finished, never looked into
  char *id, *call_id;
  gint64 started_us, answered_us, gone_us; // gone: closed; ES_UNKNOWN
  char session[2][ES_SESSION_UUID_SIZE];   // of its two ends
  GPtrArray *marks;                        // of char *: by which others find it
  EsAddress announced[2];                  // where its sides want to hear
  gboolean has_announced[2];
  EsAddress from, to;    // of its first message
  char *caller, *callee; // as they are compared; NULL if they tell nobody
  guint n_streams;       // of the call's, looked at
  GArray *links;         // of EsKinLink
  gboolean lent_agent;   // it knows its agent from a call that it is joined with
  gboolean gave_up;      // its CANCEL was looked at
  // Once it is closed:
  gboolean with_agent;
  char *client, *business_id;
  EsVoices *voices; // NULL without a recording, and before its row is finished
};

struct EsKinship {
  GHashTable *by_call; // EsLiveCall → EsKin, owned here while open
  GHashTable *closing; // EsLiveCall → EsKin
  GHashTable *marks;   // text → GPtrArray of EsKin
  GQueue ended;        // of EsKin, oldest first, owned here
  GPtrArray *pairs;    // of EsKinPair: the same SSRC, not yet known to be the same voice
  GPtrArray *pickups;  // of EsKinPickup: waiting to see which call stops to ring
};

// Puts the call among those that are found by this mark. FALSE if it has that mark, or has too many.
gboolean es_kin_mark(EsKinship *kinship, EsKin *kin, char kind, const char *value);
// Those with this mark, NULL if nobody.
GPtrArray *es_kin_marked(const EsKinship *kinship, char kind, const char *value);
EsKinLink *es_kin_link_between(const EsKin *kin, const EsKin *other);
// Joins two calls. kind is the event's.
gboolean es_kin_link(const EsStoryCalls *calls, EsKin *kin, EsKin *other, const char *kind,
                     const char *detail, gint64 now_us, GError **error);

// kinship-evidence.c: what each kind of evidence says of a call.
gboolean es_kin_by_session(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsSipMessage *m,
                           gint64 now_us, GError **error);
gboolean es_kin_by_headers(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsSipMessage *m,
                           gint64 now_us, GError **error);
gboolean es_kin_by_addresses(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, const EsMediaChange *change,
                             gint64 now_us, GError **error);
// The one host at which the ways of two calls meet: what turns one into the other stands there. FALSE if
// they have no host in common, or both: then they are two calls of the same two hosts.
gboolean es_kin_meet(const EsKin *a, const EsKin *b, EsAddress *host);
// TRUE if both ends of the two calls hear at the same addresses, and the other goes on.
gboolean es_kin_shares_ends(const EsKin *kin, const EsKin *other);
// TRUE if what received one of them sent the other: callers of both are on the same side.
gboolean es_kin_passed_on(const EsKin *a, const EsKin *b);
// Its phone stopped to ring because another, which rang for the same caller, was answered.
gboolean es_kin_by_ringing(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gboolean fresh, gint64 now_us,
                           GError **error);
// At the answer.
gboolean es_kin_by_numbers(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gint64 now_us,
                           GError **error);
gboolean es_kin_by_dialogs(EsKinship *k, const EsStoryCalls *calls, EsKin *kin, gboolean fresh,
                           const EsSipMessage *m, gint64 now_us, GError **error);

// kinship-voices.c: the same voices, and pick-ups; each second.
gboolean es_kin_sweep_voices(EsKinship *k, const EsStoryCalls *calls, gint64 now_us, GError **error);
gboolean es_kin_sweep_pickups(EsKinship *k, const EsStoryCalls *calls, gint64 now_us, GError **error);
void es_kin_pickup(EsKinship *k, EsKin *kin);
// The call is forgotten: nothing waits for it any more.
void es_kin_forget_pending(EsKinship *k, const EsKin *kin);
