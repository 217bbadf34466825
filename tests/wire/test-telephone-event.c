// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/wire/telephone-event.h"

#define MS G_GINT64_CONSTANT(1000)

typedef struct {
  int at_ms;
  guint32 ssrc, timestamp;
  guint8 event;
  gboolean end;
  guint16 duration;
} Sent;

// Feeds packets and returns the keys as text, each with its duration: "5:800 *:1600 ".
static char *feed(const Sent *sent, guint n, gboolean expire) {
  EsTelephoneEventTracker tracker = {0};
  EsPressedKey ended[2];
  g_autoptr(GString) keys = g_string_new(NULL);
  for (guint i = 0; i < n; i++) {
    const guint8 payload[4] = {sent[i].event, (guint8)(sent[i].end << 7 | 10),
                               (guint8)(sent[i].duration >> 8), (guint8)sent[i].duration};
    const EsRtp rtp = {.ssrc = sent[i].ssrc, .timestamp = sent[i].timestamp, .payload = payload, .length = 4};
    if (expire && es_telephone_event_expire(&tracker, sent[i].at_ms * MS, ended))
      g_string_append_printf(keys, "(%c:%u) ", es_telephone_event_key(ended[0].event), ended[0].duration);
    guint count = es_telephone_event_push(&tracker, &rtp, sent[i].at_ms * MS, ended);
    for (guint e = 0; e < count; e++)
      g_string_append_printf(keys, "%c:%u ", es_telephone_event_key(ended[e].event), ended[e].duration);
  }
  if (es_telephone_event_expire(&tracker, G_MAXINT64, ended))
    g_string_append_printf(keys, "(%c:%u) ", es_telephone_event_key(ended[0].event), ended[0].duration);
  return g_string_free(g_steal_pointer(&keys), FALSE);
}

static void test_tracker(void) {
  static const struct {
    const char *what, *keys;
    Sent sent[8];
  } cases[] = {
      {"one key, its end three times",
       "5:800 ",
       {{0, 1, 100, 5, 0, 160},
        {20, 1, 100, 5, 0, 320},
        {80, 1, 100, 5, 1, 800},
        {85, 1, 100, 5, 1, 800},
        {90, 1, 100, 5, 1, 800}}},
      {"a single packet is enough", "5:800 ", {{0, 1, 100, 5, 1, 800}}},
      {"the same key twice",
       "5:800 5:400 ",
       {{0, 1, 100, 5, 1, 800}, {200, 1, 1700, 5, 0, 160}, {240, 1, 1700, 5, 1, 400}}},
      {"end lost, the next key shows it",
       "1:320 2:160 ",
       {{0, 1, 100, 1, 0, 160}, {20, 1, 100, 1, 0, 320}, {100, 1, 900, 2, 1, 160}, {110, 1, 900, 2, 1, 160}}},
      {"end lost, nothing follows", "(1:320) ", {{0, 1, 100, 1, 0, 160}, {20, 1, 100, 1, 0, 320}}},
      {"a late packet of the key before",
       "1:160 2:320 ",
       {{0, 1, 100, 1, 0, 160}, {40, 1, 900, 2, 0, 160}, {50, 1, 100, 1, 1, 480}, {60, 1, 900, 2, 1, 320}}},
      {"two sources, same timestamp", "1:160 1:160 ", {{0, 1, 100, 1, 1, 160}, {0, 2, 100, 1, 1, 160}}},
      {"same timestamp, another key", "1:160 2:160 ", {{0, 1, 100, 1, 1, 160}, {0, 1, 100, 2, 1, 160}}},
      {"a key held for two segments",
       "9:66335 ",
       {{0, 1, 100, 9, 0, 0xfff0},
        {20, 1, 100, 9, 0, 0xffff},
        {40, 1, 100 + 0xffff, 9, 0, 160},
        {60, 1, 100 + 0xffff, 9, 1, 800},
        {65, 1, 100 + 0xffff, 9, 1, 800},
        {70, 1, 100, 9, 0, 0xffff}}},
      {"durations out of order",
       "3:800 ",
       {{0, 1, 100, 3, 0, 320}, {10, 1, 100, 3, 0, 800}, {20, 1, 100, 3, 0, 160}, {30, 1, 100, 3, 1, 800}}},
      {"timestamps wrap", "9:65695 ", {{0, 1, 0xfffffff0, 9, 0, 0xffff}, {20, 1, 0xffef, 9, 1, 160}}},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint n = 0;
    while (n < G_N_ELEMENTS(cases[i].sent) && cases[i].sent[n].ssrc)
      n++;
    g_test_message("%s", cases[i].what);
    g_autofree char *keys = feed(cases[i].sent, n, FALSE);
    g_assert_cmpstr(keys, ==, cases[i].keys);
  }
}

static void test_timeout(void) {
  static const Sent sent[] = {
      {0, 1, 100, 4, 0, 160}, {150, 1, 100, 4, 0, 320}, {400, 1, 100, 4, 1, 800}, {420, 1, 5000, 4, 1, 160}};
  g_autofree char *keys = feed(sent, G_N_ELEMENTS(sent), TRUE);
  g_assert_cmpstr(keys, ==, "(4:320) 4:160 "); // what comes after the timeout is not another key
}

static void test_start(void) {
  EsTelephoneEventTracker tracker = {0};
  EsPressedKey ended[2];
  static const guint8 begin[4] = {7, 10, 0, 160}, end[4] = {7, 0x8a, 3, 32}, none[3] = {7, 0x8a, 3};
  EsRtp rtp = {.ssrc = 1, .timestamp = 100, .payload = begin, .length = 4};
  g_assert_cmpuint(es_telephone_event_push(&tracker, &rtp, 5000, ended), ==, 0);
  rtp.payload = none;
  rtp.length = 3;
  g_assert_cmpuint(es_telephone_event_push(&tracker, &rtp, 6000, ended), ==, 0);
  rtp.payload = end;
  rtp.length = 4;
  g_assert_cmpuint(es_telephone_event_push(&tracker, &rtp, 7000, ended), ==, 1);
  g_assert_cmpint(ended[0].start_us, ==, 5000);
  g_assert_cmpuint(ended[0].duration, ==, 800);
}

// Many keys, each repeated: the memory is a ring and never grows.
static void test_many(void) {
  EsTelephoneEventTracker tracker = {0};
  EsPressedKey ended[2];
  guint count = 0;
  for (guint i = 0; i < 3000; i++) {
    const guint8 payload[4] = {(guint8)(i / 3 % 12), 0x8a, 3, 32};
    const EsRtp rtp = {.ssrc = 1, .timestamp = i / 3 * 1600, .payload = payload, .length = 4};
    count += es_telephone_event_push(&tracker, &rtp, i * 1000, ended);
  }
  g_assert_cmpuint(count, ==, 1000);
}

static void test_keys(void) {
  static const char keys[] = "0123456789*#ABCD";
  for (guint8 i = 0; i < 16; i++)
    g_assert_cmpint(es_telephone_event_key(i), ==, keys[i]);
  g_assert_cmpint(es_telephone_event_key(16), ==, 0);
  g_assert_cmpint(es_telephone_event_key(255), ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/telephone-event/tracker", test_tracker);
  g_test_add_func("/telephone-event/timeout", test_timeout);
  g_test_add_func("/telephone-event/start", test_start);
  g_test_add_func("/telephone-event/many", test_many);
  g_test_add_func("/telephone-event/keys", test_keys);
  return g_test_run();
}
