// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From a captured frame to a UDP datagram: link header, VLAN tags, IPv4 or IPv6, UDP.
//
// Every layer works on a cursor that can only shrink (cursor.h). Lengths written in the headers may shorten
// the cursor (Ethernet pads short frames), never lengthen it. Nothing is copied, nothing is reassembled,
// checksums are not looked at (capturing hosts that offload them show wrong ones).
#include <pcap/dlt.h>

#include "earshot/wire/cursor.h"
#include "earshot/wire/packet.h"

#define MAX_VLAN_TAGS 8
#define MAX_IPV6_EXTENSIONS 16
#define MAX_TUNNELS 2

enum {
  TYPE_IPV4 = 0x0800,
  TYPE_IPV6 = 0x86dd,
  TYPE_VLAN = 0x8100,
  TYPE_QINQ = 0x88a8,
  TYPE_QINQ_OLD = 0x9100
};
enum {
  PROTO_HOP_BY_HOP = 0,
  PROTO_IPV4 = 4,
  PROTO_TCP = 6,
  PROTO_UDP = 17,
  PROTO_IPV6 = 41,
  PROTO_ROUTING = 43,
  PROTO_FRAGMENT = 44,
  PROTO_AUTHENTICATION = 51,
  PROTO_DESTINATION = 60,
  PROTO_MOBILITY = 135,
};

static EsLinkResult parse_udp(EsCursor *c, EsDatagram *d) {
  const guint8 *h = es_cursor_take(c, 8);
  if (!h)
    return ES_LINK_SHORT;
  d->from.port = es_be16(h);
  d->to.port = es_be16(h + 2);
  gsize claimed = es_be16(h + 4);
  if (claimed == 0) // a jumbogram, or segmentation left to the network card
    claimed = 8 + c->left;
  if (claimed < 8)
    return ES_LINK_SHORT;
  claimed -= 8;
  d->payload = c->at;
  d->length = (guint32)MIN(claimed, c->left);
  d->cut = claimed > c->left;
  return ES_LINK_UDP;
}

// d->wire_length is what the snap length cut off so far.
static EsLinkResult parse_tcp(EsCursor *c, EsDatagram *d) {
  const guint8 *h = es_cursor_take(c, 20);
  gsize header = h ? (gsize)(h[12] >> 4) * 4 : 0;
  if (header < 20 || !es_cursor_take(c, header - 20))
    return ES_LINK_SHORT;
  d->from.port = es_be16(h);
  d->to.port = es_be16(h + 2);
  d->sequence = es_be32(h + 4);
  d->acknowledged = es_be32(h + 8);
  d->flags = h[13];
  d->payload = c->at;
  d->length = (guint32)c->left;
  d->cut = d->wire_length > 0;
  d->wire_length += d->length;
  return ES_LINK_TCP;
}

static EsLinkResult parse_ip(EsCursor *c, EsDatagram *d, int tunnels);

// What an IP header says comes next. Addresses are in place already; ports are not.
static EsLinkResult parse_transport(EsCursor *c, guint8 protocol, EsDatagram *d, int tunnels) {
  switch (protocol) {
  case PROTO_UDP:
    return parse_udp(c, d);
  case PROTO_TCP:
    return parse_tcp(c, d);
  case PROTO_IPV4:
  case PROTO_IPV6:
    return tunnels < MAX_TUNNELS ? parse_ip(c, d, tunnels + 1) : ES_LINK_OTHER;
  default:
    return ES_LINK_OTHER;
  }
}

static EsLinkResult parse_ipv4(EsCursor *c, EsDatagram *d, int tunnels) {
  EsCursor whole = *c;
  const guint8 *h = es_cursor_take(c, 20);
  if (!h)
    return ES_LINK_SHORT;
  gsize header = (gsize)(h[0] & 0x0f) * 4, total = es_be16(h + 2);
  if (header < 20 || !es_cursor_take(c, header - 20) || (total && total < header))
    return ES_LINK_SHORT;
  if (total && total < whole.left)
    c->left = total - header;
  d->wire_length = total > whole.left ? (guint32)(total - whole.left) : 0;
  if (es_be16(h + 6) & 0x3fff) // more fragments, or not the first
    return ES_LINK_FRAGMENT;
  es_address_from_ipv4(&d->from, h + 12, 0);
  es_address_from_ipv4(&d->to, h + 16, 0);
  return parse_transport(c, h[9], d, tunnels);
}

// Walks the extension headers (RFC 8200 section 4). ES_LINK_UDP means that *next names what follows them.
static EsLinkResult skip_extensions(EsCursor *c, guint8 *next) {
  for (int i = 0; i < MAX_IPV6_EXTENSIONS; i++) {
    gsize unit = 8, extra = 1;
    switch (*next) {
    case PROTO_HOP_BY_HOP:
    case PROTO_ROUTING:
    case PROTO_DESTINATION:
    case PROTO_MOBILITY:
    case PROTO_FRAGMENT:
      break;
    case PROTO_AUTHENTICATION: // counts in words, less two
      unit = 4;
      extra = 2;
      break;
    default:
      return ES_LINK_UDP;
    }
    if (c->left < 8)
      return ES_LINK_SHORT;
    gboolean fragment = *next == PROTO_FRAGMENT;
    const guint8 *h = es_cursor_take(c, fragment ? 8 : (c->at[1] + extra) * unit);
    if (!h)
      return ES_LINK_SHORT;
    if (fragment && (es_be16(h + 2) & 0xfff9)) // an "atomic" fragment is whole (RFC 6946)
      return ES_LINK_FRAGMENT;
    *next = h[0];
  }
  return ES_LINK_OTHER;
}

static EsLinkResult parse_ipv6(EsCursor *c, EsDatagram *d, int tunnels) {
  const guint8 *h = es_cursor_take(c, 40);
  if (!h)
    return ES_LINK_SHORT;
  gsize length = es_be16(h + 4);
  if (length && length < c->left)
    c->left = length;
  d->wire_length = length > c->left ? (guint32)(length - c->left) : 0;
  es_address_from_ipv6(&d->from, h + 8, 0);
  es_address_from_ipv6(&d->to, h + 24, 0);
  guint8 next = h[6];
  EsLinkResult result = skip_extensions(c, &next);
  return result == ES_LINK_UDP ? parse_transport(c, next, d, tunnels) : result;
}

static EsLinkResult parse_ip(EsCursor *c, EsDatagram *d, int tunnels) {
  if (c->left == 0)
    return ES_LINK_SHORT;
  switch (c->at[0] >> 4) {
  case 4:
    return parse_ipv4(c, d, tunnels);
  case 6:
    return parse_ipv6(c, d, tunnels);
  default:
    return ES_LINK_SHORT;
  }
}

static EsLinkResult parse_ethertype(EsCursor *c, guint16 type, EsDatagram *d) {
  for (int tags = 0; type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD; tags++) {
    const guint8 *tag = es_cursor_take(c, 4);
    if (!tag || tags == MAX_VLAN_TAGS)
      return ES_LINK_SHORT;
    type = es_be16(tag + 2);
  }
  return type == TYPE_IPV4 || type == TYPE_IPV6 ? parse_ip(c, d, 0) : ES_LINK_OTHER;
}

static EsLinkResult parse_typed(EsCursor *c, gsize header, gsize type_at, EsDatagram *d) {
  const guint8 *h = es_cursor_take(c, header);
  return h ? parse_ethertype(c, es_be16(h + type_at), d) : ES_LINK_SHORT;
}

// Four bytes of address family, in the byte order of the machine that captured (null) or of the network
// (loop). Families are small numbers, so the order shows. IPv6 has another number on each BSD and on Linux.
static EsLinkResult parse_null(EsCursor *c, EsDatagram *d) {
  const guint8 *h = es_cursor_take(c, 4);
  if (!h)
    return ES_LINK_SHORT;
  guint32 family = es_be32(h);
  if (family > 0xffff)
    family = GUINT32_SWAP_LE_BE(family);
  switch (family) {
  case 2:
  case 10:
  case 24:
  case 28:
  case 30:
    return parse_ip(c, d, 0);
  default:
    return ES_LINK_OTHER;
  }
}

struct EsLink {
  guint64 packets;
};

EsLink *es_link_new(void) {
  return g_new0(EsLink, 1);
}

void es_link_free(EsLink *link) {
  g_free(link);
}

static EsLinkResult read_link(const EsPacket *packet, EsDatagram *datagram) {
  EsCursor c = {packet->data, packet->length};
  *datagram = (EsDatagram){.time_us = packet->time_us};
  switch (packet->link_type) {
  case DLT_EN10MB:
    return parse_typed(&c, 14, 12, datagram);
  case DLT_LINUX_SLL:
    return parse_typed(&c, 16, 14, datagram);
  case DLT_LINUX_SLL2:
    return parse_typed(&c, 20, 0, datagram);
  case DLT_NULL:
  case DLT_LOOP:
    return parse_null(&c, datagram);
  case DLT_RAW:
  case DLT_IPV4:
  case DLT_IPV6:
    return parse_ip(&c, datagram, 0);
  default:
    return ES_LINK_UNSUPPORTED;
  }
}

EsLinkResult es_link_read(EsLink *link, const EsPacket *packet, EsDatagram *datagram) {
  link->packets++;
  return read_link(packet, datagram);
}

gboolean es_link_type_supported(int link_type) {
  const EsPacket empty = {.link_type = link_type};
  EsDatagram datagram;
  return read_link(&empty, &datagram) != ES_LINK_UNSUPPORTED;
}
