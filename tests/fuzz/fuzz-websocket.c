// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One direction of a WebSocket: an input is pieces, each after its length (two bytes, of which the highest
// bit says that it is lost). Nothing that is handed on is longer than a message may be, and what is kept
// stays bounded.
#include "earshot/wire/tcp.h"
#include "fuzz.h"
#include "websocket.h"

static volatile guint8 sum; // every byte can be read

static gboolean take(gpointer user_data, const guint8 *data, gsize length, gboolean cut, GError **error) {
  for (gsize i = 0; i < length; i++)
    sum ^= data[i];
  g_assert_cmpuint(length, >, 0);
  g_assert_cmpuint(length, <=, ES_TCP_MAX_MESSAGE);
  return TRUE;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  guint64 skipped = 0, unreadable = 0;
  EsFrameSink sink = {take, NULL, &skipped, &unreadable};
  EsWebsocket *websocket = es_websocket_new();
  gsize head;
  es_websocket_handshake(data, size, &head);
  for (gsize at = 0; size - at >= 2;) {
    gsize length = MIN((gsize)((data[at] & 0x7f) << 8 | data[at + 1]), size - at - 2);
    g_autofree guint8 *copy = g_memdup2(data + at + 2, length); // so that reading past its end is noticed
    es_websocket_looks_like(copy, length);
    gboolean good = data[at] & 0x80 ? es_websocket_lose(websocket, length, &sink, NULL)
                                    : es_websocket_feed(websocket, copy, length, &sink, NULL);
    g_assert_true(good);
    g_assert_cmpuint(es_websocket_size(websocket), <=, 2 * ES_TCP_MAX_MESSAGE);
    at += 2 + length;
  }
  es_websocket_free(websocket);
  return 0;
}
