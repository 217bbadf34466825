// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "copies.h"

#include <string.h>

#define WINDOW_US 5000
#define LENGTH 172

typedef struct {
  guint8 bytes[LENGTH];
  EsDatagram d;
} Seen;

// The nth packet of a voice, seen a way.
static EsDatagram *seen(Seen *s, guint n, guint64 way, gint64 time_us) {
  memset(s, 0, sizeof *s);
  s->bytes[3] = (guint8)n;
  s->bytes[2] = (guint8)(n >> 8);
  s->bytes[LENGTH - 1] = 1;
  s->d = (EsDatagram){.time_us = time_us,
                      .from = {{[15] = 1}, 4000},
                      .to = {{[15] = 2}, 5000},
                      .payload = s->bytes,
                      .length = LENGTH,
                      .identification = (guint16)(77 + n),
                      .way = way};
  return &s->d;
}

typedef enum { NOTHING, PORT, ADDRESS, IDENTIFICATION, FIRST, LAST, LENGTH_OF, SEQUENCE } Change;

typedef struct {
  const char *name;
  guint64 way; // the first went way 1
  gint64 after_us;
  Change change;
  EsCopiesResult result;
} Case;

static const Case cases[] = {
    {"another way", 2, 30, NOTHING, ES_COPIES_COPY},
    {"twice on the wire", 1, 30, NOTHING, ES_COPIES_AGAIN},
    {"another identification", 2, 30, IDENTIFICATION, ES_COPIES_NEW},
    {"another port", 2, 30, PORT, ES_COPIES_NEW},
    {"another address", 2, 30, ADDRESS, ES_COPIES_NEW},
    {"another first byte", 2, 30, FIRST, ES_COPIES_NEW},
    {"another last byte", 2, 30, LAST, ES_COPIES_NEW},
    {"a byte less", 2, 30, LENGTH_OF, ES_COPIES_NEW},
    {"another place in TCP", 2, 30, SEQUENCE, ES_COPIES_NEW},
    {"at the end of the window", 2, WINDOW_US, NOTHING, ES_COPIES_COPY},
    {"behind it", 2, WINDOW_US + 1, NOTHING, ES_COPIES_NEW},
    {"stamped a little before", 2, -20, NOTHING, ES_COPIES_COPY},
};

static void change(Seen *s, Change what) {
  s->d.from.port += what == PORT;
  s->d.to.ip[12] ^= what == ADDRESS;
  s->d.identification ^= what == IDENTIFICATION;
  s->bytes[0] ^= what == FIRST;
  s->bytes[LENGTH - 1] ^= what == LAST;
  s->d.length -= what == LENGTH_OF;
  s->d.sequence += what == SEQUENCE;
}

static void test_case(gconstpointer data) {
  const Case *c = data;
  Seen s;
  g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
  g_assert_cmpint(es_copies_look(copies, seen(&s, 1, 1, 1000000)), ==, ES_COPIES_NEW);
  seen(&s, 1, c->way, 1000000 + c->after_us);
  change(&s, c->change);
  g_assert_cmpint(es_copies_look(copies, &s.d), ==, c->result);
}

// A voice at two places, of which one shows a packet twice, as the network had it.
static void test_two_places(void) {
  Seen s;
  guint result[3] = {0};
  g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
  for (guint n = 0; n < 3000; n++)
    for (guint64 i = 0; i < (n % 100 == 7 ? 4 : 2); i++)
      result[es_copies_look(copies, seen(&s, n, i % 2, n * 20000 + (gint64)i * 100))]++;
  g_assert_cmpuint(result[ES_COPIES_NEW], ==, 3000);
  g_assert_cmpuint(result[ES_COPIES_AGAIN], ==, 30);
  g_assert_cmpuint(result[ES_COPIES_COPY], ==, 3030);
}

// What enters and leaves a port, all the same: after a while it is known. Then a network that doubles a
// tenth of its packets.
static void test_every_packet_twice(void) {
  Seen s;
  guint result[3] = {0};
  g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
  for (guint n = 0; n < 3000; n++)
    for (guint i = 0; i < 2; i++)
      result[es_copies_look(copies, seen(&s, n, 1, n * 20000 + i * 100))]++;
  g_assert_cmpuint(result[ES_COPIES_NEW], ==, 3000);
  g_assert_cmpuint(result[ES_COPIES_AGAIN], <=, 64);
  g_assert_cmpuint(result[ES_COPIES_COPY], >=, 2936);
  for (guint n = 3000; n < 4000; n++)
    es_copies_look(copies, seen(&s, n, 1, n * 20000));
  memset(result, 0, sizeof result);
  for (guint n = 4000; n < 7000; n++)
    for (guint i = 0; i < (n % 10 ? 1 : 2); i++)
      result[es_copies_look(copies, seen(&s, n, 1, n * 20000 + i * 100))]++;
  g_assert_cmpuint(result[ES_COPIES_AGAIN], ==, 300);
  g_assert_cmpuint(result[ES_COPIES_COPY], ==, 0);
}

// Many packets within a wide window, then all of them once more.
static void test_crowd(void) {
  Seen s;
  guint copied = 0;
  g_autoptr(EsCopies) copies = es_copies_new(200000);
  for (guint turn = 0; turn < 2; turn++)
    for (guint n = 0; n < 20000; n++)
      copied += es_copies_look(copies, seen(&s, n, turn, turn * 100000 + n * 5)) == ES_COPIES_COPY;
  g_assert_cmpuint(copied, >=, 19990);
}

static void test_another_capture(void) {
  Seen s;
  g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
  for (guint64 way = 0; way < 2; way++) {
    g_assert_cmpint(es_copies_look(copies, seen(&s, 1, way, 1000000)), ==, ES_COPIES_NEW);
    es_copies_forget(copies);
  }
}

static void test_off(void) {
  Seen s;
  g_autoptr(EsCopies) copies = es_copies_new(0);
  for (guint64 way = 0; way < 2; way++)
    g_assert_cmpint(es_copies_look(copies, seen(&s, 1, way, 1000000)), ==, ES_COPIES_NEW);
}

// Acknowledgements of TCP are alike, and many.
static void test_nothing_in_it(void) {
  Seen s;
  g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
  for (guint i = 0; i < 1000; i++) {
    seen(&s, 1, i % 2, 1000000);
    s.d.length = 0;
    g_assert_cmpint(es_copies_look(copies, &s.d), ==, ES_COPIES_NEW);
  }
}

// Payloads of any length are told apart by what stands before them, the shortest too.
static void test_short(void) {
  Seen s;
  for (guint32 length = 1; length <= 70; length++) {
    g_autoptr(EsCopies) copies = es_copies_new(WINDOW_US);
    for (guint i = 0; i < 100; i++) {
      seen(&s, 1, i % 2, 1000000);
      s.d.length = length;
      s.d.identification = (guint16)i;
      g_assert_cmpint(es_copies_look(copies, &s.d), ==, ES_COPIES_NEW);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_strdup_printf("/copies/%s", cases[i].name);
    g_test_add_data_func(path, &cases[i], test_case);
  }
  g_test_add_func("/copies/two-places", test_two_places);
  g_test_add_func("/copies/every-packet-twice", test_every_packet_twice);
  g_test_add_func("/copies/short", test_short);
  g_test_add_func("/copies/crowd", test_crowd);
  g_test_add_func("/copies/another-capture", test_another_capture);
  g_test_add_func("/copies/off", test_off);
  g_test_add_func("/copies/nothing-in-it", test_nothing_in_it);
  return g_test_run();
}
