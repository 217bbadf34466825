// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the readers of layers share (see earshot/wire/packet.h). Each takes its header off the front of the
// frame and hands the rest to the next; the last fills the datagram.
//
// Lengths written in headers may shorten the cursor (Ethernet pads short frames), never lengthen it.
// Checksums are not looked at: capturing hosts that offload them show wrong ones.
#pragma once

#include "earshot/wire/cursor.h"
#include "earshot/wire/packet.h"
#include "fragments.h"

struct EsLink {
  EsLinkStats stats;
  EsFragments *fragments;
};

typedef struct {
  EsLink *link;
  EsDatagram *d;
  EsCursor c;
  gsize unseen; // bytes that the snap length may have cut off behind the cursor
  guint depth;  // of tunnels
} EsFrame;

// Ethernet types.
enum {
  ES_TYPE_IPV4 = 0x0800,
  ES_TYPE_ARP = 0x0806,
  ES_TYPE_TEB = 0x6558, // transparent Ethernet bridging
  ES_TYPE_PPP = 0x880b,
  ES_TYPE_IPV6 = 0x86dd,
  ES_TYPE_MPLS = 0x8847,
  ES_TYPE_MPLS_UPSTREAM = 0x8848,
  ES_TYPE_PPPOE = 0x8864,
  ES_TYPE_MACSEC = 0x88e5,
};

// ---- link.c
EsLinkResult es_link_ethernet(EsFrame *f);
EsLinkResult es_link_type(EsFrame *f, guint16 type); // what an Ethernet type announces
// Counts a tunnel; its outer addresses, if any, become part of the way. FALSE: too many within one another.
gboolean es_link_enter(EsFrame *f, EsTunnel tunnel);
EsLinkResult es_link_unread(EsFrame *f, EsTunnel tunnel);
// What the next bytes are, where headers do not say: enough of them must fit.
gboolean es_link_looks_like_ip(const EsFrame *f, EsCursor c);
gboolean es_link_looks_like_ethernet(const EsFrame *f, EsCursor c);

// Adds to the datagram's way.
static inline void es_link_mark(EsFrame *f, guint64 value) {
  guint64 way = (f->d->way ^ value) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
  f->d->way = way ^ way >> 32;
}

// ---- link-ip.c
EsLinkResult es_link_ip(EsFrame *f); // the version shows
// ---- link-ppp.c
EsLinkResult es_link_ppp(EsFrame *f);
EsLinkResult es_link_pppoe(EsFrame *f);
EsLinkResult es_link_serial(EsFrame *f); // PPP or Cisco HDLC
// ---- link-mpls.c
EsLinkResult es_link_mpls(EsFrame *f);
// ---- tunnel-gre.c
EsLinkResult es_link_gre(EsFrame *f);
// ---- tunnel-udp.c: TRUE when the datagram's payload, which is all that is left, is a tunnel indeed
gboolean es_link_udp_tunnel(EsFrame *f, EsLinkResult *result);
