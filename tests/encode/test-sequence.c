// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "sequence.h"

#define OLD ES_SEQUENCE_TIME_OLDER
#define STEP ES_SEQUENCE_TIME_IN_STEP
#define ELSE ES_SEQUENCE_TIME_OTHER

typedef struct {
  guint16 number;
  EsSequenceTime time;
} Packet;

typedef struct {
  const char *name;
  Packet packets[12];
  guint n;
  guint64 expected, received, duplicate, reordered;
} Case;

#define P(number)                                                                                            \
  { number, ELSE }

static const Case cases[] = {
    {"in order", {P(7), P(8), P(9)}, 3, 3, 3, 0, 0},
    {"one packet", {P(7)}, 1, 1, 1, 0, 0},
    {"one lost", {P(7), P(9), P(10)}, 3, 4, 3, 0, 0},
    {"lost at the wrap", {P(65534), P(1), P(2)}, 3, 5, 3, 0, 0},
    {"wrap", {P(65534), P(65535), P(0), P(1)}, 4, 4, 4, 0, 0},
    {"duplicate of the last", {P(7), {7, OLD}, P(8)}, 3, 2, 2, 1, 0},
    {"duplicate further back", {P(7), P(8), P(9), {7, OLD}, P(10)}, 5, 4, 4, 1, 0},
    {"every packet twice", {P(7), {7, OLD}, P(8), {8, OLD}, P(9), {9, OLD}}, 6, 3, 3, 3, 0},
    {"reordered", {P(7), P(9), {8, OLD}, P(10)}, 4, 4, 4, 0, 1},
    {"before the first", {P(7), {6, OLD}, P(8)}, 3, 3, 3, 0, 1},
    {"before the first and a hole", {P(7), {4, OLD}, P(8)}, 3, 5, 3, 0, 1},
    {"before zero", {P(0), {65535, OLD}, P(1)}, 3, 3, 3, 0, 1},
    {"late by 90", {P(100), P(190), {101, OLD}}, 3, 91, 3, 0, 1},
    {"late by 2000, its time agrees", {P(100), P(2100), {101, OLD}}, 3, 2001, 3, 0, 1},
    {"duplicate by 2000, its time agrees", {P(100), P(2100), {100, OLD}}, 3, 2001, 2, 1, 0},
    {"restart far ahead", {P(100), P(101), P(40000), P(40001), P(40002)}, 5, 5, 5, 0, 0},
    {"restart far back", {P(40000), P(40001), P(100), P(101), P(103)}, 5, 6, 5, 0, 0},
    {"restart over the wrap", {P(300), P(65535), P(0), P(1)}, 4, 4, 4, 0, 0},
    {"restart nearby", {P(100), P(101), P(102), P(101), P(102), P(103)}, 6, 6, 6, 0, 0},
    {"stray", {P(100), P(101), P(40000), P(102)}, 4, 4, 4, 0, 0},
    {"stray twice", {P(100), P(101), P(40000), P(40000), P(102)}, 5, 4, 4, 1, 0},
    {"two strays apart", {P(100), P(40000), P(50000), P(101)}, 4, 4, 4, 0, 0},
    {"loss after a restart", {P(1), P(2), P(40000), P(40001), P(40004)}, 5, 7, 5, 0, 0},
    {"a minute's loss, clocks agree", {P(100), {3600, STEP}, P(3601)}, 3, 3502, 3, 0, 0},
    {"a minute's jump, clocks disagree", {P(100), P(3600), P(3601)}, 3, 3, 3, 0, 0},
};

static void test_case(gconstpointer data) {
  const Case *c = data;
  EsSequence sequence = {0};
  gint64 unwrapped;
  for (guint i = 0; i < c->n; i++)
    es_sequence_push(&sequence, c->packets[i].number, c->packets[i].time, &unwrapped);
  g_assert_cmpuint(es_sequence_expected(&sequence), ==, c->expected);
  g_assert_cmpuint(es_sequence_received(&sequence), ==, c->received);
  g_assert_cmpuint(sequence.duplicate, ==, c->duplicate);
  g_assert_cmpuint(sequence.reordered, ==, c->reordered);
}

// Loss, duplication and reordering at random against plain counting over the true numbers.
static void test_random(void) {
  for (guint32 seed = 1; seed <= 50; seed++) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    EsSequence sequence = {0};
    guint8 *got = g_malloc0(80000);
    gint64 lowest = G_MAXINT64, highest = -1, unwrapped, top = 0;
    guint64 unique = 0, duplicate = 0;
    gint64 base = g_rand_int_range(random, 0, 65536);
    for (gint64 i = 200; i < 70000; i += 1 + (g_rand_int_range(random, 0, 30) == 0)) {
      gint64 n = i - (g_rand_int_range(random, 0, 20) == 0 ? g_rand_int_range(random, 0, 90) : 0);
      es_sequence_push(&sequence, (guint16)(n + base), n <= top ? OLD : STEP, &unwrapped);
      top = MAX(top, n);
      duplicate += got[n];
      unique += !got[n];
      got[n] = 1;
      lowest = MIN(lowest, n);
      highest = MAX(highest, n);
    }
    g_assert_cmpuint(es_sequence_received(&sequence), ==, unique);
    g_assert_cmpuint(sequence.duplicate, ==, duplicate);
    g_assert_cmpuint(es_sequence_expected(&sequence), ==, (guint64)(highest - lowest + 1));
    g_free(got);
  }
}

static void test_missing(void) {
  EsSequence sequence = {0};
  gint64 first, last, unused;
  es_sequence_push(&sequence, 65530, ELSE, &first);
  es_sequence_push(&sequence, 4, ELSE, &last);
  g_assert_cmpint(last - first, ==, 10);
  g_assert_cmpuint(es_sequence_missing(&sequence, first, last), ==, 9);
  es_sequence_push(&sequence, 0, OLD, &unused);
  g_assert_cmpint(unused, ==, first + 6);
  g_assert_cmpuint(es_sequence_missing(&sequence, first, last), ==, 8);
}

// Whatever comes, received never exceeds expected and every packet is in one of the counts.
static void test_hostile(void) {
  g_autoptr(GRand) random = g_rand_new_with_seed(3);
  EsSequence sequence = {0};
  gint64 unwrapped, before = G_MININT64;
  for (guint64 i = 1; i <= 200000; i++) {
    guint16 number = (guint16)(g_rand_boolean(random) ? g_rand_int(random) : i);
    EsSequencePlace place =
        es_sequence_push(&sequence, number, (EsSequenceTime)g_rand_int_range(random, 0, 3), &unwrapped);
    g_assert_cmpuint(es_sequence_expected(&sequence), >=, es_sequence_received(&sequence));
    g_assert_cmpuint(es_sequence_received(&sequence) + sequence.duplicate, ==, i);
    if (place == ES_SEQUENCE_AHEAD || place == ES_SEQUENCE_RESTART) {
      g_assert_cmpint(unwrapped, >, before);
      before = unwrapped;
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_strdup_printf("/sequence/%s", cases[i].name);
    g_test_add_data_func(path, &cases[i], test_case);
  }
  g_test_add_func("/sequence/random", test_random);
  g_test_add_func("/sequence/missing", test_missing);
  g_test_add_func("/sequence/hostile", test_hostile);
  return g_test_run();
}
