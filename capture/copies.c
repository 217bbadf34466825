// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A table of rows of four, each row in one line of the processor's cache and chosen by a hash's low bits; of
// a row the oldest is pushed out, which early is at worst a copy that passes. The hash begins with a number
// that nobody outside knows, so that nobody can make packets that pass for others.
#include "copies.h"

#include <string.h>

#define ROW 4
#define LEAST_ROWS 4096             // 256 KiB; packets of 5 ms at 800,000 a second, thrice over
#define MOST_ROWS (32 * LEAST_ROWS) // 8 MiB
#define LEAST_WINDOW_US 5000        // for which the least are enough
#define JUDGED 512                  // packets whose share of repeated ones tells of a mirror
#define LEAST_JUDGED 128

typedef struct {
  guint64 hash;
  guint32 way;     // half of it
  guint32 time_us; // the low half
} Slot;

struct EsCopies {
  gint64 window_us;
  guint64 keys[2];
  guint packets, again; // lately
  guint n_rows;
  Slot (*rows)[ROW];
};

EsCopies *es_copies_new(gint64 window_us) {
  EsCopies *copies = g_new0(EsCopies, 1);
  copies->n_rows = LEAST_ROWS;
  while (copies->n_rows < MOST_ROWS && window_us * LEAST_ROWS > (gint64)copies->n_rows * LEAST_WINDOW_US)
    copies->n_rows *= 2;
  copies->rows = g_aligned_alloc0(copies->n_rows, sizeof copies->rows[0], sizeof copies->rows[0]);
  copies->window_us = window_us;
  for (guint i = 0; i < G_N_ELEMENTS(copies->keys); i++)
    copies->keys[i] = (guint64)g_random_int() << 32 | g_random_int();
  return copies;
}

void es_copies_free(EsCopies *copies) {
  g_aligned_free(copies->rows);
  g_free(copies);
}

void es_copies_forget(EsCopies *copies) {
  memset(copies->rows, 0, copies->n_rows * sizeof copies->rows[0]);
  copies->packets = copies->again = 0;
}

// The two halves of a product of 128 bits, together.
static inline guint64 mix(guint64 a, guint64 b) {
  __extension__ unsigned __int128 product = (unsigned __int128)a * b;
  return (guint64)product ^ (guint64)(product >> 64);
}

static inline guint64 load(const guint8 *p) {
  guint64 value;
  memcpy(&value, p, sizeof value);
  return value;
}

static guint64 load_part(const guint8 *p, gsize n) {
  guint64 value = 0;
  memcpy(&value, p, n);
  return value;
}

// Two chains of products, so that one need not wait for the other. With the keys no input is known to make a
// product zero.
static guint64 hash_bytes(const guint64 keys[2], guint64 hash, const guint8 *p, gsize n) {
  guint64 other = keys[1]; // not hash: of a short payload the two would be nothing together
  for (; n >= 32; p += 32, n -= 32) {
    hash = mix(load(p) ^ keys[0], load(p + 8) ^ hash);
    other = mix(load(p + 16) ^ keys[1], load(p + 24) ^ other);
  }
  hash ^= other;
  for (; n > 16; p += 16, n -= 16)
    hash = mix(load(p) ^ keys[0], load(p + 8) ^ hash);
  guint64 low = load_part(p, MIN(n, 8)), high = n > 8 ? load_part(p + 8, n - 8) : 0;
  return mix(low ^ keys[0], high ^ hash ^ n);
}

static guint64 hash_datagram(const EsCopies *copies, const EsDatagram *d) {
  const guint64 *keys = copies->keys;
  guint64 ports = (guint64)d->from.port << 48 | (guint64)d->to.port << 32 | d->acknowledged;
  guint64 place = (guint64)d->sequence << 32 | (guint64)d->flags << 24 | d->length;
  guint64 hash = mix(ports ^ keys[0], place ^ keys[1]);
  hash = mix(load(d->from.ip) ^ d->identification ^ keys[1], load(d->to.ip) ^ hash);
  hash = mix(load(d->from.ip + 8) ^ keys[0], load(d->to.ip + 8) ^ hash);
  return hash_bytes(keys, hash, d->payload, d->length);
}

// TRUE where so much comes again that a mirror must be showing it twice.
static gboolean judge(EsCopies *copies, gboolean again) {
  copies->packets++;
  copies->again += again;
  if (copies->packets == JUDGED) {
    copies->packets /= 2;
    copies->again /= 2;
  }
  return copies->packets >= LEAST_JUDGED && copies->again * 4 > copies->packets;
}

static gint64 apart(const Slot *slot, const EsDatagram *d) {
  return ABS((gint64)(gint32)((guint32)d->time_us - slot->time_us));
}

// The slot of this hash, else the one to be forgotten.
static Slot *find(EsCopies *copies, guint64 hash, const EsDatagram *d) {
  Slot *row = copies->rows[hash & (copies->n_rows - 1)], *oldest = row;
  for (guint i = 0; i < ROW; i++) {
    if (row[i].hash == hash)
      return &row[i];
    if (apart(&row[i], d) > apart(oldest, d))
      oldest = &row[i];
  }
  return oldest;
}

EsCopiesResult es_copies_look(EsCopies *copies, const EsDatagram *d) {
  if (copies->window_us == 0 || d->length == 0) // bare acknowledgements are alike
    return ES_COPIES_NEW;
  guint64 hash = hash_datagram(copies, d);
  Slot *slot = find(copies, hash, d);
  gboolean same = slot->hash == hash && apart(slot, d) <= copies->window_us;
  if (same && slot->way != (guint32)d->way)
    return ES_COPIES_COPY;
  if (judge(copies, same) && same)
    return ES_COPIES_COPY;
  *slot = (Slot){hash, (guint32)d->way, (guint32)d->time_us};
  return same ? ES_COPIES_AGAIN : ES_COPIES_NEW;
}
