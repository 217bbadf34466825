// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Payloads that wait for their turn, in order of sequence. Packets come nearly always in order, so inserting
// looks from the end. Spent packets go back to a pool that a whole recording shares: in a steady flow nothing
// is allocated.
#pragma once

#include <glib.h>

typedef struct EsQueuedPacket EsQueuedPacket;
struct EsQueuedPacket {
  EsQueuedPacket *next, *previous;
  gint64 sequence, timestamp; // unwrapped
  gint64 arrival;             // ticks
  guint map;                  // number of the stream's clock map
  guint8 codec;               // index into the stream's codecs
  guint16 length, room;       // bytes
  guint8 payload[];
};

#define ES_QUEUED_PAYLOAD_MAX 4096

typedef struct {
  EsQueuedPacket *spare;
  guint n_spare, n_used;
} EsPacketPool;

// A packet with a copy of the payload; NULL when the pool has too many in use or the payload is too long.
EsQueuedPacket *es_packet_pool_take(EsPacketPool *pool, const guint8 *payload, gsize length);
void es_packet_pool_give(EsPacketPool *pool, EsQueuedPacket *packet);
void es_packet_pool_clear(EsPacketPool *pool);

typedef struct {
  EsQueuedPacket *head, *tail;
} EsPacketQueue;

void es_packet_queue_insert(EsPacketQueue *queue, EsQueuedPacket *packet);
EsQueuedPacket *es_packet_queue_pop(EsPacketQueue *queue); // NULL when empty; the caller owns it
void es_packet_queue_clear(EsPacketQueue *queue, EsPacketPool *pool);
