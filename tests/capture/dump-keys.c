// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// dump-keys CAPTURE TYPE: the telephone events that the tracker finds among all packets of a payload type,
// one tracker for each pair of addresses: SSRC, timestamp, event, key, duration. Fields are divided by tabs.
#include <stdio.h>
#include <stdlib.h>

#include "earshot/capture/source.h"
#include "earshot/wire/telephone-event.h"

static void print_keys(const EsPressedKey *keys, guint n) {
  for (guint i = 0; i < n; i++)
    printf("%08x\t%u\t%u\t%c\t%u\n", keys[i].ssrc, keys[i].timestamp, keys[i].event,
           es_telephone_event_key(keys[i].event), keys[i].duration);
}

static void push(GHashTable *trackers, const EsDatagram *d, guint payload_type) {
  EsPressedKey ended[2];
  EsRtp rtp;
  if (!es_rtp_parse(d->payload, d->length, &rtp) || rtp.payload_type != payload_type)
    return;
  EsTelephoneEventTracker *tracker = g_hash_table_lookup(trackers, &d->from);
  if (!tracker) {
    tracker = g_new0(EsTelephoneEventTracker, 1);
    g_hash_table_insert(trackers, g_memdup2(&d->from, sizeof d->from), tracker);
  }
  if (es_telephone_event_expire(tracker, d->time_us, ended))
    print_keys(ended, 1);
  print_keys(ended, es_telephone_event_push(tracker, &rtp, d->time_us, ended));
}

static void print_open(gpointer address, gpointer tracker, gpointer unused) {
  EsPressedKey ended;
  if (es_telephone_event_expire(tracker, G_MAXINT64, &ended))
    print_keys(&ended, 1);
}

int main(int argc, char **argv) {
  g_autoptr(GHashTable) trackers = g_hash_table_new_full(es_address_hash, es_address_equal, g_free, g_free);
  g_autoptr(EsPacketSource) source = argc == 3 ? es_pcap_file_open(argv[1], NULL, NULL) : NULL;
  EsPacket packet;
  EsDatagram d;
  g_autoptr(EsLink) link = es_link_new();
  if (!source)
    return 1;
  while (source->klass->next(source, &packet, NULL) == ES_SOURCE_PACKET)
    if (es_link_read(link, &packet, &d) == ES_LINK_UDP)
      push(trackers, &d, (guint)atoi(argv[2]));
  g_hash_table_foreach(trackers, print_open, NULL);
  return 0;
}
