// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// RTP that belongs to no call that was seen, because its signalling is encrypted or passes elsewhere.
//
// A stream is what lasts a second and more with one SSRC, sequence numbers that count and timestamps that run
// as those of a voice do (rtp-check.h); anything else that has the version of RTP is nobody's. [record]
// rtp_only=off counts such streams; on makes calls of them: parties unknown, answered with the first packet,
// over when both voices have been silent for media_timeout. Packets from before the stream was known for one
// are kept until then, so nothing of it is lost.
//
// The other voice of such a call comes the other way between its two addresses, or between the same two hosts
// when it begins within three seconds and nobody else there could be meant.
//
// When signalling shows up for it after all, that call takes the media from then on, and both are one story.
// What goes on after a call's end, on its way and with its SSRC, is that call's and begins no other.
//
// Bounds: ES_RTP_ONLY_MOST streams that are looked at, ES_RTP_ONLY_KEPT_BYTES of packets that wait; beyond
// them streams are not looked at.
#pragma once

#include "worker.h"

#define ES_RTP_ONLY_MOST 4096
#define ES_RTP_ONLY_KEPT_BYTES (32 * 1024 * 1024)

typedef struct EsRtpOnly EsRtpOnly;

EsRtpOnly *es_rtp_only_new(EsWorker *worker, EsCaptureStats *stats);
void es_rtp_only_free(EsRtpOnly *rtp_only);
// The capture's clock went back.
void es_rtp_only_clear(EsRtpOnly *rtp_only);

// A packet that belongs to no call.
gboolean es_rtp_only_packet(EsRtpOnly *rtp_only, const EsDatagram *datagram, const EsRtp *rtp,
                            GError **error);
// Each second of the capture's clock.
void es_rtp_only_sweep(EsRtpOnly *rtp_only, gint64 now_us);
// The ways of all that it looks at.
void es_rtp_only_hold(const EsRtpOnly *rtp_only, EsHoldings *own, gint64 now_us);
// Streams of which it is not known yet whether they are calls.
guint es_rtp_only_count(const EsRtpOnly *rtp_only);
// A call is about to leave the table: what its streams still send is not another call.
void es_rtp_only_ended(EsRtpOnly *rtp_only, const EsLiveCall *call, gint64 now_us);
// The call says that one of its sides hears at this address: a call without signalling that had it is over.
gboolean es_rtp_only_hand_over(EsRtpOnly *rtp_only, EsLiveCall *call, const EsAddress *address, gint64 now_us,
                               GError **error);
