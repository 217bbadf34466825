// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// GRE (RFC 2784, RFC 2890) with IP, Ethernet, MPLS or PPP in it; the mirrors of switches that it carries
// (ERSPAN, of three types); and PPTP's variant (RFC 2637).
#include "link-layers.h"

enum {
  HAS_CHECKSUM = 0x8000,
  HAS_ROUTING = 0x4000,
  HAS_KEY = 0x2000,
  HAS_SEQUENCE = 0x1000,
  HAS_ACKNOWLEDGEMENT = 0x0080, // PPTP
  VERSION = 0x0007,
};
enum { TYPE_ERSPAN = 0x88be, TYPE_ERSPAN3 = 0x22eb };

// Type I is the mirrored frame alone, type II has a header of eight bytes and comes with GRE's sequence.
static EsLinkResult read_erspan(EsFrame *f, gboolean header) {
  const guint8 *h = header ? es_cursor_take(&f->c, 8) : f->c.at;
  if (!h)
    return ES_LINK_SHORT;
  if (header)
    es_link_mark(f, es_be16(h + 2) & 0x03ff); // the session
  return es_link_ethernet(f);
}

// Type III: twelve bytes, eight more if the last bit of these says so.
static EsLinkResult read_erspan3(EsFrame *f) {
  enum { FRAME_ETHERNET = 0, FRAME_IP = 2 };
  const guint8 *h = es_cursor_take(&f->c, 12);
  if (!h || ((h[11] & 1) && !es_cursor_take(&f->c, 8)))
    return ES_LINK_SHORT;
  es_link_mark(f, es_be16(h + 2) & 0x03ff);
  switch ((es_be16(h + 10) >> 10) & 0x1f) {
  case FRAME_ETHERNET:
    return es_link_ethernet(f);
  case FRAME_IP:
    return es_link_ip(f);
  default:
    return ES_LINK_OTHER;
  }
}

static EsLinkResult read_payload(EsFrame *f, guint16 flags, guint16 type) {
  switch (type) {
  case TYPE_ERSPAN:
    return read_erspan(f, (flags & HAS_SEQUENCE) != 0);
  case TYPE_ERSPAN3:
    return read_erspan3(f);
  case ES_TYPE_TEB:
    return es_link_ethernet(f);
  case ES_TYPE_PPP:
    return es_link_ppp(f);
  default:
    return es_link_type(f, type);
  }
}

// The mark that is told apart is the key; a sequence is another in each packet.
static EsLinkResult read_gre(EsFrame *f, guint16 flags, guint16 type) {
  gboolean erspan = type == TYPE_ERSPAN || type == TYPE_ERSPAN3;
  if ((flags & HAS_ROUTING) || !es_link_enter(f, erspan ? ES_TUNNEL_ERSPAN : ES_TUNNEL_GRE))
    return ES_LINK_OTHER;
  if ((flags & HAS_CHECKSUM) && !es_cursor_take(&f->c, 4))
    return ES_LINK_SHORT;
  if (flags & HAS_KEY) {
    const guint8 *key = es_cursor_take(&f->c, 4);
    if (!key)
      return ES_LINK_SHORT;
    es_link_mark(f, es_be32(key));
  }
  if ((flags & HAS_SEQUENCE) && !es_cursor_take(&f->c, 4))
    return ES_LINK_SHORT;
  return read_payload(f, flags, type);
}

// The key holds the payload's length and the number of the tunnel; without a sequence there is no payload.
static EsLinkResult read_pptp(EsFrame *f, guint16 flags, guint16 type) {
  if (type != ES_TYPE_PPP || (flags & (HAS_CHECKSUM | HAS_ROUTING | HAS_KEY)) != HAS_KEY)
    return ES_LINK_OTHER;
  if (!(flags & HAS_SEQUENCE) || !es_link_enter(f, ES_TUNNEL_PPTP))
    return ES_LINK_OTHER;
  const guint8 *h = es_cursor_take(&f->c, flags & HAS_ACKNOWLEDGEMENT ? 12 : 8);
  if (!h)
    return ES_LINK_SHORT;
  es_link_mark(f, es_be16(h + 2));
  f->c.left = MIN(f->c.left, es_be16(h));
  return es_link_ppp(f);
}

EsLinkResult es_link_gre(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 4);
  if (!h)
    return ES_LINK_SHORT;
  guint16 flags = es_be16(h), type = es_be16(h + 2);
  switch (flags & VERSION) {
  case 0:
    return read_gre(f, flags, type);
  case 1:
    return read_pptp(f, flags, type);
  default:
    return ES_LINK_OTHER;
  }
}
