// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIP messages out of TCP segments (RFC 3261 section 18.3) and out of WebSocket frames on them (RFC 7118), as
// somebody sees them who stands beside the connection: segments come twice, out of order or not at all.
//
// Only connections that carry SIP are followed; of others nothing is kept. What is missing for good is
// skipped: the stream is found again at the next start of a message. Bounds: ES_TCP_MAX_CONNECTIONS,
// ES_TCP_MAX_MESSAGE a message, as much again held back of one direction, ES_TCP_MAX_BYTES in all; the
// connection that was silent longest goes first, and before it those that have not shown what they are.
#pragma once

#include "earshot/wire/packet.h"

#define ES_TCP_MAX_CONNECTIONS 4096
#define ES_TCP_MAX_MESSAGE 65536
#define ES_TCP_MAX_BYTES (64 * 1024 * 1024)

// One SIP message, borrowed for the call; time is that of the segment which completed it. It is whole, or
// cut: then the end of its body was never seen. FALSE ends the reading.
typedef gboolean (*EsTcpMessage)(const EsDatagram *message, gpointer user_data, GError **error);

typedef struct {
  guint64 messages;   // handed on
  guint64 websocket;  // of these, out of WebSocket frames
  guint64 unreadable; // messages in WebSocket frames whose compression cannot be undone
  guint64 tls;        // segments that begin a record of TLS, on any port
  guint64 lost_bytes; // of SIP connections: never seen, skipped
  guint64 skipped;    // bytes between messages that are none, keep-alives apart
  guint64 evicted;    // directions of SIP connections given up for want of room
  // At the moment.
  guint64 directions; // kept
  guint64 bytes;      // of memory for them
} EsTcpStats;

typedef struct EsTcp EsTcp;

EsTcp *es_tcp_new(void);
void es_tcp_free(EsTcp *tcp);
// segment is of es_link_parse (ES_LINK_TCP). FALSE only if taker gave FALSE.
gboolean es_tcp_push(EsTcp *tcp, const EsDatagram *segment, EsTcpMessage taker, gpointer user_data,
                     GError **error);
// Time has come to here: what waits for a lost segment longer than two seconds goes on without it, or less
// long if its receiver has it. G_MAXINT64: nothing more will come.
gboolean es_tcp_expire(EsTcp *tcp, gint64 now_us, EsTcpMessage taker, gpointer user_data, GError **error);
void es_tcp_stats(const EsTcp *tcp, EsTcpStats *stats);
