// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses the link type, the rest is the frame.
#include <pcap/dlt.h>

#include "earshot/wire/packet.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static const int types[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP, DLT_RAW};
  if (size == 0)
    return 0;
  const EsPacket packet = {.link_type = types[data[0] % G_N_ELEMENTS(types)],
                           .data = data + 1,
                           .length = (guint32)size - 1,
                           .wire_length = (guint32)size - 1};
  g_autoptr(EsLink) link = es_link_new();
  EsDatagram d;
  EsLinkResult result = es_link_read(link, &packet, &d);
  g_assert_cmpint(result, !=, ES_LINK_UNSUPPORTED);
  if (result == ES_LINK_UDP)
    assert_within(d.payload, d.length, packet.data, packet.length);
  return 0;
}
