// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 with extension headers; fragments go where they wait for the others. Then UDP and TCP.
#include "link-layers.h"

#define MAX_IPV6_EXTENSIONS 16

enum {
  PROTO_HOP_BY_HOP = 0,
  PROTO_IPV4 = 4,
  PROTO_TCP = 6,
  PROTO_UDP = 17,
  PROTO_IPV6 = 41,
  PROTO_ROUTING = 43,
  PROTO_FRAGMENT = 44,
  PROTO_GRE = 47,
  PROTO_ESP = 50,
  PROTO_AUTHENTICATION = 51,
  PROTO_DESTINATION = 60,
  PROTO_L2TP = 115,
  PROTO_MOBILITY = 135,
  PROTO_MPLS = 137,
};

static EsLinkResult read_udp(EsFrame *f) {
  EsDatagram *d = f->d;
  EsLinkResult tunnel;
  const guint8 *h = es_cursor_take(&f->c, 8);
  if (!h)
    return ES_LINK_SHORT;
  d->from.port = es_be16(h);
  d->to.port = es_be16(h + 2);
  gsize claimed = es_be16(h + 4);
  if (claimed == 0) // a jumbogram, or segmentation left to the network card
    claimed = 8 + f->c.left;
  if (claimed < 8)
    return ES_LINK_SHORT;
  claimed -= 8;
  d->cut = claimed > f->c.left;
  f->c.left = MIN(claimed, f->c.left);
  if (es_link_udp_tunnel(f, &tunnel))
    return tunnel;
  d->payload = f->c.at;
  d->length = (guint32)f->c.left;
  return ES_LINK_UDP;
}

// d->wire_length is what the snap length cut off so far.
static EsLinkResult read_tcp(EsFrame *f) {
  EsDatagram *d = f->d;
  const guint8 *h = es_cursor_take(&f->c, 20);
  gsize header = h ? (gsize)(h[12] >> 4) * 4 : 0;
  if (header < 20 || !es_cursor_take(&f->c, header - 20))
    return ES_LINK_SHORT;
  d->from.port = es_be16(h);
  d->to.port = es_be16(h + 2);
  d->sequence = es_be32(h + 4);
  d->acknowledged = es_be32(h + 8);
  d->flags = h[13];
  d->payload = f->c.at;
  d->length = (guint32)f->c.left;
  d->cut = d->wire_length > 0;
  d->wire_length += d->length;
  return ES_LINK_TCP;
}

// What an IP header says comes next. Addresses are in place already; ports are not.
static EsLinkResult read_protocol(EsFrame *f, guint8 protocol) {
  switch (protocol) {
  case PROTO_UDP:
    return read_udp(f);
  case PROTO_TCP:
    return read_tcp(f);
  case PROTO_IPV4:
  case PROTO_IPV6:
    return es_link_enter(f, ES_TUNNEL_IP) ? es_link_ip(f) : ES_LINK_OTHER;
  case PROTO_GRE:
    return es_link_gre(f);
  case PROTO_MPLS:
    return es_link_mpls(f);
  case PROTO_ESP:
    return es_link_unread(f, ES_TUNNEL_IPSEC);
  case PROTO_L2TP:
    return es_link_unread(f, ES_TUNNEL_L2TP);
  default:
    return ES_LINK_OTHER;
  }
}

// The rest of the frame is a fragment. ES_LINK_UDP: it was the last that was missing, and the frame goes on
// with the whole. A cut one is not worth waiting for.
static EsLinkResult take_fragment(EsFrame *f, EsFragment *piece) {
  if (f->d->wire_length > 0)
    return ES_LINK_SHORT;
  piece->from = f->d->from;
  piece->to = f->d->to;
  piece->data = f->c;
  switch (es_fragments_take(f->link->fragments, piece, f->d->time_us, &f->c)) {
  case ES_FRAGMENTS_WHOLE:
    f->unseen = 0;
    return ES_LINK_UDP;
  case ES_FRAGMENTS_BAD:
    return ES_LINK_SHORT;
  default:
    return ES_LINK_FRAGMENT;
  }
}

static EsLinkResult read_ipv4(EsFrame *f) {
  gsize seen = f->c.left;
  const guint8 *h = es_cursor_take(&f->c, 20);
  if (!h)
    return ES_LINK_SHORT;
  gsize header = (gsize)(h[0] & 0x0f) * 4, total = es_be16(h + 2);
  if (header < 20 || !es_cursor_take(&f->c, header - 20) || (total && total < header))
    return ES_LINK_SHORT;
  if (total && total < seen)
    f->c.left = total - header;
  f->d->wire_length = total > seen ? (guint32)(total - seen) : 0;
  f->d->identification = es_be16(h + 4);
  es_link_mark(f, h[8]);
  es_address_from_ipv4(&f->d->from, h + 12, 0);
  es_address_from_ipv4(&f->d->to, h + 16, 0);
  guint8 protocol = h[9];
  guint16 place = es_be16(h + 6);
  if ((place & 0x3fff) == 0) // neither more fragments nor behind others
    return read_protocol(f, protocol);
  EsFragment piece = {.offset = (place & 0x1fff) * 8u,
                      .more = (place & 0x2000) != 0,
                      .identification = es_be16(h + 4),
                      .family = 4 + (guint32)(protocol << 8)};
  EsLinkResult result = take_fragment(f, &piece);
  return result == ES_LINK_UDP ? read_protocol(f, protocol) : result;
}

static EsLinkResult take_fragment6(EsFrame *f, const guint8 *h, guint8 *next) {
  EsFragment piece = {.offset = es_be16(h + 2) & 0xfff8u,
                      .more = (h[3] & 1) != 0,
                      .identification = es_be32(h + 4),
                      .family = 6,
                      .next = h[0]};
  EsLinkResult result = take_fragment(f, &piece);
  *next = piece.next;
  return result;
}

// Walks the extension headers (RFC 8200 section 4). ES_LINK_UDP means that *next names what follows them.
static EsLinkResult skip_extensions(EsFrame *f, guint8 *next) {
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
    if (f->c.left < 8)
      return ES_LINK_SHORT;
    gboolean fragment = *next == PROTO_FRAGMENT;
    const guint8 *h = es_cursor_take(&f->c, fragment ? 8 : (f->c.at[1] + extra) * unit);
    if (!h)
      return ES_LINK_SHORT;
    *next = h[0];
    EsLinkResult result = ES_LINK_UDP;
    if (fragment && (es_be16(h + 2) & 0xfff9)) // an "atomic" fragment is whole (RFC 6946)
      result = take_fragment6(f, h, next);
    if (result != ES_LINK_UDP)
      return result;
  }
  return ES_LINK_OTHER;
}

static EsLinkResult read_ipv6(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 40);
  if (!h)
    return ES_LINK_SHORT;
  gsize length = es_be16(h + 4);
  f->d->wire_length = length > f->c.left ? (guint32)(length - f->c.left) : 0;
  if (length)
    f->c.left = MIN(f->c.left, length);
  f->d->identification = 0;
  es_link_mark(f, h[7]);
  es_address_from_ipv6(&f->d->from, h + 8, 0);
  es_address_from_ipv6(&f->d->to, h + 24, 0);
  guint8 next = h[6];
  EsLinkResult result = skip_extensions(f, &next);
  return result == ES_LINK_UDP ? read_protocol(f, next) : result;
}

EsLinkResult es_link_ip(EsFrame *f) {
  switch (f->c.left > 0 ? f->c.at[0] >> 4 : 0) {
  case 4:
    return read_ipv4(f);
  case 6:
    return read_ipv6(f);
  default:
    return ES_LINK_SHORT;
  }
}
