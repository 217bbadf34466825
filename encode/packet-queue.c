// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "packet-queue.h"

#include <string.h>

#define MOST_USED 4096 // packets; 80 s of one ordinary stream, far beyond any window
#define MOST_SPARE 8   // a frame of several legs
#define LEAST_ROOM 172 // G.711 of 20 ms fits

static EsQueuedPacket *reuse(EsPacketPool *pool, gsize length) {
  EsQueuedPacket *packet = pool->spare;
  if (!packet)
    return NULL;
  pool->spare = packet->next;
  pool->n_spare--;
  if (packet->room >= length)
    return packet;
  g_free(packet);
  return NULL;
}

EsQueuedPacket *es_packet_pool_take(EsPacketPool *pool, const guint8 *payload, gsize length) {
  if (length > ES_QUEUED_PAYLOAD_MAX || pool->n_used >= MOST_USED)
    return NULL;
  EsQueuedPacket *packet = reuse(pool, length);
  if (!packet) {
    guint16 room = (guint16)MAX(length, LEAST_ROOM);
    packet = g_malloc(sizeof *packet + room);
    packet->room = room;
  }
  pool->n_used++;
  packet->length = (guint16)length;
  memcpy(packet->payload, payload, length);
  return packet;
}

void es_packet_pool_give(EsPacketPool *pool, EsQueuedPacket *packet) {
  pool->n_used--;
  if (pool->n_spare >= MOST_SPARE) {
    g_free(packet);
    return;
  }
  packet->next = pool->spare;
  pool->spare = packet;
  pool->n_spare++;
}

void es_packet_pool_clear(EsPacketPool *pool) {
  while (pool->spare) {
    EsQueuedPacket *packet = pool->spare;
    pool->spare = packet->next;
    g_free(packet);
  }
  pool->n_spare = 0;
}

void es_packet_queue_insert(EsPacketQueue *queue, EsQueuedPacket *packet) {
  EsQueuedPacket *before = queue->tail;
  while (before && before->sequence > packet->sequence)
    before = before->previous;
  packet->previous = before;
  packet->next = before ? before->next : queue->head;
  *(packet->next ? &packet->next->previous : &queue->tail) = packet;
  *(before ? &before->next : &queue->head) = packet;
}

EsQueuedPacket *es_packet_queue_pop(EsPacketQueue *queue) {
  EsQueuedPacket *packet = queue->head;
  if (!packet)
    return NULL;
  queue->head = packet->next;
  *(queue->head ? &queue->head->previous : &queue->tail) = NULL;
  return packet;
}

void es_packet_queue_clear(EsPacketQueue *queue, EsPacketPool *pool) {
  for (EsQueuedPacket *packet; (packet = es_packet_queue_pop(queue));)
    es_packet_pool_give(pool, packet);
}
