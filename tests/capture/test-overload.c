// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// When calls lose their audio and when they are recorded again, and how bounds are written.
#include "overload.h"

#include "earshot/common/clock.h"
#include "overload-settings.h"

#define MB (1024 * 1024)

static const EsOverloadFigures GOOD = {.memory_bytes = 50 * MB,
                                       .memory_limit = 100 * MB,
                                       .journal_bytes = 50 * MB,
                                       .journal_limit = 100 * MB,
                                       .free_bytes = 500 * MB,
                                       .reserve_bytes = 100 * MB,
                                       .unflushed_us = 100,
                                       .unflushed_limit = 1000};

static void test_each_bound(void) {
  struct {
    EsOverloadFigures figures;
    EsBound bound;
  } cases[] = {{GOOD, ES_BOUND_NONE}, {GOOD, ES_BOUND_MEMORY}, {GOOD, ES_BOUND_JOURNAL},
               {GOOD, ES_BOUND_DISK}, {GOOD, ES_BOUND_FLUSH},  {{.free_bytes = 0}, ES_BOUND_NONE}};
  cases[1].figures.memory_bytes = 101 * MB;
  cases[2].figures.journal_bytes = 101 * MB;
  cases[3].figures.free_bytes = 99 * MB;
  cases[4].figures.unflushed_us = 1001;
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsOverload o;
    es_overload_init(&o);
    es_overload_look(&o, &cases[i].figures, 1);
    if (cases[i].bound == ES_BOUND_DISK) { // a disk that is full for seconds is none yet
      g_assert_cmpint(o.bound, ==, ES_BOUND_NONE);
      es_overload_look(&o, &GOOD, 5 * G_USEC_PER_SEC);
      es_overload_look(&o, &cases[i].figures, 9 * G_USEC_PER_SEC);
      es_overload_look(&o, &cases[i].figures, 18 * G_USEC_PER_SEC);
      g_assert_cmpint(o.bound, ==, ES_BOUND_NONE);
      es_overload_look(&o, &cases[i].figures, 20 * G_USEC_PER_SEC);
    }
    g_assert_cmpint(o.bound, ==, cases[i].bound);
    g_assert_cmpuint(o.rounds, ==, cases[i].bound != ES_BOUND_NONE);
    g_assert_true((es_bound_code(o.bound) != NULL) == (o.bound != ES_BOUND_NONE));
    g_assert_true((es_bound_reason(o.bound) != NULL) == (o.bound != ES_BOUND_NONE));
  }
}

// Looks four times a second for so long.
static void look_for(EsOverload *o, const EsOverloadFigures *figures, double seconds, gint64 *now_us) {
  gint64 end_us = *now_us + (gint64)(seconds * G_USEC_PER_SEC);
  for (; *now_us < end_us; *now_us += G_USEC_PER_SEC / 4)
    es_overload_look(o, figures, *now_us);
}

static void test_rounds(void) {
  EsOverload o;
  gint64 now_us = 1;
  EsOverloadFigures bad = GOOD, near = GOOD;
  bad.memory_bytes = 120 * MB;
  near.memory_bytes = 95 * MB;
  es_overload_init(&o);
  look_for(&o, &bad, 1, &now_us);
  g_assert_cmpuint(o.rounds, ==, 1); // what the first did is waited for
  look_for(&o, &bad, 6, &now_us);
  g_assert_cmpuint(o.rounds, ==, 4);
  look_for(&o, &near, 60, &now_us);
  g_assert_cmpuint(o.rounds, ==, 4);
  g_assert_cmpint(o.bound, ==, ES_BOUND_MEMORY); // below the bound is not well below it
  look_for(&o, &GOOD, 9, &now_us);
  g_assert_cmpint(o.bound, ==, ES_BOUND_MEMORY);
  look_for(&o, &near, 1, &now_us);
  look_for(&o, &GOOD, 9, &now_us);
  g_assert_cmpint(o.bound, ==, ES_BOUND_MEMORY);
  look_for(&o, &GOOD, 2, &now_us);
  g_assert_cmpint(o.bound, ==, ES_BOUND_NONE);
  es_overload_look(&o, &bad, now_us);
  g_assert_cmpuint(o.rounds, ==, 5);
}

// No call loses anything for want of descriptors; that it is over is said once they have been there for a
// while.
static void test_no_descriptors(void) {
  EsOverloadFigures none = GOOD;
  EsOverload o;
  gint64 now_us = 1;
  none.no_descriptors = TRUE;
  es_overload_init(&o);
  look_for(&o, &none, 30, &now_us);
  g_assert_true(o.no_descriptors);
  g_assert_cmpint(o.bound, ==, ES_BOUND_NONE);
  g_assert_cmpuint(o.rounds, ==, 0);
  look_for(&o, &GOOD, 9, &now_us);
  es_overload_look(&o, &none, now_us);
  look_for(&o, &GOOD, 9, &now_us);
  g_assert_true(o.no_descriptors);
  look_for(&o, &GOOD, 2, &now_us);
  g_assert_false(o.no_descriptors);
}

static void test_settings(void) {
  const struct {
    const char *text;
    guint64 of_1000; // 0: wrong
  } cases[] = {
      {"80%", 800}, {"8", 8},    {"2K", 2048}, {"1g", 1 << 30}, {"100%", 1000}, {"0", 0},
      {"0%", 0},    {"101%", 0}, {"-1", 0},    {"1X", 0},       {"1GB", 0},     {"2000T", 0},
      {"%", 0},     {"", 0},     {"1 G", 0},   {"50 %", 0},     {"1e3", 0},     {"99999999999999999999", 0}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("[overload]\nmemory=%s\n", cases[i].text);
    g_autoptr(EsConfig) config = es_config_parse("test", text, -1, NULL);
    g_autoptr(GError) error = NULL;
    EsOverloadSettings s;
    gboolean ok = es_overload_settings_read(&s, config, &error);
    g_test_message("%s", cases[i].text);
    g_assert_true(ok == (cases[i].of_1000 != 0));
    if (ok)
      g_assert_cmpuint(es_amount_of(&s.memory, 1000), ==, cases[i].of_1000);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/overload/descriptors", test_no_descriptors);
  g_test_add_func("/overload/each-bound", test_each_bound);
  g_test_add_func("/overload/rounds", test_rounds);
  g_test_add_func("/overload/settings", test_settings);
  return g_test_run();
}
