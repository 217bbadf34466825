// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A table with one slot for each value of a hash's low bits; what is pushed out early is at worst a copy that
// counts as a duplicate.
#include "copies.h"

#include <pcap/dlt.h>
#include <string.h>

#define SLOTS 16384 // packets of the window at 800,000 a second, thrice over
#define WINDOW_US 5000

typedef struct {
  guint64 hash;
  gint64 time_us;
  guint64 place; // interface and direction
} Slot;

struct EsCopies {
  Slot slots[SLOTS];
};

EsCopies *es_copies_new(void) {
  return g_new0(EsCopies, 1);
}

void es_copies_free(EsCopies *copies) {
  g_free(copies);
}

// FNV-1a.
static guint64 add_bytes(guint64 hash, const guint8 *bytes, gsize n) {
  for (gsize i = 0; i < n; i++)
    hash = (hash ^ bytes[i]) * G_GUINT64_CONSTANT(0x100000001b3);
  return hash;
}

static guint64 hash_ip(const guint8 *p, gsize n) {
  guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);
  if (n >= 20 && p[0] >> 4 == 4) { // without time to live and checksum
    hash = add_bytes(add_bytes(hash, p, 8), p + 9, 1);
    return add_bytes(hash, p + 12, n - 12);
  }
  if (n >= 40 && p[0] >> 4 == 6) // without hop limit
    return add_bytes(add_bytes(hash, p, 7), p + 8, n - 8);
  return add_bytes(hash, p, n);
}

static guint64 be(const guint8 *p, guint n) {
  guint64 value = 0;
  for (guint i = 0; i < n; i++)
    value = value << 8 | p[i];
  return value;
}

gboolean es_copies_seen(EsCopies *copies, const EsPacket *packet) {
  const guint8 *p = packet->data;
  gboolean second = packet->link_type == DLT_LINUX_SLL2;
  gsize header = second ? 20 : 16;
  if ((!second && packet->link_type != DLT_LINUX_SLL) || packet->length < header)
    return FALSE;
  guint64 place = second ? be(p + 4, 4) << 8 | p[10] : be(p, 2);
  guint64 hash = hash_ip(p + header, packet->length - header);
  Slot *slot = &copies->slots[hash % SLOTS];
  gint64 apart = packet->time_us - slot->time_us;
  if (slot->hash == hash && slot->place != place && ABS(apart) <= WINDOW_US)
    return TRUE;
  *slot = (Slot){hash, packet->time_us, place};
  return FALSE;
}
