// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From captured frames to what UDP and TCP carry: link, tunnel, network and transport headers.
#pragma once

#include "earshot/common/address.h"

typedef struct {
  gint64 time_us;      // the capture's clock
  int link_type;       // DLT_* of libpcap
  const guint8 *data;  // borrowed until the next call of next()
  guint32 length;      // captured
  guint32 wire_length; // on the wire; more than length when a snap length cut it
} EsPacket;

// What one UDP datagram or one TCP segment carries.
typedef struct {
  gint64 time_us;
  EsAddress from, to;
  const guint8 *payload;
  guint32 length; // of the payload that was captured
  gboolean cut;   // the snap length cut it
  // TCP alone.
  guint32 sequence;     // of the payload's first byte
  guint32 acknowledged; // sequence that the sender expects next, with ES_TCP_ACK
  guint8 flags;         // ES_TCP_*
  guint32 wire_length;  // of the payload as it was sent; more than length when cut
} EsDatagram;

enum { ES_TCP_FIN = 0x01, ES_TCP_SYN = 0x02, ES_TCP_RST = 0x04, ES_TCP_ACK = 0x10 };

typedef enum {
  ES_LINK_UDP,         // *datagram is filled
  ES_LINK_TCP,         // *datagram is filled, with a segment
  ES_LINK_OTHER,       // fine, but neither
  ES_LINK_FRAGMENT,    // an IP fragment (not reassembled)
  ES_LINK_SHORT,       // cut or malformed
  ES_LINK_UNSUPPORTED, // link type that nothing here reads
} EsLinkResult;

// Ethernet, 802.1Q/802.1ad, Linux cooked v1 and v2, BSD null and loop, raw IP; IPv4 and IPv6 with extension
// headers, also inside one another (IP-in-IP tunnels, two deep; the inner addresses count).
typedef struct EsLink EsLink; // what one source's packets have left behind; one thread

EsLink *es_link_new(void);
void es_link_free(EsLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsLink, es_link_free)
// What the datagram points to lives until the next call, or as long as the packet where that is shorter.
EsLinkResult es_link_read(EsLink *link, const EsPacket *packet, EsDatagram *datagram);
gboolean es_link_type_supported(int link_type);
