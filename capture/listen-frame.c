// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The outside of a frame: its VLAN tags, which link.c passes over, and what it carries that link.c leaves
// alone: TCP, and tunnels that hide the packets within. One IP header is looked at; extension headers of IPv6
// and fragments are left.
#include "earshot/wire/cursor.h"
#include "listen-private.h"

#include <pcap/dlt.h>

#define MAX_VLAN_TAGS 8

static void look_at_tcp(EsCursor c, EsListenFrame *frame) {
  const guint8 *h = es_cursor_take(&c, 20);
  gsize header = h ? (gsize)(h[12] >> 4) * 4 : 0;
  if (header < 20 || !es_cursor_take(&c, header - 20))
    return;
  frame->tcp_from = es_be16(h);
  frame->tcp_to = es_be16(h + 2);
  frame->tcp = c.at;
  frame->tcp_length = c.left;
}

// GRE carries mirrors of switches (ERSPAN) as well as anything else.
static const char *gre_name(EsCursor c) {
  const guint8 *h = es_cursor_take(&c, 4);
  guint16 type = h ? es_be16(h + 2) : 0;
  return type == 0x88be || type == 0x22eb ? "ERSPAN" : "GRE";
}

static void look_at_protocol(EsCursor c, guint8 protocol, EsListenFrame *frame) {
  switch (protocol) {
  case 6:
    look_at_tcp(c, frame);
    return;
  case 47:
    frame->tunnel = gre_name(c);
    return;
  case 50:
    frame->tunnel = "IPsec";
    return;
  case 115:
    frame->tunnel = "L2TP";
    return;
  default:
    return;
  }
}

static void look_at_ip(EsCursor c, EsListenFrame *frame) {
  guint version = c.left ? c.at[0] >> 4 : 0;
  const guint8 *h = es_cursor_take(&c, version == 6 ? 40 : 20);
  if (!h || (version != 4 && version != 6))
    return;
  if (version == 6) {
    look_at_protocol(c, h[6], frame);
    return;
  }
  gsize header = (gsize)(h[0] & 0x0f) * 4, total = es_be16(h + 2);
  if (header < 20 || !es_cursor_take(&c, header - 20) || (es_be16(h + 6) & 0x3fff))
    return;
  if (total >= header && total - header < c.left) // Ethernet pads short frames
    c.left = total - header;
  look_at_protocol(c, h[9], frame);
}

static void look_at_type(EsCursor c, guint16 type, EsListenFrame *frame) {
  while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
    const guint8 *tag = es_cursor_take(&c, 4);
    if (!tag || frame->vlan_tags == MAX_VLAN_TAGS)
      return;
    frame->vlan_tags++;
    frame->vlan = es_be16(tag) & 0x0fff;
    type = es_be16(tag + 2);
  }
  if (type == 0x0800 || type == 0x86dd)
    look_at_ip(c, frame);
  else if (type == 0x8847 || type == 0x8848)
    frame->tunnel = "MPLS";
  else if (type == 0x8864)
    frame->tunnel = "PPPoE";
  else if (type == 0x893f || type == 0x8903)
    frame->tunnel = "VN-Tag";
}

void es_listen_frame(const EsPacket *packet, EsListenFrame *frame) {
  EsCursor c = {packet->data, packet->length};
  const guint8 *h;
  *frame = (EsListenFrame){0};
  switch (packet->link_type) {
  case DLT_EN10MB:
    if ((h = es_cursor_take(&c, 14)))
      look_at_type(c, es_be16(h + 12), frame);
    return;
  case DLT_LINUX_SLL:
    if ((h = es_cursor_take(&c, 16)))
      look_at_type(c, es_be16(h + 14), frame);
    return;
  case DLT_LINUX_SLL2:
    if ((h = es_cursor_take(&c, 20)))
      look_at_type(c, es_be16(h), frame);
    return;
  case DLT_NULL:
  case DLT_LOOP:
    if (es_cursor_take(&c, 4))
      look_at_ip(c, frame);
    return;
  default:
    look_at_ip(c, frame);
  }
}

const char *es_listen_udp_tunnel(guint16 port) {
  switch (port) {
  case 4789:
    return "VXLAN";
  case 6081:
    return "Geneve";
  case 2152:
    return "GTP";
  case 37008:
    return "TZSP";
  default:
    return NULL;
  }
}
