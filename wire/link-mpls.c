// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A stack of MPLS labels (RFC 3032), and below it what no header names: IP, whose first four bits are its
// version, or a pseudowire of Ethernet with or without a control word, which begins with four zero bits (RFC
// 4385). An Ethernet address may begin with any of these bits, so what follows it is looked at first.
#include "link-layers.h"

#define MAX_LABELS 16

EsLinkResult es_link_mpls(EsFrame *f) {
  const guint8 *h;
  guint labels = 0;
  if (!es_link_enter(f, ES_TUNNEL_MPLS))
    return ES_LINK_OTHER;
  do {
    h = es_cursor_take(&f->c, 4);
    if (!h || labels++ == MAX_LABELS)
      return ES_LINK_SHORT;
    es_link_mark(f, es_be32(h) >> 12);
  } while (!(h[2] & 1));
  EsCursor behind = f->c; // a control word
  gboolean word = f->c.left > 0 && f->c.at[0] >> 4 == 0 && es_cursor_take(&behind, 4);
  if (word && es_link_looks_like_ethernet(f, behind)) {
    f->c = behind;
    return es_link_ethernet(f);
  }
  if (es_link_looks_like_ethernet(f, f->c))
    return es_link_ethernet(f);
  return es_link_looks_like_ip(f, f->c) ? es_link_ip(f) : ES_LINK_OTHER;
}
