// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The outside of a frame: link header and tags, up to what an Ethernet type announces.
#include <pcap/dlt.h>
#include <string.h>

#include "link-layers.h"

#define MAX_TAGS 8
#define MAX_TUNNELS 6

// Tags between Ethernet addresses and type, by their length without the type that follows.
static gsize tag_length(guint16 type) {
  switch (type) {
  case 0x8100: // 802.1Q
  case 0x88a8: // 802.1ad
  case 0x9100: // the same before it had a number
  case 0x9200:
    return 2;
  case 0x8926: // VN-Tag
    return 4;
  case 0x893f: // 802.1BR
  case 0x8909: // Cisco metadata
    return 6;
  default:
    return 0;
  }
}

EsLinkResult es_link_type(EsFrame *f, guint16 type) {
  gsize length;
  for (guint tags = 0; (length = tag_length(type)) > 0; tags++) {
    const guint8 *tag = es_cursor_take(&f->c, length + 2);
    if (!tag || tags == MAX_TAGS)
      return ES_LINK_SHORT;
    if (length == 2) {
      f->d->vlan = es_be16(tag) & 0x0fff;
      f->d->vlan_tags++;
    }
    es_link_mark(f, (guint64)type << 32 | (length == 2 ? f->d->vlan : es_be16(tag)));
    type = es_be16(tag + length);
  }
  switch (type) {
  case ES_TYPE_IPV4:
  case ES_TYPE_IPV6:
    return es_link_ip(f);
  case ES_TYPE_MPLS:
  case ES_TYPE_MPLS_UPSTREAM:
    return es_link_mpls(f);
  case ES_TYPE_PPPOE:
    return es_link_pppoe(f);
  case ES_TYPE_MACSEC:
    return es_link_unread(f, ES_TUNNEL_MACSEC);
  default:
    return ES_LINK_OTHER;
  }
}

static guint64 eight_bytes(const guint8 *p) {
  guint64 value;
  memcpy(&value, p, sizeof value);
  return value;
}

EsLinkResult es_link_ethernet(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 14);
  if (!h)
    return ES_LINK_SHORT;
  es_link_mark(f, eight_bytes(h));
  es_link_mark(f, es_be32(h + 8));
  return es_link_type(f, es_be16(h + 12));
}

// ---- tunnels

static const char *const TUNNELS[ES_TUNNELS] = {
    [ES_TUNNEL_IP] = "IP-in-IP",   [ES_TUNNEL_GRE] = "GRE",       [ES_TUNNEL_ERSPAN] = "ERSPAN",
    [ES_TUNNEL_PPTP] = "PPTP",     [ES_TUNNEL_PPPOE] = "PPPoE",   [ES_TUNNEL_MPLS] = "MPLS",
    [ES_TUNNEL_VXLAN] = "VXLAN",   [ES_TUNNEL_GENEVE] = "Geneve", [ES_TUNNEL_GTP] = "GTP",
    [ES_TUNNEL_TZSP] = "TZSP",     [ES_TUNNEL_IPSEC] = "IPsec",   [ES_TUNNEL_L2TP] = "L2TP",
    [ES_TUNNEL_MACSEC] = "MACsec", [ES_TUNNEL_MPPE] = "MPPE",
};

const char *es_tunnel_name(EsTunnel tunnel) {
  return TUNNELS[tunnel];
}

gboolean es_tunnel_is_read(EsTunnel tunnel) {
  return tunnel < ES_TUNNEL_IPSEC;
}

gboolean es_link_enter(EsFrame *f, EsTunnel tunnel) {
  if (f->depth == MAX_TUNNELS)
    return FALSE;
  f->depth++;
  f->link->stats.tunnels[tunnel]++;
  const EsAddress *ends[] = {&f->d->from, &f->d->to};
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    es_link_mark(f, eight_bytes(ends[i]->ip));
    es_link_mark(f, eight_bytes(ends[i]->ip + 8));
  }
  es_link_mark(f, tunnel);
  return TRUE;
}

EsLinkResult es_link_unread(EsFrame *f, EsTunnel tunnel) {
  f->link->stats.tunnels[tunnel]++;
  return ES_LINK_OTHER;
}

gboolean es_link_looks_like_ip(const EsFrame *f, EsCursor c) {
  const guint8 *h = es_cursor_take(&c, 20);
  if (!h)
    return FALSE;
  if (h[0] >> 4 == 6)
    return c.left >= 20 && es_be16(h + 4) + (gsize)20 <= c.left + f->unseen;
  gsize header = (gsize)(h[0] & 0x0f) * 4, total = es_be16(h + 2);
  return h[0] >> 4 == 4 && header >= 20 && total >= header && total <= c.left + 20 + f->unseen;
}

gboolean es_link_looks_like_ethernet(const EsFrame *f, EsCursor c) {
  const guint8 *h = es_cursor_take(&c, 14);
  guint16 type = h ? es_be16(h + 12) : 0;
  gsize length;
  for (guint tags = 0; h && (length = tag_length(type)) > 0 && tags < MAX_TAGS; tags++) {
    h = es_cursor_take(&c, length + 2);
    type = h ? es_be16(h + length) : 0;
  }
  switch (type) {
  case ES_TYPE_IPV4:
  case ES_TYPE_IPV6:
    return c.left > 0 && c.at[0] >> 4 == (type == ES_TYPE_IPV4 ? 4 : 6) && es_link_looks_like_ip(f, c);
  case ES_TYPE_ARP:
  case ES_TYPE_MPLS:
  case ES_TYPE_PPPOE:
    return TRUE;
  default:
    return FALSE;
  }
}

// ---- link types

static EsLinkResult read_cooked(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 16);
  if (!h)
    return ES_LINK_SHORT;
  es_link_mark(f, es_be16(h));
  es_link_mark(f, eight_bytes(h + 6));
  return es_link_type(f, es_be16(h + 14));
}

static EsLinkResult read_cooked2(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 20);
  if (!h)
    return ES_LINK_SHORT;
  es_link_mark(f, (guint64)es_be32(h + 4) << 8 | h[10]);
  es_link_mark(f, eight_bytes(h + 12));
  return es_link_type(f, es_be16(h));
}

// Four bytes of address family, in the byte order of the machine that captured (null) or of the network
// (loop). Families are small numbers, so the order shows. IPv6 has another number on each BSD and on Linux.
static EsLinkResult read_null(EsFrame *f) {
  const guint8 *h = es_cursor_take(&f->c, 4);
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
    return es_link_ip(f);
  default:
    return ES_LINK_OTHER;
  }
}

// Netfilter's log: a head of four bytes, then attributes of length and kind, both in the byte order of this
// machine (libpcap turns them), each filled up to four bytes.
static EsLinkResult read_nflog(EsFrame *f) {
  enum { PAYLOAD = 9, NESTED = 0x8000, BIG_ENDIAN_VALUE = 0x4000 };
  const guint8 *h = es_cursor_take(&f->c, 4);
  if (!h || h[1] != 0)
    return ES_LINK_SHORT;
  while ((h = es_cursor_take(&f->c, 4))) {
    guint16 length, kind;
    memcpy(&length, h, sizeof length);
    memcpy(&kind, h + 2, sizeof kind);
    if (length < 4)
      return ES_LINK_SHORT;
    if ((kind & ~(NESTED | BIG_ENDIAN_VALUE)) == PAYLOAD) {
      f->c.left = MIN(f->c.left, (gsize)length - 4);
      return es_link_ip(f);
    }
    if (!es_cursor_take(&f->c, (((gsize)length + 3) & ~(gsize)3) - 4))
      return ES_LINK_SHORT;
  }
  return ES_LINK_SHORT;
}

static EsLinkResult read_frame(EsFrame *f, int link_type) {
  switch (link_type) {
  case DLT_EN10MB:
    return es_link_ethernet(f);
  case DLT_LINUX_SLL:
    return read_cooked(f);
  case DLT_LINUX_SLL2:
    return read_cooked2(f);
  case DLT_NULL:
  case DLT_LOOP:
    return read_null(f);
  case DLT_RAW:
  case DLT_IPV4:
  case DLT_IPV6:
    return es_link_ip(f);
  case DLT_PPP:
  case DLT_PPP_SERIAL:
  case DLT_C_HDLC:
    return es_link_serial(f);
  case DLT_PPP_ETHER:
    return es_link_pppoe(f);
  case DLT_MPLS:
    return es_link_mpls(f);
  case DLT_NFLOG:
    return read_nflog(f);
  default:
    return ES_LINK_UNSUPPORTED;
  }
}

EsLink *es_link_new(void) {
  EsLink *link = g_new0(EsLink, 1);
  link->fragments = es_fragments_new(&link->stats);
  return link;
}

void es_link_free(EsLink *link) {
  es_fragments_free(link->fragments);
  g_free(link);
}

EsLinkResult es_link_read(EsLink *link, const EsPacket *packet, EsDatagram *datagram) {
  EsFrame frame = {
      .link = link,
      .d = datagram,
      .c = {packet->data, packet->length},
      .unseen = packet->wire_length > packet->length ? packet->wire_length - packet->length : 0,
  };
  *datagram = (EsDatagram){.time_us = packet->time_us};
  es_fragments_expire(link->fragments, packet->time_us);
  return read_frame(&frame, packet->link_type);
}

void es_link_end(EsLink *link) {
  es_fragments_clear(link->fragments);
}

const EsLinkStats *es_link_stats(const EsLink *link) {
  return &link->stats;
}

gboolean es_link_type_supported(int link_type) {
  EsLink none = {0}; // an empty frame has nothing to keep
  EsDatagram datagram;
  EsFrame empty = {.link = &none, .d = &datagram};
  datagram = (EsDatagram){0};
  return read_frame(&empty, link_type) != ES_LINK_UNSUPPORTED;
}
