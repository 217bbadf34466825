// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/tcp.h"

#include <string.h>

#include "earshot/common/clock.h"

#define ISN 1000u

// A look at one connection; what comes out of it is written down.
typedef struct {
  EsTcp *tcp;
  gint64 now_us;
  GString *out;   // payloads, one after the other; "|" behind each, "~|" behind one that is cut
  gint64 time_us; // of the latest message
  guint n;
} Look;

static gboolean note(const EsDatagram *message, gpointer user_data, GError **error) {
  Look *look = user_data;
  g_string_append_len(look->out, (const char *)message->payload, message->length);
  g_string_append(look->out, message->cut ? "~|" : "|");
  look->time_us = message->time_us;
  look->n++;
  return TRUE;
}

static void look_init(Look *look) {
  *look = (Look){.tcp = es_tcp_new(), .now_us = 1000 * ES_US_PER_S, .out = g_string_new(NULL)};
}

static void look_clear(Look *look) {
  es_tcp_free(look->tcp);
  g_string_free(look->out, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Look, look_clear)

static EsDatagram segment_of(const Look *look, guint16 port, guint32 sequence, const void *data,
                             gsize length) {
  EsDatagram d = {.time_us = look->now_us,
                  .payload = data,
                  .length = (guint32)length,
                  .wire_length = (guint32)length,
                  .sequence = sequence,
                  .flags = ES_TCP_ACK};
  es_address_from_text(&d.from, "192.0.2.1", port);
  es_address_from_text(&d.to, "192.0.2.2", 5060);
  return d;
}

static void push(Look *look, EsDatagram d) {
  g_autofree guint8 *copy = g_memdup2(d.payload, d.length); // so that reading beyond it is noticed
  d.payload = copy;
  g_assert_true(es_tcp_push(look->tcp, &d, note, look, NULL));
}

static void send_flags(Look *look, guint32 sequence, const char *text, guint8 flags) {
  EsDatagram d = segment_of(look, 40000, sequence, text, strlen(text));
  d.flags = flags;
  push(look, d);
}

static void send_text(Look *look, guint32 sequence, const char *text) {
  send_flags(look, sequence, text, ES_TCP_ACK);
}

static void begin(Look *look, guint32 sequence) {
  send_flags(look, sequence - 1, "", ES_TCP_SYN);
}

static void wait_us(Look *look, gint64 us) {
  look->now_us += us;
  g_assert_true(es_tcp_expire(look->tcp, look->now_us, note, look, NULL));
}

static EsTcpStats stats_of(const Look *look) {
  EsTcpStats stats;
  es_tcp_stats(look->tcp, &stats);
  return stats;
}

static char *message(guint n, const char *body) {
  return g_strdup_printf("MESSAGE sip:%u@x SIP/2.0\r\nCSeq: %u MESSAGE\r\nContent-Length: %zu\r\n\r\n%s", n,
                         n, strlen(body), body);
}

static char *joined(const char *a, const char *b) {
  return g_strconcat(a, "|", b, "|", NULL);
}

// ---- in order

static void test_several_in_a_segment(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "hello"), *two = message(2, ""), *both = g_strconcat(one, two, NULL),
                  *wanted = joined(one, two);
  begin(&look, ISN);
  send_text(&look, ISN, both);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).messages, ==, 2);
}

static void test_split_everywhere(void) {
  g_autofree char *one = message(1, "v=0\r\no=- 1 1\r\n"), *two = message(2, "x"),
                  *both = g_strconcat("\r\n\r\n", one, "\r\n", two, NULL), *wanted = joined(one, two);
  for (int syn = 0; syn < 2; syn++)
    for (gsize at = 1; at < strlen(both); at++) {
      g_auto(Look) look = {0};
      look_init(&look);
      g_autofree char *front = g_strndup(both, at);
      if (syn)
        begin(&look, ISN);
      else if (at <= 4) // blanks alone show nothing
        continue;
      send_text(&look, ISN, front);
      look.now_us++;
      send_text(&look, ISN + (guint32)at, both + at);
      g_assert_cmpstr(look.out->str, ==, wanted);
      g_assert_cmpint(look.time_us, ==, look.now_us);
      g_assert_cmpuint(stats_of(&look).skipped, ==, 0);
    }
}

static void test_byte_by_byte(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *body = g_strnfill(60000, 'b'), *one = message(1, body),
                  *wanted = g_strconcat(one, "|", NULL);
  begin(&look, ISN);
  for (gsize i = 0; one[i]; i++)
    send_text(&look, ISN + (guint32)i, (char[]){one[i], '\0'});
  g_assert_cmpstr(look.out->str, ==, wanted);
}

static void test_wrap(void) {
  g_autofree char *one = message(1, "hello"), *two = message(2, "x"), *wanted = joined(one, two);
  guint32 n = (guint32)strlen(one);
  for (guint32 before = 0; before < n + 20; before += 3) {
    g_auto(Look) look = {0};
    look_init(&look);
    guint32 isn = 0u - before;
    begin(&look, isn);
    send_text(&look, isn + n, two); // out of order as well
    send_text(&look, isn, one);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

static void permute(guint *order, guint n, guint k, void (*use)(const guint *order, guint n)) {
  if (k == n) {
    use(order, n);
    return;
  }
  for (guint i = k; i < n; i++) {
    guint swap = order[k];
    order[k] = order[i];
    order[i] = swap;
    permute(order, n, k + 1, use);
    order[i] = order[k];
    order[k] = swap;
  }
}

static void try_order(const guint *order, guint n) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"), *two = message(2, "x"),
                  *both = g_strconcat(one, two, NULL), *wanted = joined(one, two);
  gsize part = strlen(both) / n + 1;
  begin(&look, ISN);
  for (guint i = 0; i < n; i++) {
    g_autofree char *piece = g_strndup(both + order[i] * part, part);
    send_text(&look, ISN + order[i] * (guint32)part, piece);
    send_text(&look, ISN + order[i] * (guint32)part, piece); // and each once more
  }
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, 0);
}

static void test_every_order(void) {
  guint order[] = {0, 1, 2, 3, 4};
  permute(order, G_N_ELEMENTS(order), 0, try_order);
}

// Whatever comes first counts, also of what is held back.
static void test_overlap(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *head = g_strdup("INFO sip:x SIP/2.0\r\nContent-Length: 12\r\n\r\n");
  guint32 at = ISN + (guint32)strlen(head);
  begin(&look, ISN);
  send_text(&look, ISN, head);
  send_text(&look, at + 4, "efgh");
  send_text(&look, at + 2, "CDEFGHIJ"); // around what is held
  send_text(&look, at + 1, "123456789ab");
  send_text(&look, at, "a");
  g_assert_cmpstr(strstr(look.out->str, "\r\n\r\n"), ==, "\r\n\r\na1CDefghIJab|");
  send_text(&look, at, "zzzzzzzzzzzz");
  g_assert_cmpuint(look.n, ==, 1);
}

// ---- holes

static void test_hole_between(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, ""), *two = message(2, ""), *three = message(3, ""),
                  *wanted = joined(one, three);
  guint32 n = (guint32)strlen(one);
  begin(&look, ISN);
  send_text(&look, ISN, one);
  look.now_us += 1000;
  gint64 came_us = look.now_us;
  send_text(&look, ISN + 2 * n, three);
  wait_us(&look, 2 * ES_US_PER_S - 1);
  g_assert_cmpuint(look.n, ==, 1);
  wait_us(&look, 1);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpint(look.time_us, ==, came_us);
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, strlen(two));
  send_text(&look, ISN + n, two); // too late
  g_assert_cmpuint(look.n, ==, 2);
}

static void test_hole_filled(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, ""), *two = message(2, ""), *wanted = joined(one, two);
  begin(&look, ISN);
  send_text(&look, ISN + (guint32)strlen(one), two);
  wait_us(&look, ES_US_PER_S);
  send_text(&look, ISN, one);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpint(look.time_us, ==, look.now_us); // of the one that filled it
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, 0);
}

static void test_hole_acknowledged(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, ""), *two = message(2, "");
  guint32 n = (guint32)strlen(one);
  begin(&look, ISN);
  send_text(&look, ISN, one);
  send_text(&look, ISN + 2 * n, two);
  EsDatagram d = segment_of(&look, 40000, 5, "", 0);
  EsAddress from = d.from;
  d.from = d.to;
  d.to = from;
  d.acknowledged = ISN + n; // the receiver misses it, too
  push(&look, d);
  wait_us(&look, ES_US_PER_S);
  g_assert_cmpuint(look.n, ==, 1);
  d.acknowledged = ISN + 3 * n;
  d.time_us = look.now_us;
  push(&look, d);
  wait_us(&look, 100 * ES_US_PER_MS);
  g_assert_cmpuint(look.n, ==, 1);
  wait_us(&look, 100 * ES_US_PER_MS);
  g_assert_cmpuint(look.n, ==, 2);
}

// A hole within a body: the message as it is, and the next one at its place, wherever the hole ends.
static void test_hole_in_body(void) {
  g_autofree char *one = message(1, "0123456789INVITE sip:x SIP/2.0\r\n"), *two = message(2, "x"),
                  *both = g_strconcat(one, two, NULL);
  guint32 head = (guint32)(strstr(one, "0123") - one), n = (guint32)strlen(one);
  for (guint32 end = head + 6; end <= n; end++) {
    g_auto(Look) look = {0};
    look_init(&look);
    g_autofree char *front = g_strndup(one, head + 5), *wanted = g_strconcat(front, "~|", two, "|", NULL);
    begin(&look, ISN);
    send_text(&look, ISN, front);
    send_text(&look, ISN + end, both + end);
    wait_us(&look, 2 * ES_US_PER_S);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

// A hole over the end of a message: the next one that begins afterwards.
static void test_hole_over_end(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "0123456789"), *two = message(2, "<xml>SIP/2.0</xml>"),
                  *three = message(3, ""), *all = g_strconcat(one, two, three, NULL);
  guint32 n = (guint32)strlen(one);
  begin(&look, ISN);
  g_autofree char *front = g_strndup(one, n - 4), *wanted = g_strconcat(front, "~|", three, "|", NULL);
  send_text(&look, ISN, front);
  send_text(&look, ISN + n + 10, all + n + 10); // the body of the second is glued to the third
  wait_us(&look, 2 * ES_US_PER_S);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, 14);
}

// What is missing from the beginning is counted once the rest shows what it was.
static void test_hole_first(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, ""), *two = message(2, ""), *wanted = g_strconcat(two, "|", NULL);
  begin(&look, ISN);
  send_text(&look, ISN + (guint32)strlen(one), two);
  wait_us(&look, 2 * ES_US_PER_S);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, strlen(one));
}

static void test_hole_in_head(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body\r\n"), *two = message(2, ""), *both = g_strconcat(one, two, NULL),
                  *front = g_strndup(one, 30), *wanted = g_strconcat(two, "|", NULL);
  begin(&look, ISN);
  send_text(&look, ISN, front);
  send_text(&look, ISN + 35, both + 35);
  wait_us(&look, 2 * ES_US_PER_S);
  g_assert_cmpstr(look.out->str, ==, wanted);
}

// Held back is as much as a message may have; then the hole is given up at once.
static void test_full(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, ""), *body = g_strnfill(1300, 'b'), *many = message(2, body);
  guint32 n = (guint32)strlen(one), m = (guint32)strlen(many);
  begin(&look, ISN);
  send_text(&look, ISN, one);
  guint32 sent = 0;
  while (look.n == 1 && sent < 100) {
    send_text(&look, ISN + n + 100 + sent * m, many);
    sent++;
  }
  g_assert_cmpuint(sent * m, >, ES_TCP_MAX_MESSAGE - 2 * m - 64 * sent);
  g_assert_cmpuint(sent * m, <, ES_TCP_MAX_MESSAGE + m);
  g_assert_cmpuint(look.n, ==, 1 + sent);
}

static void test_cut_by_snap_length(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "0123456789"), *two = message(2, "");
  guint32 n = (guint32)strlen(one);
  EsDatagram d = segment_of(&look, 40000, ISN, one, n - 6);
  d.wire_length = n;
  d.cut = TRUE;
  begin(&look, ISN);
  push(&look, d);
  send_text(&look, ISN + n, two);
  g_autofree char *front = g_strndup(one, n - 6), *wanted = g_strconcat(front, "~|", two, "|", NULL);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).lost_bytes, ==, 6);
}

// ---- connections

static void test_joined_in_the_middle(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body"), *two = message(2, ""), *wanted = joined(one, two);
  send_text(&look, ISN, "the end of a body");
  send_text(&look, ISN + 17, one);
  send_text(&look, ISN + 17 + (guint32)strlen(one), two);
  g_assert_cmpstr(look.out->str, ==, wanted);
}

static void test_ports_again(void) {
  g_autofree char *one = message(1, "body"), *two = message(2, "abc"), *wanted = joined(one, two),
                  *half = g_strndup(two, 20);
  for (guint32 apart = 0; apart < 4; apart++) {
    g_auto(Look) look = {0};
    look_init(&look);
    begin(&look, ISN);
    send_text(&look, ISN, one);
    if (apart == 1)
      send_flags(&look, ISN + (guint32)strlen(one), "", ES_TCP_FIN | ES_TCP_ACK);
    if (apart == 2)
      send_flags(&look, ISN + (guint32)strlen(one), "", ES_TCP_RST);
    guint32 isn = apart == 1 ? ISN : ISN + (apart << 30); // the first two: the same numbers again
    if (apart != 3)                                       // its SYN was not seen
      begin(&look, apart == 0 ? isn + 5000 : isn);
    isn += apart == 0 ? 5000 : 0;
    send_text(&look, isn, half);
    send_text(&look, isn + 20, two + 20);
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

static void test_late_syn(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body"), *two = message(2, ""), *wanted = joined(one, two);
  send_text(&look, ISN, one);
  begin(&look, ISN);
  send_text(&look, ISN, one); // again
  send_text(&look, ISN + (guint32)strlen(one), two);
  begin(&look, ISN);
  g_assert_cmpstr(look.out->str, ==, wanted);
}

static void test_end_in_a_message(void) {
  g_autofree char *one = message(1, "0123456789"), *front = g_strndup(one, strlen(one) - 3),
                  *wanted = g_strconcat(front, "~|", NULL);
  const guint8 ends[] = {ES_TCP_FIN | ES_TCP_ACK, ES_TCP_RST, 0};
  for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
    g_auto(Look) look = {0};
    look_init(&look);
    begin(&look, ISN);
    send_text(&look, ISN, front);
    g_assert_cmpuint(look.n, ==, 0);
    if (ends[i])
      send_flags(&look, ISN + (guint32)strlen(front), "", ends[i]);
    else
      g_assert_true(es_tcp_expire(look.tcp, G_MAXINT64, note, &look, NULL));
    g_assert_cmpstr(look.out->str, ==, wanted);
  }
}

// A segment that does not belong there does not make the connection deaf.
static void test_led_astray(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body");
  guint32 n = (guint32)strlen(one);
  begin(&look, ISN);
  send_text(&look, ISN, one);
  send_text(&look, ISN + 500000, one);
  wait_us(&look, 2 * ES_US_PER_S);
  for (guint32 i = 1; i < 200; i++)
    send_text(&look, ISN + i * n, one);
  g_assert_cmpuint(look.n, >, 100);
}

// ---- what is no SIP

static void test_others(void) {
  static const char *const texts[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                      "220 mail.example ESMTP\r\n",        "INVITE the whole office\r\n",
                                      "\x17\x03\x03\x01\x30 encrypted",    "\x81\x85\x01\x02\x03\x04zzzzz",
                                      "HTTP/1.1 200 OK\r\n\r\n",           "A"};
  g_auto(Look) look = {0};
  look_init(&look);
  for (guint i = 0; i < G_N_ELEMENTS(texts) - 1; i++)
    for (int syn = 0; syn < 2; syn++) {
      if (syn)
        begin(&look, ISN);
      send_text(&look, ISN, texts[i]);
      g_assert_cmpuint(stats_of(&look).directions, ==, 0);
    }
  g_assert_cmpuint(stats_of(&look).tls, ==, 2);
  g_assert_cmpuint(look.n, ==, 0);
  g_autofree char *one = message(1, ""); // but what turns to SIP is seen
  send_text(&look, ISN + 100, one);
  g_assert_cmpuint(look.n, ==, 1);
}

static void test_junk(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body"), *two = message(2, ""),
                  *all = g_strconcat(one, "junk of\nno kind\n\r\n", two, "\0\r\n\r\n", NULL),
                  *wanted = joined(one, two);
  begin(&look, ISN);
  send_text(&look, ISN, all);
  g_assert_cmpstr(look.out->str, ==, wanted);
  g_assert_cmpuint(stats_of(&look).skipped, ==, strlen("junk of\nno kind\n"));
  g_autofree char *noise = g_strnfill(65000, 'n');
  for (guint32 i = 0; i < 6; i++)
    send_text(&look, ISN + (guint32)strlen(all) + i * 65000, noise);
  g_assert_cmpuint(stats_of(&look).directions, ==, 0);
}

static void test_lengths(void) {
  static const struct {
    const char *headers, *rest; // rest: of "body" what is none
  } cases[] = {
      {"Content-Length: 4\r\n", ""},
      {"l: 4\r\n", ""},
      {"CONTENT-LENGTH\t :4 \r\n", ""},
      {"Content-Length:\r\n 4\r\n", ""},
      {"Content-Length: 4\r\nContent-Length: 400\r\n", ""},
      {"Content-Length: x\r\nl: 4\r\n", ""},
      {"X: y\r\n Content-Length: 400\r\nl:4\r\n", ""},
      {"Content-Length: 0\r\n", "body"},
      {"", "body"},
      {"Content-Length: -4\r\n", "body"},
      {"Content-Length: 99999999999999999999999999\r\n", "body"},
      {"Content-Length: 4294967290\r\n", "body"},
      {"Content-Length: 65536\r\n", "body"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(Look) look = {0};
    look_init(&look);
    g_autofree char *one = g_strconcat("INFO sip:x SIP/2.0\r\n", cases[i].headers, "\r\nbody", NULL),
                    *two = message(2, ""), *both = g_strconcat(one, "\r\n", two, NULL);
    begin(&look, ISN);
    send_text(&look, ISN, both);
    one[strlen(one) - strlen(cases[i].rest)] = '\0';
    g_autofree char *wanted = joined(one, two);
    g_assert_cmpstr(look.out->str, ==, wanted);
    g_assert_cmpuint(stats_of(&look).skipped, ==, cases[i].rest[0] ? 6 : 0);
  }
}

static void test_endless_head(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  guint32 at = ISN;
  begin(&look, ISN);
  for (guint i = 0; i < 3000; i++) {
    send_text(&look, at, "INVITE sip:abcdefghijklm@x SIP/2.0\r\n");
    at += 36;
  }
  g_assert_cmpuint(stats_of(&look).bytes, <, 3 * ES_TCP_MAX_MESSAGE);
  g_assert_cmpuint(look.n, ==, 0);
}

static void test_flood(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body"), *wanted = joined(one, one);
  guint32 n = (guint32)strlen(one);
  begin(&look, ISN);
  send_text(&look, ISN, one);
  for (guint32 i = 0; i < 100000; i++) { // each another peer: SYN alone, or the beginning of something
    EsDatagram d = segment_of(&look, (guint16)i, i, "INVITE sip:", i % 2 ? 11 : 0);
    d.from.ip[15] = (guint8)(3 + (i >> 16));
    d.flags = i % 2 ? ES_TCP_ACK : ES_TCP_SYN;
    push(&look, d);
  }
  g_assert_cmpuint(stats_of(&look).directions, <=, 4 * ES_TCP_MAX_CONNECTIONS);
  g_assert_cmpuint(stats_of(&look).bytes, <, ES_TCP_MAX_BYTES / 4);
  send_text(&look, ISN + n, one);
  g_assert_cmpstr(look.out->str, ==, wanted); // it was not crowded out
}

static void test_many_sip(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body"), *body = g_strnfill(60000, 'b'), *large = message(2, body);
  for (guint32 i = 0; i < 20000; i++) {
    EsDatagram d = segment_of(&look, (guint16)(i + 1), ISN, one, strlen(one));
    push(&look, d);
    d = segment_of(&look, (guint16)(i + 1), ISN + (guint32)strlen(one), large, 40000);
    push(&look, d);
    g_assert_cmpuint(stats_of(&look).bytes, <=, ES_TCP_MAX_BYTES);
  }
  g_assert_cmpuint(stats_of(&look).directions, >, 1000);
  g_assert_cmpuint(stats_of(&look).evicted + stats_of(&look).directions, ==, 20000);
}

static gboolean refuse(const EsDatagram *m, gpointer user_data, GError **error) {
  return FALSE;
}

static void test_taker_refuses(void) {
  g_auto(Look) look = {0};
  look_init(&look);
  g_autofree char *one = message(1, "body");
  EsDatagram d = segment_of(&look, 40000, ISN, one, strlen(one));
  g_assert_false(es_tcp_push(look.tcp, &d, refuse, NULL, NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tcp/several-in-a-segment", test_several_in_a_segment);
  g_test_add_func("/tcp/split-everywhere", test_split_everywhere);
  g_test_add_func("/tcp/byte-by-byte", test_byte_by_byte);
  g_test_add_func("/tcp/wrap", test_wrap);
  g_test_add_func("/tcp/every-order", test_every_order);
  g_test_add_func("/tcp/overlap", test_overlap);
  g_test_add_func("/tcp/hole-between", test_hole_between);
  g_test_add_func("/tcp/hole-filled", test_hole_filled);
  g_test_add_func("/tcp/hole-acknowledged", test_hole_acknowledged);
  g_test_add_func("/tcp/hole-in-body", test_hole_in_body);
  g_test_add_func("/tcp/hole-over-end", test_hole_over_end);
  g_test_add_func("/tcp/hole-first", test_hole_first);
  g_test_add_func("/tcp/hole-in-head", test_hole_in_head);
  g_test_add_func("/tcp/full", test_full);
  g_test_add_func("/tcp/cut-by-snap-length", test_cut_by_snap_length);
  g_test_add_func("/tcp/joined-in-the-middle", test_joined_in_the_middle);
  g_test_add_func("/tcp/ports-again", test_ports_again);
  g_test_add_func("/tcp/late-syn", test_late_syn);
  g_test_add_func("/tcp/end-in-a-message", test_end_in_a_message);
  g_test_add_func("/tcp/led-astray", test_led_astray);
  g_test_add_func("/tcp/others", test_others);
  g_test_add_func("/tcp/junk", test_junk);
  g_test_add_func("/tcp/lengths", test_lengths);
  g_test_add_func("/tcp/endless-head", test_endless_head);
  g_test_add_func("/tcp/flood", test_flood);
  g_test_add_func("/tcp/many-sip", test_many_sip);
  g_test_add_func("/tcp/taker-refuses", test_taker_refuses);
  return g_test_run();
}
