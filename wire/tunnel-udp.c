// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Tunnels over UDP: VXLAN (RFC 7348, with group policy), Geneve (RFC 8926), GTP-U (3GPP TS 29.281) and TZSP,
// by which routers send what they sniff. Their ports may be those of a call's media as well, so everything
// that their headers fix must fit, and an Ethernet frame or an IP packet must follow. No RTP, STUN or SIP
// does.
#include "link-layers.h"

#define MAX_GTP_EXTENSIONS 8

enum { PORT_GTP = 2152, PORT_VXLAN = 4789, PORT_GENEVE = 6081, PORT_VXLAN_OLD = 8472, PORT_TZSP = 37008 };

typedef enum { NOTHING, ETHERNET, IP } Inner;

static Inner look_at_vxlan(EsCursor *c) {
  enum { HAS_NUMBER = 0x08, HAS_POLICY = 0x80 };
  const guint8 *h = es_cursor_take(c, 8);
  return h && (h[0] & ~HAS_POLICY) == HAS_NUMBER && h[7] == 0 ? ETHERNET : NOTHING;
}

static Inner look_at_geneve(EsCursor *c) {
  const guint8 *h = es_cursor_take(c, 8);
  if (!h || h[0] >> 6 != 0 || (h[1] & 0x3f) || h[7] || !es_cursor_take(c, (gsize)(h[0] & 0x3f) * 4))
    return NOTHING;
  guint16 type = es_be16(h + 2);
  return type == ES_TYPE_TEB ? ETHERNET : type == ES_TYPE_IPV4 || type == ES_TYPE_IPV6 ? IP : NOTHING;
}

static Inner look_at_gtp(EsCursor *c) {
  enum { VERSION_AND_KIND = 0xf8, OURS = 0x30, HAS_MORE = 0x07, HAS_EXTENSION = 0x04, DATA = 255 };
  const guint8 *h = es_cursor_take(c, 8);
  if (!h || (h[0] & VERSION_AND_KIND) != OURS || h[1] != DATA || es_be16(h + 2) < c->left)
    return NOTHING;
  const guint8 *more = h[0] & HAS_MORE ? es_cursor_take(c, 4) : NULL;
  if ((h[0] & HAS_MORE) && !more)
    return NOTHING;
  guint8 next = more && (h[0] & HAS_EXTENSION) ? more[3] : 0;
  for (guint i = 0; next; i++) {
    gsize length = c->left ? (gsize)c->at[0] * 4 : 0;
    const guint8 *extension = length && i < MAX_GTP_EXTENSIONS ? es_cursor_take(c, length) : NULL;
    if (!extension)
      return NOTHING;
    next = extension[length - 1];
  }
  return IP;
}

static Inner look_at_tzsp(EsCursor *c) {
  enum { TAG_PADDING = 0, TAG_END = 1, CARRIES_ETHERNET = 1 };
  const guint8 *h = es_cursor_take(c, 4), *tag;
  if (!h || h[0] != 1 || h[1] > 1 || es_be16(h + 2) != CARRIES_ETHERNET)
    return NOTHING;
  while ((tag = es_cursor_take(c, 1)) && tag[0] != TAG_END)
    if (tag[0] != TAG_PADDING && (!(tag = es_cursor_take(c, 1)) || !es_cursor_take(c, tag[0])))
      return NOTHING;
  return tag ? ETHERNET : NOTHING;
}

// TRUE: it went in. The number of the network, which all but TZSP have in these bytes, is part of the way.
static gboolean go_in(EsFrame *f, EsTunnel tunnel, Inner (*look)(EsCursor *), EsLinkResult *result) {
  EsCursor inner = f->c;
  Inner kind = look(&inner);
  if (kind == NOTHING ||
      !(kind == ETHERNET ? es_link_looks_like_ethernet(f, inner) : es_link_looks_like_ip(f, inner)))
    return FALSE;
  const guint8 *header = f->c.at;
  f->c = inner;
  *result = ES_LINK_OTHER;
  if (!es_link_enter(f, tunnel))
    return TRUE;
  if (tunnel != ES_TUNNEL_TZSP)
    es_link_mark(f, es_be32(header + 4));
  f->d->cut = FALSE; // the inner datagram's own length tells
  *result = kind == ETHERNET ? es_link_ethernet(f) : es_link_ip(f);
  return TRUE;
}

gboolean es_link_udp_tunnel(EsFrame *f, EsLinkResult *result) {
  switch (f->d->to.port) {
  case PORT_VXLAN:
  case PORT_VXLAN_OLD:
    return go_in(f, ES_TUNNEL_VXLAN, look_at_vxlan, result);
  case PORT_GENEVE:
    return go_in(f, ES_TUNNEL_GENEVE, look_at_geneve, result);
  case PORT_GTP:
    return go_in(f, ES_TUNNEL_GTP, look_at_gtp, result);
  case PORT_TZSP:
    return go_in(f, ES_TUNNEL_TZSP, look_at_tzsp, result);
  default:
    return FALSE;
  }
}
