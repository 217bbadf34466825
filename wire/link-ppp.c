// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// PPP (RFC 1661, RFC 1662 without its escapes), PPP over Ethernet (RFC 2516) and Cisco's HDLC.
#include "link-layers.h"

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_COMPRESSED = 0x00fd, PPP_MPLS = 0x0281 };

// Address and control may be left out, and so may the first byte of a protocol when it is zero: the last one
// is odd.
EsLinkResult es_link_ppp(EsFrame *f) {
  if (f->c.left >= 2 && f->c.at[0] == 0xff && f->c.at[1] == 0x03)
    es_cursor_take(&f->c, 2);
  const guint8 *h = es_cursor_take(&f->c, 1), *more = NULL;
  if (!h || (!(h[0] & 1) && !(more = es_cursor_take(&f->c, 1))))
    return ES_LINK_SHORT;
  switch (more ? h[0] << 8 | more[0] : h[0]) {
  case PPP_IPV4:
  case PPP_IPV6:
    return es_link_ip(f);
  case PPP_MPLS:
    return es_link_mpls(f);
  case PPP_COMPRESSED:
    return es_link_unread(f, ES_TUNNEL_MPPE);
  default:
    return ES_LINK_OTHER;
  }
}

EsLinkResult es_link_pppoe(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 6);
  if (!h)
    return ES_LINK_SHORT;
  if (h[0] != 0x11 || h[1] != 0) // version and type; a code is of the discovery
    return ES_LINK_OTHER;
  f->c.left = MIN(f->c.left, es_be16(h + 4));
  if (!es_link_enter(f, ES_TUNNEL_PPPOE))
    return ES_LINK_OTHER;
  es_link_mark(f, es_be16(h + 2));
  return es_link_ppp(f);
}

// HDLC begins with 0f (unicast) or 8f (broadcast), a zero and an Ethernet type.
EsLinkResult es_link_serial(EsFrame *f) {
  const guint8 *p = f->c.at;
  if (f->c.left < 4 || (p[0] & 0x7f) != 0x0f || p[1] != 0)
    return es_link_ppp(f);
  es_cursor_take(&f->c, 4);
  return es_link_type(f, es_be16(p + 2));
}
