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
  EsAddress from, to; // the innermost ones
  const guint8 *payload;
  guint32 length; // of the payload that was captured
  gboolean cut;   // the snap length cut it
  // How it came here.
  guint16 identification; // of the IPv4 header; 0 for none
  guint16 vlan;           // the innermost tag; 0 without tags
  guint8 vlan_tags;
  guint64 way; // of what differs between places at which a packet is seen, and is the same at one place: link
               // addresses, tags, tunnels, hop limits
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
  ES_LINK_FRAGMENT,    // an IP fragment that waits for the others
  ES_LINK_SHORT,       // cut or malformed
  ES_LINK_UNSUPPORTED, // link type that nothing here reads
} EsLinkResult;

// What packets are wrapped in.
typedef enum {
  ES_TUNNEL_IP, // IPv4 and IPv6 in one another
  ES_TUNNEL_GRE,
  ES_TUNNEL_ERSPAN,
  ES_TUNNEL_PPTP,
  ES_TUNNEL_PPPOE,
  ES_TUNNEL_MPLS,
  ES_TUNNEL_VXLAN,
  ES_TUNNEL_GENEVE,
  ES_TUNNEL_GTP,
  ES_TUNNEL_TZSP,
  ES_TUNNEL_IPSEC, // from here on: seen, not read
  ES_TUNNEL_L2TP,
  ES_TUNNEL_MACSEC,
  ES_TUNNEL_MPPE, // PPP, compressed or encrypted
  ES_TUNNELS
} EsTunnel;

const char *es_tunnel_name(EsTunnel tunnel); // as people write it, in every language
gboolean es_tunnel_is_read(EsTunnel tunnel);

typedef struct {
  guint64 fragments;           // of IP, that were seen
  guint64 reassembled;         // datagrams made of them
  guint64 incomplete;          // fragments given up: the rest did not come, or they contradicted one another
  guint64 tunnels[ES_TUNNELS]; // packets; one in several tunnels counts in each
} EsLinkStats;

// What is kept of earlier packets of one source; one thread.
typedef struct EsLink EsLink;

EsLink *es_link_new(void);
void es_link_free(EsLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsLink, es_link_free)
// Ethernet with tags, Linux cooked v1 and v2, BSD null and loop, raw IP, PPP, Cisco HDLC, MPLS and netfilter
// log; within them IPv4 and IPv6 with extension headers and every tunnel above, nested up to a bound. A
// datagram in fragments comes with the packet that completes it. What *datagram points to lives until the
// next call, or as long as the packet where that is shorter. Beside UDP and TCP only its time and tags count.
EsLinkResult es_link_read(EsLink *link, const EsPacket *packet, EsDatagram *datagram);
// Fragments that still wait count as incomplete: nothing more comes.
void es_link_end(EsLink *link);
const EsLinkStats *es_link_stats(const EsLink *link);
gboolean es_link_type_supported(int link_type);
