// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether packets between two addresses are a voice, what kind, and whether it is encrypted: from the packets
// alone.
#pragma once

#include "earshot/encode/codec.h"
#include "earshot/wire/rtp.h"

typedef struct {
  guint32 ssrc;
  guint8 payload_type; // of its first packet
  gint64 first_us, last_us;
  guint16 sequence;
  guint32 timestamp, first_timestamp;
  guint packets;        // taken
  guint stray;          // another SSRC, or a sequence number that does not follow
  guint steps;          // pairs of neighbours of this payload type
  guint opus;           // of them: as long as its Opus frames say
  guint sized;          // of them: the payload has the size that its static type has
  guint tagged;         // of them: by an authentication tag longer
  gsize tag_bytes;      // how much longer the first of them was
  guint before_length;  // of the latest packet's payload
  guint before_samples; // that its Opus frames hold, at 48 kHz; 0 if they are none
} EsRtpCheck;

void es_rtp_check_begin(EsRtpCheck *check, const EsRtp *first, gint64 now_us);
void es_rtp_check_take(EsRtpCheck *check, const EsRtp *rtp, gint64 now_us);

typedef enum {
  ES_RTP_CHECK_WAITS,
  ES_RTP_CHECK_VOICE,
  ES_RTP_CHECK_NOTHING, // no voice: other traffic, video
} EsRtpVerdict;

EsRtpVerdict es_rtp_check_verdict(const EsRtpCheck *check);
// Whether its packets are longer than its codec makes them, all by the same few bytes.
gboolean es_rtp_check_is_encrypted(const EsRtpCheck *check);
// TRUE if it can be nothing but Opus: a clock of 48 kHz, and every packet as long as its frames say.
gboolean es_rtp_check_is_opus(const EsRtpCheck *check);
