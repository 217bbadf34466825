// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Connections as segments show them: an input is segments, each after eight bytes: which direction of which
// connection (one byte), flags of TCP, how far from its place in the stream (two bytes, signed; 0 in order),
// time since the last one in centiseconds, bytes that a snap length cut off, length (two bytes). Messages are
// never longer than one may be, memory never more than its bound, and at the end nothing is kept.
#include "earshot/wire/tcp.h"
#include "fuzz.h"

#define DIRECTIONS 8

typedef struct {
  guint64 messages;
} Count;

static volatile guint8 sum; // every byte can be read

static gboolean count(const EsDatagram *message, gpointer user_data, GError **error) {
  for (guint32 i = 0; i < message->length; i++)
    sum ^= message->payload[i];
  g_assert_cmpuint(message->length, >, 0);
  g_assert_cmpuint(message->length, <=, ES_TCP_MAX_MESSAGE);
  ((Count *)user_data)->messages++;
  return TRUE;
}

static guint32 push(EsTcp *tcp, const guint8 *head, const guint8 *payload, guint32 length, guint32 next,
                    gint64 now_us, Count *counter) {
  guint direction = head[0] % DIRECTIONS;
  g_autofree guint8 *copy = g_memdup2(payload, length); // so that reading past its end is noticed
  guint32 sequence = next + (guint32)(gint16)(head[2] << 8 | head[3]);
  EsDatagram d = {.time_us = now_us,
                  .payload = copy,
                  .length = length,
                  .wire_length = length + head[5],
                  .cut = head[5] > 0,
                  .sequence = sequence,
                  .acknowledged = sequence,
                  .flags = head[1]};
  es_address_from_text(direction % 2 ? &d.to : &d.from, "192.0.2.1", (guint16)(5060 + direction / 2));
  es_address_from_text(direction % 2 ? &d.from : &d.to, "192.0.2.2", 40000);
  g_assert_true(es_tcp_push(tcp, &d, count, counter, NULL));
  return sequence + d.wire_length + (head[1] & ES_TCP_SYN ? 1 : 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  guint32 next[DIRECTIONS];
  gint64 now_us = 0;
  Count counter = {0};
  EsTcpStats stats;
  EsTcp *tcp = es_tcp_new();
  for (guint i = 0; i < DIRECTIONS; i++)
    next[i] = 0u - 100 * i; // most wrap soon
  for (gsize at = 0; size - at >= 8;) {
    const guint8 *head = data + at;
    at += 8;
    guint32 length = (guint32)MIN((gsize)(head[6] << 8 | head[7]), size - at);
    now_us += head[4] * 10000;
    guint direction = head[0] % DIRECTIONS;
    next[direction] = push(tcp, head, data + at, length, next[direction], now_us, &counter);
    at += length;
    es_tcp_stats(tcp, &stats);
    g_assert_cmpuint(stats.bytes, <=, ES_TCP_MAX_BYTES);
    g_assert_cmpuint(stats.directions, <=, DIRECTIONS);
    g_assert_cmpuint(stats.messages, ==, counter.messages);
  }
  g_assert_true(es_tcp_expire(tcp, G_MAXINT64, count, &counter, NULL));
  es_tcp_stats(tcp, &stats);
  g_assert_cmpuint(stats.bytes + stats.directions, ==, 0);
  g_assert_cmpuint(stats.websocket, <=, stats.messages);
  es_tcp_free(tcp);
  return 0;
}
