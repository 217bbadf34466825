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

typedef enum { ES_SOURCE_PACKET, ES_SOURCE_END, ES_SOURCE_ERROR } EsSourceStatus;

typedef struct EsPacketSource EsPacketSource;
typedef struct {
  EsSourceStatus (*next)(EsPacketSource *source, EsPacket *packet, GError **error);
  // Bytes read and in total (0 when unknown, as from standard input), for progress.
  void (*progress)(EsPacketSource *source, guint64 *done, guint64 *total);
  void (*free)(EsPacketSource *source);
} EsPacketSourceClass;
struct EsPacketSource {
  const EsPacketSourceClass *klass;
  char *name; // for messages and for the call's source
};

// Opens a pcap or pcapng file; "-" is standard input. Errors name the file: not a capture, unsupported link
// type. A truncated file gives its whole packets first, then ES_SOURCE_ERROR with ES_ERROR_INVALID naming the
// byte.
EsPacketSource *es_pcap_file_open(const char *path, GError **error);
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
