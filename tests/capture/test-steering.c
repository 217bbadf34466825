// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Complexities under loads that are made: a thread whose work costs what encoding costs at each complexity,
// for so many calls.
#include "steering.h"

#include "earshot/common/clock.h"

// Share of a thread's time that a call takes at each complexity: measured on one machine, whose figures are
// not those that the steering knows.
static double cost_of(int complexity) {
  return complexity == 0 ? 0.0012 : complexity == 2 ? 0.0021 : complexity == 5 ? 0.0031 : 0.0053;
}

typedef struct {
  EsSteering steering;
  gint64 now_us;
  double queue; // seconds of work that wait; the queue holds one
  guint changes;
  int least, most;
} Machine;

static void begin(Machine *m) {
  *m = (Machine){0};
  es_steering_init(&m->steering, 0);
}

// Runs so many calls; stolen is the share of the time that others take.
static void run(Machine *m, double seconds, double calls, double stolen) {
  gint64 end_us = m->now_us + (gint64)(seconds * G_USEC_PER_SEC);
  const double look = (double)ES_STEERING_LOOK_US / G_USEC_PER_SEC;
  m->least = 10;
  m->most = 0;
  m->changes = 0;
  while (m->now_us < end_us) {
    int before = es_steering_complexity(&m->steering);
    double work = m->queue + calls * cost_of(before) * look, can = look * (1 - stolen);
    m->queue = MAX(work - can, 0);
    m->now_us += ES_STEERING_LOOK_US;
    es_steering_look(&m->steering, m->now_us, MIN(work / can, 1), MIN(m->queue, 1));
    int now = es_steering_complexity(&m->steering);
    m->changes += now != before;
    m->least = MIN(m->least, now);
    m->most = MAX(m->most, now);
  }
}

// From few calls to more than there is time for: always the most that leaves room, never a queue that lasts.
static void test_settles(void) {
  const struct {
    double calls;
    int complexity;
  } cases[] = {{0, 10}, {40, 10}, {100, 10}, {200, 5}, {320, 2}, {700, 0}, {800, 0}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    Machine m;
    begin(&m);
    run(&m, 600, cases[i].calls, 0);
    run(&m, 600, cases[i].calls, 0);
    g_test_message("%.0f calls: complexity %d to %d", cases[i].calls, m.least, m.most);
    g_assert_cmpint(es_steering_complexity(&m.steering), ==, cases[i].complexity);
    g_assert_cmpuint(m.changes, ==, 0);
    g_assert_cmpfloat(m.queue, ==, 0);
  }
}

static void test_falls_at_once(void) {
  Machine m;
  begin(&m);
  run(&m, 120, 20, 0);
  g_assert_cmpint(es_steering_complexity(&m.steering), ==, 10);
  run(&m, 3, 750, 0);
  g_assert_cmpint(es_steering_complexity(&m.steering), ==, 0);
  run(&m, 60, 750, 0);
  g_assert_cmpfloat(m.queue, ==, 0);
  g_assert_cmpint(m.most, ==, 0);
}

static void test_rises_by_steps(void) {
  Machine m;
  begin(&m);
  run(&m, 30, 800, 0);
  g_assert_cmpint(es_steering_complexity(&m.steering), ==, 0);
  run(&m, 4, 50, 0);
  g_assert_cmpint(m.most, ==, 0); // a moment's peace is no room
  run(&m, 4, 50, 0);
  g_assert_cmpint(es_steering_complexity(&m.steering), ==, 2);
  run(&m, 60, 50, 0);
  g_assert_cmpint(es_steering_complexity(&m.steering), ==, 10);
  g_assert_cmpuint(m.changes, ==, 3);
}

// What looks like room is none where another thread takes the processor as soon as it is used: it does not
// swing to and fro for ever.
static void test_does_not_swing(void) {
  Machine m;
  begin(&m);
  guint changes = 0;
  for (guint i = 0; i < 4 * 3600; i++) {
    gboolean dear = es_steering_complexity(&m.steering) > 2;
    run(&m, 1, 150, dear ? 0.6 : 0);
    changes += m.changes;
  }
  g_test_message("%u changes in four hours", changes);
  g_assert_cmpuint(changes, <, 4 * 60);
  g_assert_cmpfloat(m.queue, <, 0.5);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/steering/settles", test_settles);
  g_test_add_func("/steering/falls-at-once", test_falls_at_once);
  g_test_add_func("/steering/rises-by-steps", test_rises_by_steps);
  g_test_add_func("/steering/does-not-swing", test_does_not_swing);
  return g_test_run();
}
