// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A capture file, written to memory that has a path.
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copies.h"
#include "earshot/capture/source.h"
#include "earshot/common/clock.h"
#include "fuzz.h"

#define MAX_PACKETS 2000

static void read_all(EsPacketSource *source) {
  g_autoptr(GError) error = NULL;
  EsPacket packet;
  EsDatagram datagram;
  EsSourceStatus status = ES_SOURCE_PACKET;
  guint64 done, total;
  g_autoptr(EsLink) link = es_link_new();
  g_autoptr(EsCopies) copies = es_copies_new(5000);
  for (guint i = 0; status == ES_SOURCE_PACKET && i < MAX_PACKETS; i++) {
    status = source->klass->next(source, &packet, &error);
    if (status != ES_SOURCE_PACKET)
      break;
    g_assert_cmpint(packet.time_us, >=, 0);
    g_assert_cmpuint(packet.length, <=, packet.wire_length);
    EsLinkResult kind = es_link_read(link, &packet, &datagram);
    if (kind == ES_LINK_UDP || kind == ES_LINK_TCP)
      es_copies_look(copies, &datagram);
  }
  g_assert_true((status == ES_SOURCE_ERROR) == (error != NULL));
  source->klass->progress(source, &done, &total);
  g_assert_cmpuint(done, <=, total);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  g_autoptr(GError) error = NULL;
  int fd = memfd_create("capture", MFD_CLOEXEC);
  g_assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
  g_autoptr(EsPacketSource) source = es_pcap_file_open(path, NULL, &error);
  g_assert_true((source == NULL) == (error != NULL));
  if (source)
    read_all(source);
  close(fd);
  return 0;
}
