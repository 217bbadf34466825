// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIP messages in one direction of a WebSocket connection (RFC 6455, RFC 7118).
#pragma once

#include "sip-frame.h"

// The head of an HTTP request or response that agrees on SIP over WebSocket; *head is its length.
EsFrameVerdict es_websocket_handshake(const guint8 *data, gsize length, gsize *head);
// A frame that begins a SIP message, as a connection shows it whose handshake was not seen.
gboolean es_websocket_looks_like(const guint8 *data, gsize length);

typedef struct EsWebsocket EsWebsocket;

EsWebsocket *es_websocket_new(void);
void es_websocket_free(EsWebsocket *websocket);
// Bytes of memory that it holds.
gsize es_websocket_size(const EsWebsocket *websocket);
// What comes in one segment, in order.
gboolean es_websocket_feed(EsWebsocket *websocket, const guint8 *data, gsize length, EsFrameSink *sink,
                           GError **error);
gboolean es_websocket_lose(EsWebsocket *websocket, gsize length, EsFrameSink *sink, GError **error);
