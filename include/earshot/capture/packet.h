// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From the outside to UDP datagrams: packet sources (one vtable) and the link, network and transport layers
// beneath UDP.
#pragma once

#include "earshot/common/address.h"

typedef struct {
  gint64 time_us;      // the capture's clock
  int link_type;       // DLT_* of libpcap
  const guint8 *data;  // borrowed until the next call of next()
  guint32 length;      // captured
  guint32 wire_length; // on the wire; more than length when a snap length cut it
} EsPacket;

typedef enum {
  ES_SOURCE_PACKET,
  ES_SOURCE_IDLE, // live: there is nothing more until packet->time_us, less a fraction of a second
  ES_SOURCE_END,
  ES_SOURCE_ERROR
} EsSourceStatus;

// What a live source knows beyond its packets.
typedef struct {
  guint64 dropped;    // by the kernel or the interface since the source was opened
  guint64 copies;     // packets held back because they had been seen already
  guint64 ring_bytes; // of the kernel's ring
  double ring_fill;   // part of it that waited at an earlier look, 0 to 1; NAN before it is known
} EsSourceStats;

typedef struct EsPacketSource EsPacketSource;
typedef struct {
  EsSourceStatus (*next)(EsPacketSource *source, EsPacket *packet, GError **error);
  // Bytes read and in total (0 when unknown, as from standard input), for progress.
  void (*progress)(EsPacketSource *source, guint64 *done, guint64 *total);
  void (*stats)(EsPacketSource *source, EsSourceStats *stats); // NULL for a source that drops nothing
  void (*free)(EsPacketSource *source);
} EsPacketSourceClass;
struct EsPacketSource {
  const EsPacketSourceClass *klass;
  char *name; // for messages and for the call's source
};

// Opens a pcap or pcapng file; "-" is standard input. Errors name the file: not a capture, unsupported link
// type. A truncated file gives its whole packets first, then ES_SOURCE_ERROR with ES_ERROR_INVALID naming the
// byte. filter is an expression of pcap-filter(7), NULL for none; a wrong one gives ES_ERROR_USAGE.
EsPacketSource *es_pcap_file_open(const char *path, const char *filter, GError **error);
// Listens on an interface ("any": all of them) with a ring of so many bytes in the kernel. Needs the right to
// (ES_ERROR_DENIED), only to open. Packets that the machine itself shows twice come once.
EsPacketSource *es_pcap_live_open(const char *interface, const char *filter, guint64 ring_bytes,
                                  GError **error);
void es_packet_source_free(EsPacketSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsPacketSource, es_packet_source_free)

typedef struct {
  gint64 time_us;
  EsAddress from, to;
  const guint8 *payload;
  guint32 length; // of the payload that was captured
  gboolean cut;   // the snap length cut it
} EsDatagram;

typedef enum {
  ES_LINK_UDP,         // *datagram is filled
  ES_LINK_OTHER,       // fine, but not UDP
  ES_LINK_FRAGMENT,    // an IP fragment (not reassembled)
  ES_LINK_SHORT,       // cut or malformed
  ES_LINK_UNSUPPORTED, // link type that nothing here reads
} EsLinkResult;

// Ethernet, 802.1Q/802.1ad, Linux cooked v1 and v2, BSD null and loop, raw IP; IPv4 and IPv6 with extension
// headers, also inside one another (IP-in-IP tunnels, two deep; the inner addresses count).
EsLinkResult es_link_parse(const EsPacket *packet, EsDatagram *datagram);
gboolean es_link_type_supported(int link_type);
