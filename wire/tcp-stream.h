// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One direction of a TCP connection put in order. Of bytes that come twice the first ones count.
#pragma once

#include "earshot/wire/packet.h"

typedef struct {
  // In order; time_us is when the last of what had to come for them came.
  gboolean (*bytes)(gpointer user_data, const guint8 *data, gsize length, gint64 time_us, GError **error);
  // So many bytes are missing for good between what came and what comes.
  gboolean (*lost)(gpointer user_data, guint32 length, GError **error);
  gpointer user_data;
} EsTcpSink;

typedef struct {
  guint32 next;     // sequence of the first byte that has not been handed on
  GArray *held;     // what lies behind a hole, in order; NULL for nothing
  gsize held_bytes; // with what keeping it costs
  guint old;        // segments in succession that brought nothing new
} EsTcpStream;

// FALSE for a sequence number that cannot belong to this stream.
gboolean es_tcp_stream_fits(const EsTcpStream *stream, guint32 sequence);
void es_tcp_stream_begin(EsTcpStream *stream, guint32 sequence);
void es_tcp_stream_clear(EsTcpStream *stream);
gboolean es_tcp_stream_push(EsTcpStream *stream, const EsDatagram *segment, const EsTcpSink *sink,
                            GError **error);
// There is a hole. *after is the sequence of the first byte behind it.
gboolean es_tcp_stream_waits(const EsTcpStream *stream, guint32 *after);
// Goes on without what is missing in the first hole.
gboolean es_tcp_stream_skip(EsTcpStream *stream, const EsTcpSink *sink, GError **error);
