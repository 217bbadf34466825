// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An input is frames, each after its link type (one byte), the time since the one before (one byte, in 20
// ms) and its length (two bytes). What comes out is read to its end, so that a wrong bound is noticed.
#include <pcap/dlt.h>

#include "earshot/wire/packet.h"
#include "fuzz.h"

static const int types[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP,       DLT_RAW,
                            DLT_PPP,    DLT_C_HDLC,    DLT_PPP_ETHER,  DLT_MPLS, DLT_PPP_SERIAL, DLT_NFLOG};

static volatile guint sum;

static void read_payload(const EsDatagram *d) {
  for (guint32 i = 0; i < d->length; i++)
    sum += d->payload[i];
}

static void check(EsLink *link, const EsPacket *packet) {
  EsDatagram d;
  EsLinkResult result = es_link_read(link, packet, &d);
  g_assert_cmpint(result, !=, ES_LINK_UNSUPPORTED);
  if (result != ES_LINK_UDP && result != ES_LINK_TCP)
    return;
  g_assert_cmpuint(d.length, <=, 65535);
  if (result == ES_LINK_TCP)
    g_assert_true(d.wire_length >= d.length && d.cut == (d.wire_length > d.length));
  read_payload(&d);
}

static guint64 all_tunnels(const EsLinkStats *stats) {
  guint64 n = 0;
  for (EsTunnel i = 0; i < ES_TUNNELS; i++) {
    g_assert_nonnull(es_tunnel_name(i));
    n += stats->tunnels[i];
  }
  return n;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(EsLink) link = es_link_new();
  gint64 time_us = 1000000;
  guint packets = 0;
  for (; size >= 4; packets++) {
    gsize length = MIN((gsize)(data[2] << 8 | data[3]), size - 4);
    g_autofree guint8 *frame = g_memdup2(data + 4, length); // as long as it is
    time_us += data[1] * 20000;
    const EsPacket packet = {time_us, types[data[0] % G_N_ELEMENTS(types)], frame, (guint32)length,
                             (guint32)length};
    check(link, &packet);
    data += 4 + length;
    size -= 4 + length;
  }
  es_link_end(link);
  const EsLinkStats *stats = es_link_stats(link);
  g_assert_cmpuint(stats->reassembled + stats->incomplete, <=, stats->fragments);
  g_assert_cmpuint(all_tunnels(stats), <=, 8 * packets);
  return 0;
}
