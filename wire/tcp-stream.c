// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Sequence numbers are compared by their distance, so that they may wrap. A distance that no window of a
// signalling connection has means that the ports are used anew, and so do many segments in a row that lie
// before what was taken: the stream had followed a segment that did not belong to it.
//
// What is held back is an array of pieces in order that do not overlap: of a new segment only what no piece
// has is added. Pieces are counted with what keeping them costs, so that a thousand single bytes are no cheap
// way to fill the memory.
#include "tcp-stream.h"

#include "earshot/wire/tcp.h"

#define WINDOW_BYTES (1 << 20)
#define MOST_OLD 64
#define PIECE_COST 64

typedef struct {
  guint32 sequence;
  guint32 length;
  guint32 cut; // bytes behind it that a snap length took
  gint64 time_us;
  guint8 *data;
} Piece;

static gint32 distance(guint32 from, guint32 to) {
  return (gint32)(to - from);
}

static void free_piece(gpointer data) {
  g_free(((Piece *)data)->data);
}

void es_tcp_stream_begin(EsTcpStream *s, guint32 sequence) {
  es_tcp_stream_clear(s);
  s->next = sequence;
}

void es_tcp_stream_clear(EsTcpStream *s) {
  g_clear_pointer(&s->held, g_array_unref);
  *s = (EsTcpStream){0};
}

gboolean es_tcp_stream_fits(const EsTcpStream *s, guint32 sequence) {
  gint32 ahead = distance(s->next, sequence);
  return ahead > -WINDOW_BYTES && ahead < WINDOW_BYTES && s->old < MOST_OLD;
}

gboolean es_tcp_stream_waits(const EsTcpStream *s, guint32 *after) {
  if (!s->held)
    return FALSE;
  *after = g_array_index(s->held, Piece, 0).sequence;
  return TRUE;
}

// ---- what is held back

static void insert_piece(EsTcpStream *s, guint at, const EsDatagram *d, guint32 from, guint32 until) {
  Piece piece = {.sequence = d->sequence + from, .length = until - from, .time_us = d->time_us};
  piece.data = g_memdup2(d->payload + from, piece.length);
  piece.cut = until == d->length ? d->wire_length - d->length : 0;
  g_array_insert_val(s->held, at, piece);
  s->held_bytes += piece.length + PIECE_COST;
}

// Adds what no piece has yet. Places are counted from the segment's first byte.
static void hold(EsTcpStream *s, const EsDatagram *d) {
  guint32 from = 0;
  if (!s->held) {
    s->held = g_array_new(FALSE, FALSE, sizeof(Piece));
    g_array_set_clear_func(s->held, free_piece);
  }
  for (guint i = 0; i < s->held->len && from < d->length; i++) {
    const Piece *piece = &g_array_index(s->held, Piece, i);
    gint32 begin = distance(d->sequence, piece->sequence), end = begin + (gint32)piece->length;
    if (end <= (gint32)from)
      continue;
    if (begin > (gint32)from) {
      insert_piece(s, i, d, from, MIN((guint32)begin, d->length));
      i++;
    }
    from = (guint32)end;
  }
  if (from < d->length)
    insert_piece(s, s->held->len, d, from, d->length);
}

static void drop_first(EsTcpStream *s) {
  s->held_bytes -= g_array_index(s->held, Piece, 0).length + PIECE_COST;
  g_array_remove_index(s->held, 0);
  if (s->held->len == 0)
    g_clear_pointer(&s->held, g_array_unref);
}

static gboolean lose(EsTcpStream *s, guint32 length, const EsTcpSink *sink, GError **error) {
  s->next += length;
  return sink->lost(sink->user_data, length, error);
}

// What a snap length took of a segment; less, if another one brought part of it.
static gboolean lose_cut(EsTcpStream *s, guint32 cut, const EsTcpSink *sink, GError **error) {
  guint32 after;
  if (es_tcp_stream_waits(s, &after))
    cut = MIN(cut, after - s->next);
  return cut == 0 || lose(s, cut, sink, error);
}

// Hands on what the hole was before, until the next hole. filled_us: when the hole was filled.
static gboolean drain(EsTcpStream *s, gint64 filled_us, const EsTcpSink *sink, GError **error) {
  while (s->held && g_array_index(s->held, Piece, 0).sequence == s->next) {
    Piece *first = &g_array_index(s->held, Piece, 0);
    guint32 length = first->length, cut = first->cut;
    g_autofree guint8 *data = g_steal_pointer(&first->data);
    gint64 time_us = MAX(first->time_us, filled_us);
    drop_first(s);
    s->next += length;
    if (!sink->bytes(sink->user_data, data, length, time_us, error) || !lose_cut(s, cut, sink, error))
      return FALSE;
  }
  return TRUE;
}

gboolean es_tcp_stream_skip(EsTcpStream *s, const EsTcpSink *sink, GError **error) {
  guint32 after;
  if (!es_tcp_stream_waits(s, &after))
    return TRUE;
  return lose(s, after - s->next, sink, error) && drain(s, G_MININT64, sink, error);
}

// ---- segments

static gboolean is_in_order(const EsTcpStream *s, const EsDatagram *d) {
  guint32 after;
  return d->sequence == s->next && (!es_tcp_stream_waits(s, &after) || after - s->next >= d->wire_length);
}

gboolean es_tcp_stream_push(EsTcpStream *s, const EsDatagram *segment, const EsTcpSink *sink,
                            GError **error) {
  EsDatagram d = *segment;
  gint32 taken = -distance(s->next, d.sequence); // bytes of it that are known
  if (taken > 0 && (guint32)taken >= d.length) {
    s->old += d.length > 0;
    return TRUE;
  }
  if (taken > 0) {
    d.payload += taken;
    d.length -= (guint32)taken;
    d.wire_length -= (guint32)taken;
    d.sequence = s->next;
  }
  s->old = 0;
  if (!is_in_order(s, &d)) {
    if (d.length == 0) // cut off whole
      return TRUE;
    hold(s, &d);
    gint64 filled_us = d.sequence == s->next ? d.time_us : G_MININT64;
    gboolean good = drain(s, filled_us, sink, error);
    while (good && s->held_bytes > ES_TCP_MAX_MESSAGE)
      good = es_tcp_stream_skip(s, sink, error);
    return good;
  }
  s->next += d.length;
  return sink->bytes(sink->user_data, d.payload, d.length, d.time_us, error) &&
         lose_cut(s, d.wire_length - d.length, sink, error) && drain(s, d.time_us, sink, error);
}
