// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call of which nothing but its RTP is known. Its legs: 0 the voice that was found first, 1 the other one.
#pragma once

#include "call.h"
#include "rtp-check.h"

// Between which addresses it was found.
typedef struct {
  EsAddress from, to;
} EsRtpOnlyWay;

// NULL with an error when the index fails. The same call has the same key, whichever capture it comes from
// and whichever of its voices is found first: its two addresses and its first second.
EsLiveCall *es_rtp_only_call_new(const EsCallContext *context, const char *source, const EsAddress *from,
                                 const EsAddress *to, gint64 started_us, GError **error);
// NULL for every other call.
const EsRtpOnlyWay *es_rtp_only_way(const EsLiveCall *call);
// What its packets told of the voice of a leg.
void es_rtp_only_learn(EsLiveCall *call, int leg, const EsRtpCheck *check);
