// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the packet layer makes of a capture, a line a packet, for tests to hold against other readers: time in
// microseconds, kind, from, to, "cut" or "whole", payload in hexadecimal; at the end the bytes read of the
// total. Exits 1 with the error on standard error.
#include <stdio.h>

#include "earshot/capture/source.h"

static void print_datagram(const EsDatagram *d) {
  char from[ES_ADDRESS_TEXT_SIZE], to[ES_ADDRESS_TEXT_SIZE];
  printf("\t%s\t%s\t%s\t", es_address_format(&d->from, from), es_address_format(&d->to, to),
         d->cut ? "cut" : "whole");
  for (guint32 i = 0; i < d->length; i++)
    printf("%02x", d->payload[i]);
}

static EsSourceStatus print_packets(EsPacketSource *source, GError **error) {
  static const char *const kinds[] = {
      [ES_LINK_UDP] = "udp",           [ES_LINK_TCP] = "other",   [ES_LINK_OTHER] = "other",
      [ES_LINK_FRAGMENT] = "fragment", [ES_LINK_SHORT] = "short", [ES_LINK_UNSUPPORTED] = "unsupported"};
  g_autoptr(EsLink) link = es_link_new();
  EsPacket packet;
  EsSourceStatus status;
  while ((status = source->klass->next(source, &packet, error)) == ES_SOURCE_PACKET) {
    EsDatagram datagram;
    EsLinkResult kind = es_link_read(link, &packet, &datagram);
    printf("%" G_GINT64_FORMAT "\t%s", packet.time_us, kinds[kind]);
    if (kind == ES_LINK_UDP)
      print_datagram(&datagram);
    putchar('\n');
  }
  return status;
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsPacketSource) source = es_pcap_file_open(argc > 1 ? argv[1] : "-", NULL, &error);
  EsSourceStatus status = source ? print_packets(source, &error) : ES_SOURCE_ERROR;
  if (status == ES_SOURCE_ERROR) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  guint64 done, total;
  source->klass->progress(source, &done, &total);
  printf("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\n", done, total);
  return 0;
}
