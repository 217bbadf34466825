// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that are one conversation, or belong to one: what a B2BUA makes of a call has a Call-ID of its own.
// Joined calls share a group (story.h); of a conversation that was recorded twice one recording stays.
//
// Evidence, each of which the group [link] can switch off:
//   Session-ID   RFC 7989: both UUIDs the same, in either order: the same conversation. One of them the same:
//                one story (forks, transfers). RFC 7329: the one id the same.
//   headers      those of the configuration: equal values are one story.
//   media        both ends' addresses the same while both calls go on, or the same voices: in both directions
//                the same SSRC at the same sequence number, seen going on; and the calls meet at one host.
//                The same conversation.
//   numbers      the same two numbers, one way on from where the other came, at the same time, and no third
//                call of that kind. The same conversation.
//   dialogs      Join (RFC 3911), one conference focus at the same time, a call that rings and ends in the
//                moment in which somebody who dialled a pick-up code is answered.
// A value that many calls share (ES_KIN_MOST_OF_MARK) says nothing and joins no more.
//
// Events: same-conversation, linked, conference, picked-up; detail: the evidence, the conference, or who was
// rung.
//
// Which recording stays is decided when a call ends (duplicates.h).
#pragma once

#include "story.h"

#define ES_KIN_MOST_OF_MARK 32
#define ES_KIN_MOST_ENDED 8192
#define ES_KIN_REMEMBERED_US (120 * ES_US_PER_S)

typedef struct EsKinship EsKinship;

EsKinship *es_kinship_new(void);
void es_kinship_free(EsKinship *kinship);
// The capture's clock went back.
void es_kinship_clear(EsKinship *kinship);

// One message of a call, after the call took it; datagram is the one that carried it, change what it said of
// media.
gboolean es_kinship_message(EsKinship *kinship, const EsStoryCalls *calls, EsLiveCall *call, gboolean fresh,
                            const EsSipMessage *message, const EsDatagram *datagram,
                            const EsMediaChange *change, gint64 now_us, GError **error);
// A side of the call wants to hear at this address. Of calls that share both ends' addresses, because no
// relay stands between, one gets all of the media, whoever announced what last.
void es_kinship_own(EsKinship *kinship, EsCallTable *table, EsLiveCall *call, const EsMediaChange *change);
// Each second of the capture's clock.
gboolean es_kinship_sweep(EsKinship *kinship, const EsStoryCalls *calls, gint64 now_us, GError **error);

// TRUE while a call that is over should not be finished yet: its conversation is recorded by a call that is
// about to end too, and only then is it known what that one holds.
gboolean es_kinship_waits(const EsKinship *kinship, const EsLiveCall *call, gint64 now_us);
// TRUE for a call whose conversation another open call records: the others are finished before it.
gboolean es_kinship_is_spare(const EsKinship *kinship, const EsLiveCall *call);
// The call is about to be finished: it learns from its kin what it lacks (client, queue, agent, business id,
// consent).
void es_kinship_lend(EsKinship *kinship, EsLiveCall *call, gint64 now_us);
// TRUE if what its recording holds decides, or is decided by, which recording of a conversation stays.
gboolean es_kinship_is_linked(const EsKinship *kinship, const EsLiveCall *call);
// The call is about to be closed; nothing here looks into it from now on.
void es_kinship_closing(EsKinship *kinship, EsLiveCall *call, gint64 now_us);
// A closed call was finished as this row, which may lose its recording to its kin's; it is freed afterwards.
void es_kinship_finished(EsKinship *kinship, EsLiveCall *call, EsCall *row);
// A closed call, whose row is not made, is about to be freed.
void es_kinship_left(EsKinship *kinship, EsLiveCall *call);
// A call that is skipped is about to be freed.
void es_kinship_skipped(EsKinship *kinship, EsLiveCall *call);
