// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A look at the traffic before anything is recorded: is there SIP, does media come both ways, what is there
// that the recorder cannot read. Nothing is written and no audio decoded. Everything that is kept is bounded;
// what does not fit any more is counted in crowded.
#pragma once

#include <glib.h>

typedef struct {
  const char *file;      // a capture; "-" is standard input
  const char *interface; // or a network interface
  const char *library;   // of an interface: once it is open, root becomes the account that this belongs to
  gint64 length_ms;      // of listening to an interface
  const gint *stop;      // set to non-zero (atomically) to end early; may be NULL
} EsListenOptions;

typedef struct {
  char name[32];
  guint64 count;
} EsListenCount;
#define ES_LISTEN_NAMES 16

typedef struct {
  gint64 length_us; // from the first packet to the last
  guint64 packets, bytes;
  // Packets by kind.
  guint64 sip;     // over UDP
  guint64 sip_tls; // encrypted, on ports of signalling
  guint64 rtp, rtcp, dtls, stun;
  guint64 other_udp, other;
  guint64 fragments, incomplete; // of IP; those of datagrams of which a part was missing
  guint64 malformed, cut;        // of any kind
  guint64 vlan, vlan_stacked;    // with one tag, with several
  guint64 copies;                // the same packet again within a few milliseconds; in all other figures too
  guint64 dropped;               // by the kernel
  // Messages of SIP, over whatever.
  guint64 sip_tcp, websocket, websocket_unreadable;
  guint64 sip_bad;                        // not readable
  guint64 tcp_lost_bytes;                 // of SIP over TCP: never seen
  EsListenCount vlans[ES_LISTEN_NAMES];   // packets by VLAN number, those met first; name "" ends
  EsListenCount tunnels[ES_LISTEN_NAMES]; // packets by tunnel
  EsListenCount unread[ES_LISTEN_NAMES];  // packets by a tunnel that is not read
  EsListenCount codecs[ES_LISTEN_NAMES];  // answered calls by codec
  // Calls whose beginning was seen.
  guint64 calls, answered;
  guint64 encrypted;           // answered with SRTP
  guint64 encrypted_told;      // of these, with the keys of both sides in the signalling
  guint64 with_media, one_way; // answered, media of anybody; of one side alone
  guint64 recording;           // answered recording sessions (SIPREC), whose media comes one way by nature
  // Runs of RTP packets of one source.
  guint64 streams, streams_unknown; // those that no call seen here announced
  guint64 unknown_one_way;          // of these, without any in the other direction
  guint64 crowded;
} EsListenResult;

gboolean es_listen_run(const EsListenOptions *options, EsListenResult *result, GError **error);
