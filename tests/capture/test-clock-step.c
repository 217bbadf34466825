// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "clock-step.h"

#define S ((gint64)G_USEC_PER_SEC)

// From one packet to the next: how far stamps went, how long that took, by how much the clock was set in
// between, and what is to be found.
typedef struct {
  const char *name;
  gint64 leap, elapsed, set, found;
} Case;

static const Case cases[] = {
    {"the next packet", S / 50, S / 50, 0, 0},
    {"the recorder stood still", 10 * S, 10 * S, 0, 0},
    {"it catches up", 5 * S, 0, 0, 0},
    {"set forward", 90 * S + S / 50, S / 50, 90 * S, 90 * S},
    {"set back", -90 * S + S / 50, S / 50, -90 * S, -90 * S},
    {"set back while it stood still", -60 * S, 30 * S, -90 * S, -90 * S},
    {"set forward, while the ring holds packets from before", S / 50, S, 90 * S, 0},
    {"set back, and a hole before that", 2 * S, 2 * S, -90 * S, 0},
    {"nudged", S / 2 + S / 50, S / 50, S / 2, 0},
};

static void test_case(gconstpointer data) {
  const Case *c = data;
  const gint64 wall = G_GINT64_CONSTANT(1760000000) * S, monotonic = 7777 * S;
  EsClockStep clock;
  gint64 leap_us = 0;
  es_clock_step_init(&clock, wall, monotonic);
  gboolean leaps = es_clock_step_leaps(&clock, wall + c->leap, &leap_us);
  gint64 found =
      leaps ? es_clock_step_find(&clock, leap_us, wall + c->set + c->elapsed, monotonic + c->elapsed) : 0;
  g_assert_cmpint(found, ==, c->found);
  g_assert_cmpint(es_clock_step_find(&clock, c->leap, wall + c->set + c->elapsed, monotonic + c->elapsed), ==,
                  found ? 0 : c->found); // told once
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *path = g_strdup_printf("/clock-step/%s", cases[i].name);
    g_test_add_data_func(path, &cases[i], test_case);
  }
  return g_test_run();
}
