// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "fragments.h"

#include <string.h>

#include "earshot/common/clock.h"

#define MOST_WAITING 4096
#define MOST_BYTES (16 * 1024 * 1024)
#define WAIT_US (5 * ES_US_PER_S)
#define AGAIN_US (50 * ES_US_PER_MS) // for so long fragments of a whole datagram are those of another place
#define LARGEST 65535
#define UNIT 8 // fragments begin at multiples of it and, but for the last, end there

typedef struct {
  EsAddress from, to;
  guint32 identification, family;
} Key; // without padding

typedef struct {
  Key key; // first, so that it is its own key
  GList order;
  gint64 since_us;
  gboolean over;                       // whole, or given up
  gint64 over_us;                      // when that was
  guint packets;                       // that brought something
  guint32 total;                       // bytes, once the last fragment came; else 0
  guint32 reach;                       // end of what came
  guint32 units;                       // that came
  guint8 next;                         // of the first
  guint8 came[LARGEST / UNIT / 8 + 1]; // a bit for each unit
  guint8 *bytes;                       // room of `room` bytes
  guint32 room;
} Waiting;

struct EsFragments {
  EsLinkStats *stats;
  GHashTable *waiting; // Key → Waiting
  GQueue order;        // the same, the oldest first
  gsize bytes;         // of all rooms
  guint8 *whole;       // the latest whole one
};

static guint key_hash(gconstpointer data) {
  const Key *key = data;
  return es_address_hash(&key->from) * 31 + es_address_hash(&key->to) + key->identification * 2654435761u +
         key->family;
}

static gboolean key_equal(gconstpointer a, gconstpointer b) {
  return memcmp(a, b, sizeof(Key)) == 0;
}

EsFragments *es_fragments_new(EsLinkStats *stats) {
  EsFragments *f = g_new0(EsFragments, 1);
  f->stats = stats;
  f->waiting = g_hash_table_new(key_hash, key_equal);
  g_queue_init(&f->order);
  return f;
}

static void release(EsFragments *f, Waiting *w) {
  f->bytes -= w->room;
  w->room = 0;
  g_clear_pointer(&w->bytes, g_free);
}

// Keeps the entry, so that what comes late begins nothing new.
static void give_up(EsFragments *f, Waiting *w, gint64 now_us) {
  f->stats->incomplete += w->packets;
  w->over = TRUE;
  w->over_us = now_us;
  release(f, w);
}

static void drop(EsFragments *f, Waiting *w) {
  if (!w->over)
    give_up(f, w, w->since_us);
  g_hash_table_remove(f->waiting, &w->key);
  g_queue_unlink(&f->order, &w->order);
  g_free(w);
}

void es_fragments_clear(EsFragments *f) {
  while (f->order.head)
    drop(f, f->order.head->data);
}

void es_fragments_free(EsFragments *f) {
  es_fragments_clear(f);
  g_hash_table_unref(f->waiting);
  g_free(f->whole);
  g_free(f);
}

// A clock that goes back begins another capture.
void es_fragments_expire(EsFragments *f, gint64 now_us) {
  while (f->order.head) {
    Waiting *oldest = f->order.head->data;
    if (ABS(now_us - oldest->since_us) <= WAIT_US)
      return;
    drop(f, oldest);
  }
}

static Waiting *begin(EsFragments *f, const Key *key, gint64 now_us) {
  if (g_hash_table_size(f->waiting) == MOST_WAITING)
    drop(f, f->order.head->data);
  Waiting *w = g_new0(Waiting, 1);
  w->key = *key;
  w->since_us = now_us;
  w->order.data = w;
  g_hash_table_add(f->waiting, w);
  g_queue_push_tail_link(&f->order, &w->order);
  return w;
}

// Senders use identifications again, soon where there is much to send.
static Waiting *find(EsFragments *f, const EsFragment *piece, gint64 now_us) {
  const Key key = {piece->from, piece->to, piece->identification, piece->family};
  Waiting *w = g_hash_table_lookup(f->waiting, &key);
  if (w && w->over && ABS(now_us - w->over_us) > AGAIN_US)
    drop(f, g_steal_pointer(&w));
  return w ? w : begin(f, &key, now_us);
}

static void make_room(EsFragments *f, Waiting *w, guint32 end) {
  if (end <= w->room)
    return;
  guint32 room = MIN(MAX(end, w->room * 2), LARGEST);
  f->bytes += room - w->room;
  w->bytes = g_realloc(w->bytes, room);
  w->room = room;
  while (f->bytes > MOST_BYTES && f->order.head->data != w)
    drop(f, f->order.head->data);
}

// What came already must be the same.
static gboolean place(Waiting *w, const EsFragment *piece) {
  guint32 before = w->units;
  for (guint32 at = 0; at < piece->data.left; at += UNIT) {
    guint32 unit = (piece->offset + at) / UNIT;
    gsize length = MIN((gsize)UNIT, piece->data.left - at);
    guint8 bit = (guint8)(1 << unit % 8);
    if (!(w->came[unit / 8] & bit))
      memcpy(w->bytes + piece->offset + at, piece->data.at + at, length);
    else if (memcmp(w->bytes + piece->offset + at, piece->data.at + at, length) != 0)
      return FALSE;
    w->units += !(w->came[unit / 8] & bit);
    w->came[unit / 8] |= bit;
  }
  w->packets += w->units > before;
  return TRUE;
}

// The end that the last fragment tells is that of all.
static gboolean fits(const Waiting *w, const EsFragment *piece, guint32 end) {
  if (piece->more)
    return w->total == 0 || end <= w->total;
  return w->total == 0 ? w->reach <= end : w->total == end;
}

static gboolean is_possible(const EsFragment *piece) {
  return piece->data.left > 0 && piece->offset + piece->data.left <= LARGEST &&
         (!piece->more || piece->data.left % UNIT == 0);
}

EsFragmentsResult es_fragments_take(EsFragments *f, EsFragment *piece, gint64 now_us, EsCursor *whole) {
  f->stats->fragments++;
  if (!is_possible(piece)) {
    f->stats->incomplete++;
    return ES_FRAGMENTS_BAD;
  }
  Waiting *w = find(f, piece, now_us);
  if (w->over)
    return ES_FRAGMENTS_WAIT;
  guint32 end = piece->offset + (guint32)piece->data.left;
  make_room(f, w, end);
  if (!fits(w, piece, end) || !place(w, piece)) {
    w->packets++;
    give_up(f, w, now_us);
    return ES_FRAGMENTS_WAIT;
  }
  w->reach = MAX(w->reach, end);
  w->next = piece->offset == 0 ? piece->next : w->next;
  w->total = piece->more ? w->total : end;
  if (w->total == 0 || w->units < (w->total + UNIT - 1) / UNIT)
    return ES_FRAGMENTS_WAIT;
  g_free(f->whole);
  f->whole = g_steal_pointer(&w->bytes);
  *whole = (EsCursor){f->whole, w->total};
  piece->next = w->next;
  w->over = TRUE;
  w->over_us = now_us;
  release(f, w);
  f->stats->reassembled++;
  return ES_FRAGMENTS_WHOLE;
}
