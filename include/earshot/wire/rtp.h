// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// RTP headers (RFC 3550 section 5.1) and telling RTP, RTCP and everything else on a media port apart.
#pragma once

#include <glib.h>

typedef struct {
  guint8 payload_type;
  gboolean marker;
  guint16 sequence;
  guint32 timestamp;
  guint32 ssrc;
  const guint8 *payload; // into the packet, without contributing sources, extension and padding
  gsize length;
  const guint8 *packet; // all of it, as it came
  gsize packet_length;
  gboolean cut; // by the snap length; set by who knows
} EsRtp;

// FALSE for what is no RTP: other versions, RTCP, headers longer than the packet. A padding count that cannot
// be right (encrypted, or cut off) is ignored.
gboolean es_rtp_parse(const guint8 *data, gsize length, EsRtp *rtp);
// RTCP, also on the port of the media: packet types 192-223 (RFC 5761 section 4).
gboolean es_rtcp_looks_like(const guint8 *data, gsize length);
