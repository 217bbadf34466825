// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Frames (RFC 6455 section 5.2) put together to messages, each of which is one SIP message (RFC 7118 section
// 5). Control frames between the fragments of a message are passed over. After a hole that is longer than the
// frame it lies in, the next frame is looked for where a segment begins.
//
// Compressed messages (RFC 7692) are known by the bit RSV1 of their first frame. Whether both sides keep
// their dictionary from message to message need not be known: a sender that does not never refers back. What
// was lost may be referred to; then messages are unreadable until the sender begins anew.
#include "websocket.h"

#include <string.h>
#include <zlib.h>

#include "earshot/wire/cursor.h"
#include "earshot/wire/sip.h"
#include "earshot/wire/tcp.h"
#include "slice.h"

#define MAX_HANDSHAKE_BYTES 8192
#define MAX_PASSED_BYTES (16 * 1024 * 1024) // a longer frame is a misunderstanding
#define MAX_HEADER_BYTES 14
#define PEEK_BYTES 512
#define INFLATER_BYTES (44 * 1024)

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
  gboolean last, compressed;
  guint opcode;
  guint64 length;
  guint8 mask[4]; // zeros for none
} Frame;

struct EsWebsocket {
  guint8 header[MAX_HEADER_BYTES];
  guint header_bytes;
  Frame frame;
  guint64 frame_left;  // of its payload
  guint64 at;          // place in the payload, for the mask
  GByteArray *message; // so far; NULL for none
  gboolean open;       // a message has begun and its last frame has not come
  gboolean compressed;
  gboolean damaged; // bytes of the message are missing or too many: it is not handed on
  gboolean lost;    // looking for a frame
  z_stream *inflater;
};

EsWebsocket *es_websocket_new(void) {
  return g_new0(EsWebsocket, 1);
}

void es_websocket_free(EsWebsocket *w) {
  if (!w)
    return;
  g_clear_pointer(&w->message, g_byte_array_unref);
  if (w->inflater)
    inflateEnd(w->inflater);
  g_free(w->inflater);
  g_free(w);
}

gsize es_websocket_size(const EsWebsocket *w) {
  return sizeof *w + (w->message ? w->message->len : 0) + (w->inflater ? INFLATER_BYTES : 0);
}

// ---- the handshake

static gboolean names_sip(EsSlice value) {
  EsSlice name;
  while (es_slice_cut(&value, ',', &name))
    if (es_slice_is(es_slice_trim(name), "sip"))
      return TRUE;
  return FALSE;
}

static gboolean begins(const guint8 *data, gsize length, const char *text) {
  return memcmp(data, text, MIN(length, strlen(text))) == 0;
}

EsFrameVerdict es_websocket_handshake(const guint8 *data, gsize length, gsize *head) {
  if (length == 0 || (!begins(data, length, "GET /") && !begins(data, length, "HTTP/1.1 101")))
    return ES_FRAME_NO;
  *head = es_sip_frame_head(data, length, 0);
  if (*head == 0)
    return length < MAX_HANDSHAKE_BYTES ? ES_FRAME_MAYBE : ES_FRAME_NO;
  EsSlice rest = es_slice(data, *head), line, name;
  gboolean upgrade = FALSE, sip = FALSE;
  es_slice_cut(&rest, '\n', &line);
  while (es_slice_cut(&rest, '\n', &line)) {
    if (!es_slice_cut(&line, ':', &name))
      continue;
    upgrade |= es_slice_is(es_slice_trim(name), "Upgrade") && es_slice_is(es_slice_trim(line), "websocket");
    sip |= es_slice_is(es_slice_trim(name), "Sec-WebSocket-Protocol") && names_sip(line);
  }
  return upgrade && sip ? ES_FRAME_YES : ES_FRAME_NO;
}

// ---- headers of frames

// Bytes that a header has in all, as far as its first ones tell.
static guint header_needs(const guint8 *h, gsize have) {
  if (have < 2)
    return 2;
  guint length = h[1] & 0x7f;
  return 2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + (h[1] & 0x80 ? 4 : 0);
}

// FALSE when no WebSocket would send this.
static gboolean parse_header(const guint8 *h, Frame *f) {
  guint length = h[1] & 0x7f;
  gboolean masked = h[1] & 0x80;
  *f = (Frame){.last = h[0] & 0x80, .compressed = h[0] & 0x40, .opcode = h[0] & 0x0f, .length = length};
  if (length == 126)
    f->length = es_be16(h + 2);
  else if (length == 127)
    f->length = (guint64)es_be32(h + 2) << 32 | es_be32(h + 6);
  if (masked)
    memcpy(f->mask, h + header_needs(h, 2) - 4, 4);
  if (h[0] & 0x30 || f->length > MAX_PASSED_BYTES)
    return FALSE;
  if (f->opcode >= CLOSE)
    return f->opcode <= PONG && f->last && !f->compressed && length < 126;
  return f->opcode <= BINARY && (f->opcode || !f->compressed);
}

// A first frame at the front of these bytes, of which some of the payload is there.
static gboolean peek_frame(const guint8 *data, gsize length, Frame *f, guint *header) {
  *header = header_needs(data, length);
  return length > *header && parse_header(data, f) && (f->opcode == TEXT || f->opcode == BINARY);
}

gboolean es_websocket_looks_like(const guint8 *data, gsize length) {
  guint8 text[PEEK_BYTES];
  Frame f;
  guint header;
  gsize n = 0, at = 0;
  if (length < 2 || (data[0] & 0x7c) || !peek_frame(data, length, &f, &header))
    return FALSE;
  for (; n < MIN(MIN(f.length, length - header), sizeof text); n++)
    text[n] = data[header + n] ^ f.mask[n % 4];
  while (at < n && g_ascii_isspace(text[at]))
    at++;
  EsFrameVerdict verdict = at < n ? es_sip_frame_start(text + at, n - at) : ES_FRAME_NO;
  return verdict == ES_FRAME_YES || (verdict == ES_FRAME_MAYBE && n == sizeof text);
}

// Where a segment begins, after a hole: a frame with SIP in it, or frames of which one ends where the segment
// does.
static gboolean is_frame_again(const guint8 *data, gsize length) {
  Frame f;
  guint header;
  gsize at = 0;
  if (es_websocket_looks_like(data, length))
    return TRUE;
  for (gboolean first = TRUE; at < length; first = FALSE) {
    header = header_needs(data + at, length - at);
    if (length - at < header || !parse_header(data + at, &f) || (first && f.opcode == CONTINUATION) ||
        f.length > length - at - header)
      return FALSE;
    at += header + f.length;
  }
  return TRUE;
}

// ---- messages

static void forget_message(EsWebsocket *w) {
  g_clear_pointer(&w->message, g_byte_array_unref);
  w->open = w->damaged = w->compressed = FALSE;
}

static gboolean start_inflater(EsWebsocket *w) {
  if (w->inflater)
    return TRUE;
  w->inflater = g_new0(z_stream, 1);
  if (inflateInit2(w->inflater, -MAX_WBITS) == Z_OK)
    return TRUE;
  g_clear_pointer(&w->inflater, g_free);
  return FALSE;
}

// NULL when it cannot be read or would be longer than a message may be.
static GByteArray *inflate_message(EsWebsocket *w) {
  static const guint8 tail[] = {0, 0, 0xff, 0xff}; // which the sender leaves out (RFC 7692 section 7.2.1)
  if (!start_inflater(w))
    return NULL;
  z_stream *z = w->inflater;
  g_autoptr(GByteArray) text = g_byte_array_new();
  g_byte_array_append(w->message, tail, sizeof tail);
  g_byte_array_set_size(text, ES_TCP_MAX_MESSAGE);
  z->next_in = w->message->data;
  z->avail_in = w->message->len;
  z->next_out = text->data;
  z->avail_out = text->len;
  int result = inflate(z, Z_SYNC_FLUSH);
  gboolean whole = result == Z_STREAM_END || (result == Z_OK && z->avail_in == 0 && z->avail_out > 0);
  g_byte_array_set_size(text, text->len - z->avail_out);
  if (!whole || result == Z_STREAM_END)
    inflateReset(z);
  return whole ? g_steal_pointer(&text) : NULL;
}

static gboolean hand_on(GByteArray *text, gboolean cut, EsFrameSink *sink, GError **error) {
  if (es_sip_looks_like(text->data, text->len))
    return sink->message(sink->user_data, text->data, text->len, cut, error);
  gsize blanks = 0;
  while (blanks < text->len && g_ascii_isspace(text->data[blanks]))
    blanks++;
  *sink->skipped += text->len - blanks;
  return TRUE;
}

static gboolean end_message(EsWebsocket *w, EsFrameSink *sink, GError **error) {
  gboolean compressed = w->compressed, damaged = w->damaged;
  g_autoptr(GByteArray) text = NULL;
  if (w->message && compressed && !damaged)
    text = inflate_message(w);
  else if (!compressed && !damaged)
    text = g_steal_pointer(&w->message);
  *sink->unreadable += compressed && w->message && !text;
  forget_message(w);
  return !text || hand_on(text, FALSE, sink, error);
}

// ---- the stream

static gboolean take_header(EsWebsocket *w) {
  if (!parse_header(w->header, &w->frame) || (w->frame.opcode == CONTINUATION && !w->open))
    return FALSE;
  w->header_bytes = 0;
  w->frame_left = w->frame.length;
  w->at = 0;
  if (w->frame.opcode == TEXT || w->frame.opcode == BINARY) {
    forget_message(w);
    w->open = TRUE;
    w->compressed = w->frame.compressed;
  }
  return TRUE;
}

static void take_payload(EsWebsocket *w, const guint8 *data, gsize length) {
  if (w->frame.opcode < CLOSE && !w->damaged) {
    if (!w->message)
      w->message = g_byte_array_new();
    gsize old = w->message->len;
    w->damaged = old + length > ES_TCP_MAX_MESSAGE;
    if (w->damaged)
      g_byte_array_set_size(w->message, 0);
    else
      g_byte_array_append(w->message, data, (guint)length);
    for (gsize i = 0; !w->damaged && i < length; i++)
      w->message->data[old + i] ^= w->frame.mask[(w->at + i) % 4];
  }
  w->at += length;
  w->frame_left -= length;
}

static gboolean end_frame(EsWebsocket *w, EsFrameSink *sink, GError **error) {
  if (w->frame_left || w->frame.opcode >= CLOSE || !w->frame.last)
    return TRUE;
  return end_message(w, sink, error);
}

static void lose_place(EsWebsocket *w, gsize length, EsFrameSink *sink) {
  *sink->skipped += w->header_bytes + length;
  forget_message(w);
  w->header_bytes = 0;
  w->frame_left = 0;
  w->lost = TRUE;
}

gboolean es_websocket_feed(EsWebsocket *w, const guint8 *data, gsize length, EsFrameSink *sink,
                           GError **error) {
  if (w->lost && !is_frame_again(data, length)) {
    *sink->skipped += length;
    return TRUE;
  }
  w->lost = FALSE;
  for (gsize at = 0; at < length;) {
    if (w->frame_left) {
      gsize n = MIN(w->frame_left, length - at);
      take_payload(w, data + at, n);
      at += n;
      if (!end_frame(w, sink, error))
        return FALSE;
      continue;
    }
    w->header[w->header_bytes++] = data[at++];
    if (w->header_bytes < header_needs(w->header, w->header_bytes))
      continue;
    if (!take_header(w)) {
      lose_place(w, length - at, sink);
      return TRUE;
    }
    if (w->frame_left == 0 && !end_frame(w, sink, error))
      return FALSE;
  }
  return TRUE;
}

// A hole within a frame leaves the place known. Of a message the head may be there.
gboolean es_websocket_lose(EsWebsocket *w, gsize length, EsFrameSink *sink, GError **error) {
  gboolean within = length > 0 && w->frame_left >= length;
  if (within) {
    w->frame_left -= length;
    w->at += length;
  }
  if (within && w->frame.opcode >= CLOSE)
    return TRUE;
  g_autoptr(GByteArray) text = w->compressed || w->damaged ? NULL : g_steal_pointer(&w->message);
  if (w->inflater)
    inflateReset(w->inflater);
  w->damaged = TRUE;
  if (!within)
    lose_place(w, 0, sink);
  else if (w->frame_left == 0 && w->frame.last)
    forget_message(w);
  return !text || !es_sip_looks_like(text->data, text->len) || !es_sip_frame_head(text->data, text->len, 0) ||
         sink->message(sink->user_data, text->data, text->len, TRUE, error);
}
