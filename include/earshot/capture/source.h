// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Sources of packets, one vtable: a capture file, a network interface.
#pragma once

#include "earshot/wire/packet.h"

typedef enum {
  ES_SOURCE_PACKET,
  ES_SOURCE_IDLE, // live: there is nothing more until packet->time_us, less a fraction of a second
  ES_SOURCE_END,
  ES_SOURCE_ERROR
} EsSourceStatus;

// What a live source knows beyond its packets.
typedef struct {
  guint64 dropped;    // by the kernel or the interface since the source was opened
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
// (ES_ERROR_DENIED), only to open. Loopback, which shows each packet twice,
// shows it once.
EsPacketSource *es_pcap_live_open(const char *interface, const char *filter, guint64 ring_bytes,
                                  GError **error);
void es_packet_source_free(EsPacketSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsPacketSource, es_packet_source_free)
