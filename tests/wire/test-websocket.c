// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// WebSocket connections as segments show them; frames are made and compressed here by the rules of RFC 6455
// and RFC 7692.
#include <string.h>
#include <zlib.h>

#include "earshot/wire/tcp.h"

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, LAST = 0x80, COMPRESSED = 0x40, MASKED = 0x100 };

typedef struct {
  EsTcp *tcp;
  GString *out; // payloads; "|" behind each, "~|" behind one that is cut
  guint32 at;   // sequence of what comes next
  gsize chunk;  // bytes a segment
} Look;

static gboolean note(const EsDatagram *message, gpointer user_data, GError **error) {
  Look *look = user_data;
  g_string_append_len(look->out, (const char *)message->payload, message->length);
  g_string_append(look->out, message->cut ? "~|" : "|");
  return TRUE;
}

static void look_init(Look *look) {
  *look = (Look){.tcp = es_tcp_new(), .out = g_string_new(NULL), .at = 1000, .chunk = 60000};
}

static void look_clear(Look *look) {
  es_tcp_free(look->tcp);
  g_string_free(look->out, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static EsTcpStats stats_of(const Look *look) {
  EsTcpStats stats;
  es_tcp_stats(look->tcp, &stats);
  return stats;
}

static void push(Look *look, const void *data, gsize length, guint8 flags) {
  g_autofree guint8 *copy = g_memdup2(data, length);
  EsDatagram d = {.time_us = 1,
                  .payload = copy,
                  .length = (guint32)length,
                  .wire_length = (guint32)length,
                  .sequence = look->at,
                  .flags = flags};
  es_address_from_text(&d.from, "192.0.2.1", 40000);
  es_address_from_text(&d.to, "192.0.2.2", 8080);
  g_assert_true(es_tcp_push(look->tcp, &d, note, look, NULL));
  look->at += (guint32)length + (flags & ES_TCP_SYN ? 1 : 0);
}

static void send_bytes(Look *look, const GByteArray *bytes) {
  for (gsize at = 0; at < bytes->len; at += look->chunk)
    push(look, bytes->data + at, MIN(look->chunk, bytes->len - at), ES_TCP_ACK);
}

static void shake_hands(Look *look) {
  static const char request[] =
      "GET /ws HTTP/1.1\r\nHost: pbx\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Protocol: xmpp, sip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  push(look, "", 0, ES_TCP_SYN);
  push(look, request, strlen(request), ES_TCP_ACK);
}

// kind: opcode, with LAST, COMPRESSED and MASKED. wide: how the length is written: 0 the shortest way, 2 or 8
// bytes.
static void add_frame(GByteArray *out, guint kind, const void *data, gsize length, guint wide) {
  static const guint8 key[] = {0x37, 0xfa, 0x21, 0x3d};
  const guint8 *p = data, first = (guint8)kind, mask = kind & MASKED ? 0x80 : 0;
  guint8 head[10] = {first, (guint8)(length | mask)};
  guint n = 2;
  if (wide == 8 || length > 0xffff) {
    head[1] = 127 | mask;
    for (guint i = 0; i < 8; i++)
      head[2 + i] = (guint8)((guint64)length >> (56 - 8 * i));
    n = 10;
  } else if (wide == 2 || length > 125) {
    head[1] = 126 | mask;
    head[2] = (guint8)(length >> 8);
    head[3] = (guint8)length;
    n = 4;
  }
  g_byte_array_append(out, head, n);
  if (mask)
    g_byte_array_append(out, key, 4);
  for (gsize i = 0; i < length; i++) {
    guint8 c = mask ? p[i] ^ key[i % 4] : p[i];
    g_byte_array_append(out, &c, 1);
  }
}

static char *message(guint n) {
  return g_strdup_printf(
      "INVITE sip:%u@x SIP/2.0\r\nVia: SIP/2.0/WS x;branch=z9hG4bK%u\r\nCSeq: %u INVITE\r\n\r\n"
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n",
      n, n, n);
}

// ---- plain frames

static void test_frames(void) {
  g_autofree char *one = message(1), *two = message(2);
  static const guint kinds[] = {TEXT | LAST, BINARY | LAST, TEXT | LAST | MASKED, BINARY | LAST | MASKED};
  for (guint shaken = 0; shaken < 2; shaken++)
    for (guint wide = 0; wide <= 8; wide += wide ? 6 : 2)
      for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_auto(Look) look = {0};
        look_init(&look);
        if (shaken)
          shake_hands(&look);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        add_frame(bytes, kinds[k], one, strlen(one), wide);
        add_frame(bytes, PING | LAST, "", 0, 0);
        add_frame(bytes, TEXT | LAST, "\r\n\r\n", 4, 0); // keep-alive
        add_frame(bytes, kinds[k], two, strlen(two), wide);
        g_autofree char *wanted = g_strconcat(one, "|", two, "|", NULL);
        send_bytes(&look, bytes);
        g_assert_cmpstr(look.out->str, ==, wanted);
        g_assert_cmpuint(stats_of(&look).websocket, ==, 2);
        g_assert_cmpuint(stats_of(&look).skipped, ==, 0);
      }
}

static void test_small_segments(void) {
  g_autofree char *one = message(1), *two = message(2), *wanted = g_strconcat(one, "|", two, "|", NULL);
  for (gsize chunk = 1; chunk < 40; chunk++) {
    g_auto(Look) look = {0};
    look_init(&look);
    look.chunk = chunk;
    shake_hands(&look);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    add_frame(bytes, TEXT | LAST | MASKED, one, strlen(one), 8);
    add_frame(bytes, BINARY | LAST, two, strlen(two), 0);
    send_bytes(&look, bytes);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

// A message in fragments of every size, with a ping between them.
static void test_fragments(void) {
  g_autofree char *one = message(1), *wanted = g_strconcat(one, "|", NULL);
  gsize length = strlen(one);
  for (gsize part = 1; part <= length; part++) {
    g_auto(Look) look = {0};
    look_init(&look);
    shake_hands(&look);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (gsize at = 0; at < length; at += part) {
      guint kind = (at ? 0 : TEXT) | (at + part >= length ? LAST : 0) | MASKED;
      add_frame(bytes, kind, one + at, MIN(part, length - at), 0);
      add_frame(bytes, PING | LAST | MASKED, "ping", 4, 0);
    }
    send_bytes(&look, bytes);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

static void test_other_content(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  shake_hands(&look);
  g_autofree char *one = message(1), *wanted = g_strconcat(one, "|", NULL),
                  *long_text = g_strnfill(100000, 'x');
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  add_frame(bytes, TEXT | LAST, "{\"hello\":1}", 11, 0);
  add_frame(bytes, TEXT | LAST, long_text, 100000, 0); // longer than a message may be: passed over
  add_frame(bytes, TEXT, long_text, 60000, 0);
  add_frame(bytes, LAST, long_text, 60000, 0); // in parts, too
  add_frame(bytes, TEXT | LAST, one, strlen(one), 0);
  send_bytes(&look, bytes);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).bytes, <, ES_TCP_MAX_MESSAGE);
}

// What no WebSocket sends: the next frame that begins a segment is taken again.
static void test_wrong_headers(void) {
  static const guint8 wrong[][10] = {
      {0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, // longer than anything
      {0xf1, 0x01, 'x'},                                            // reserved bits
      {0x80, 0x01, 'x'},                                            // goes on, but nothing began
      {0x83, 0x01, 'x'},                                            // reserved opcode
      {0x09, 0x01, 'x'},                                            // a ping in parts
      {0x89, 0x7e, 0x01, 0x00, 'x'},                                // a long ping
  };
  g_autofree char *one = message(1), *wanted = g_strconcat(one, "|", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_auto(Look) look = {0};
    look_init(&look);
    shake_hands(&look);
    push(&look, wrong[i], sizeof wrong[i], ES_TCP_ACK);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    add_frame(bytes, TEXT | LAST | MASKED, one, strlen(one), 0);
    send_bytes(&look, bytes);
    g_assert_cmpstr(look.out->str, ==, wanted);
    g_assert_cmpuint(stats_of(&look).skipped, >, 0);
  }
}

static void test_handshakes(void) {
  static const struct {
    const char *head;
    gboolean good;
  } cases[] = {
      {"GET / HTTP/1.1\r\nupgrade:websocket\r\nsec-websocket-protocol:SIP\r\n\r\n", TRUE},
      {"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n", TRUE},
      {"HTTP/1.1 101 Switching\nUpgrade: websocket\nSec-WebSocket-Protocol: sip\n\n", TRUE},
      {"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", FALSE},
      {"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: sip\r\n\r\n", FALSE},
      {"HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n", FALSE},
  };
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  g_autofree char *one = message(1);
  add_frame(bytes, TEXT | LAST | MASKED, one, strlen(one), 0);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    for (gsize split = 1; split < strlen(cases[i].head); split += 7) {
      g_auto(Look) look = {0};
      look_init(&look);
      push(&look, "", 0, ES_TCP_SYN);
      push(&look, cases[i].head, split, ES_TCP_ACK);
      push(&look, cases[i].head + split, strlen(cases[i].head) - split, ES_TCP_ACK);
      g_assert_cmpuint(stats_of(&look).directions, ==, cases[i].good ? 1 : 0);
      look.chunk = 3; // so that a frame without a handshake is not known
      send_bytes(&look, bytes);
      g_assert_cmpuint(stats_of(&look).messages, ==, cases[i].good ? 1 : 0);
    }
}

// ---- holes

static void lose(Look *look, guint32 bytes) {
  look->at += bytes;
}

static void end(Look *look) {
  g_assert_true(es_tcp_expire(look->tcp, G_MAXINT64, note, look, NULL));
}

static void test_holes(void) {
  g_autofree char *one = message(1), *two = message(2), *three = message(3);
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  add_frame(bytes, TEXT | LAST | MASKED, one, strlen(one), 0);
  guint32 first = bytes->len;
  add_frame(bytes, TEXT | LAST | MASKED, two, strlen(two), 0);
  for (guint32 hole = 1; hole < first + 10; hole++) { // from within the body of the first
    g_auto(Look) look = {0};
    look_init(&look);
    shake_hands(&look);
    push(&look, bytes->data, first - 10, ES_TCP_ACK);
    lose(&look, hole);
    push(&look, bytes->data + first - 10 + hole, bytes->len - (first - 10 + hole), ES_TCP_ACK);
    g_autoptr(GByteArray) last = g_byte_array_new();
    add_frame(last, BINARY | LAST, three, strlen(three), 0);
    send_bytes(&look, last);
    end(&look);
    g_autofree char *front = g_strndup(one, strlen(one) - 10);
    g_autofree char *wanted = hole <= 10 ? g_strconcat(front, "~|", two, "|", three, "|", NULL)
                                         : g_strconcat(front, "~|", three, "|", NULL);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

// ---- compression

static GByteArray *deflate_text(z_stream *z, const char *text, gsize length) {
  GByteArray *out = g_byte_array_new();
  g_byte_array_set_size(out, (guint)length + 1000);
  z->next_in = (Bytef *)(gsize)text;
  z->avail_in = (uInt)length;
  z->next_out = out->data;
  z->avail_out = out->len;
  g_assert_cmpint(deflate(z, Z_SYNC_FLUSH), ==, Z_OK);
  g_byte_array_set_size(out, out->len - z->avail_out - 4); // the tail is not sent
  return out;
}

// takeover: the sender keeps its dictionary from message to message. lost: the second message is not seen.
static void try_deflate(gboolean takeover, gboolean lost, const char *wanted_third) {
  z_stream z = {0};
  g_assert_cmpint(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
  g_auto(Look) look = {0};
  look_init(&look);
  shake_hands(&look);
  g_autoptr(GString) wanted = g_string_new(NULL);
  for (guint i = 1; i <= 3; i++) {
    g_autofree char *text = message(i);
    g_autoptr(GByteArray) packed = deflate_text(&z, text, strlen(text)), bytes = g_byte_array_new();
    if (takeover && i > 1)
      g_assert_cmpuint(packed->len, <, strlen(text) / 3); // it does refer back
    gsize half = packed->len / 2;
    add_frame(bytes, TEXT | COMPRESSED | MASKED, packed->data, half, 0); // in two fragments
    add_frame(bytes, LAST | MASKED, packed->data + half, packed->len - half, 0);
    if (!takeover)
      deflateReset(&z);
    if (lost && i == 2)
      lose(&look, bytes->len);
    else
      send_bytes(&look, bytes);
    if (!(lost && i == 2) && (i < 3 || wanted_third))
      g_string_append_printf(wanted, "%s|", text);
  }
  end(&look);
  g_assert_cmpstr(look.out->str, ==, wanted->str);
  g_assert_cmpuint(stats_of(&look).unreadable, ==, wanted_third ? 0 : 1);
  deflateEnd(&z);
}

static void test_deflate(void) {
  try_deflate(TRUE, FALSE, "read");
  try_deflate(FALSE, FALSE, "read");
  try_deflate(TRUE, TRUE, NULL); // it refers to what was lost
}

// After a hole a compressed frame is known by its end: it is that of its segment.
static void test_deflate_after_hole(void) {
  z_stream z = {0};
  deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  g_auto(Look) look = {0};
  look_init(&look);
  shake_hands(&look);
  g_autofree char *one = message(1), *wanted = g_strconcat(one, "|", NULL);
  g_autoptr(GByteArray) packed = deflate_text(&z, one, strlen(one)), bytes = g_byte_array_new();
  deflateEnd(&z);
  add_frame(bytes, TEXT | LAST | COMPRESSED, packed->data, packed->len, 0);
  lose(&look, 50);
  push(&look, "in the middle", 13, ES_TCP_ACK);
  send_bytes(&look, bytes);
  end(&look);
  g_assert_cmpstr(look.out->str, ==, wanted);
}

static void test_bombs(void) {
  z_stream z = {0};
  deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  g_auto(Look) look = {0};
  look_init(&look);
  shake_hands(&look);
  g_autofree char *zeros = g_malloc0(30000000), *one = message(1), *wanted = g_strconcat(one, "|", NULL);
  g_autoptr(GByteArray) packed = deflate_text(&z, zeros, 30000000), bytes = g_byte_array_new();
  g_assert_cmpuint(packed->len, <, 60000);
  add_frame(bytes, TEXT | LAST | COMPRESSED, packed->data, packed->len, 0);
  add_frame(bytes, TEXT | LAST | COMPRESSED, "\xff\xff\xff\xff\xff", 5, 0);
  deflateReset(&z);
  g_autoptr(GByteArray) good = deflate_text(&z, one, strlen(one));
  add_frame(bytes, TEXT | LAST | COMPRESSED, good->data, good->len, 0);
  send_bytes(&look, bytes);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).unreadable, ==, 2);
  deflateEnd(&z);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/websocket/frames", test_frames);
  g_test_add_func("/websocket/small-segments", test_small_segments);
  g_test_add_func("/websocket/fragments", test_fragments);
  g_test_add_func("/websocket/other-content", test_other_content);
  g_test_add_func("/websocket/wrong-headers", test_wrong_headers);
  g_test_add_func("/websocket/handshakes", test_handshakes);
  g_test_add_func("/websocket/holes", test_holes);
  g_test_add_func("/websocket/deflate", test_deflate);
  g_test_add_func("/websocket/deflate-after-hole", test_deflate_after_hole);
  g_test_add_func("/websocket/bombs", test_bombs);
  return g_test_run();
}
