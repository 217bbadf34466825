// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "copies.h"

#include <pcap/dlt.h>
#include <string.h>

#define IPV4_AT 20
#define TTL_AT (IPV4_AT + 8)
#define CHECKSUM_AT (IPV4_AT + 10)
#define DIRECTION_AT 10

// A cooked packet (version 2) of 28 bytes of IPv4, seen at an interface.
static EsPacket seen(guint8 *bytes, guint8 interface, guint8 direction, gint64 time_us) {
  memset(bytes, 0, 48);
  bytes[0] = 0x08;
  bytes[7] = interface;
  bytes[DIRECTION_AT] = direction;
  bytes[IPV4_AT] = 0x45;
  bytes[IPV4_AT + 5] = 77; // identification
  bytes[TTL_AT] = 64;
  bytes[47] = 1; // the last of the payload
  return (EsPacket){.time_us = time_us, .link_type = DLT_LINUX_SLL2, .data = bytes, .length = 48};
}

typedef struct {
  const char *name;
  guint8 interface, direction;
  gint64 after_us;
  guint change_at; // byte that differs, 0 for none
  gboolean copy;
} Case;

// The second packet; the first was at interface 2, coming in.
static const Case cases[] = {
    {"at another interface", 3, 0, 30, 0, TRUE},
    {"going out of the same one", 2, 4, 30, 0, TRUE},
    {"twice on the wire", 2, 0, 30, 0, FALSE},
    {"one hop on", 3, 4, 30, TTL_AT, TRUE},
    {"with another checksum", 3, 4, 30, CHECKSUM_AT, TRUE},
    {"with another identification", 3, 4, 30, IPV4_AT + 5, FALSE},
    {"with another payload", 3, 4, 30, 47, FALSE},
    {"long after", 3, 4, 6000, 0, FALSE},
    {"stamped a little before", 3, 4, -20, 0, TRUE},
};

static void test_case(gconstpointer data) {
  const Case *c = data;
  guint8 first[48], second[48];
  EsCopies *copies = es_copies_new();
  EsPacket packet = seen(first, 2, 0, 1000000);
  g_assert_false(es_copies_seen(copies, &packet));
  packet = seen(second, c->interface, c->direction, 1000000 + c->after_us);
  if (c->change_at)
    second[c->change_at] ^= 1;
  g_assert_cmpint(es_copies_seen(copies, &packet), ==, c->copy);
  es_copies_free(copies);
}

static void test_other_links(void) {
  guint8 bytes[48];
  EsCopies *copies = es_copies_new();
  for (int turn = 0; turn < 2; turn++) {
    EsPacket packet = seen(bytes, (guint8)(2 + turn), 0, 1000000);
    packet.link_type = DLT_EN10MB; // does not tell the interface
    g_assert_false(es_copies_seen(copies, &packet));
    packet.link_type = DLT_LINUX_SLL2;
    packet.length = 19; // less than its header
    g_assert_false(es_copies_seen(copies, &packet));
  }
  es_copies_free(copies);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_strdup_printf("/copies/%s", cases[i].name);
    g_test_add_data_func(path, &cases[i], test_case);
  }
  g_test_add_func("/copies/other-links", test_other_links);
  return g_test_run();
}
