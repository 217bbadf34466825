// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Against the standard's own vector and against libebur128.
#include <ebur128.h>
#include <math.h>
#include <string.h>

#include "loudness.h"

static const int rates[] = {8000, 16000, 24000, 48000};

static double oracle(const gint16 *samples, gsize n, int rate_hz) {
  double lufs = 0;
  ebur128_state *state = ebur128_init(1, (unsigned long)rate_hz, EBUR128_MODE_I);
  ebur128_set_channel(state, 0, EBUR128_LEFT);
  ebur128_add_frames_short(state, samples, n);
  ebur128_loudness_global(state, &lufs);
  ebur128_destroy(&state);
  return lufs;
}

static double ours(const gint16 *samples, gsize n, int rate_hz, guint lanes, guint lane) {
  g_autoptr(EsLoudness) loudness = es_loudness_new(lanes, rate_hz);
  g_autofree gint16 *silence = g_new0(gint16, rate_hz / 50);
  g_autofree const gint16 **frames = g_new(const gint16 *, lanes);
  for (gsize at = 0; at + (gsize)rate_hz / 50 <= n; at += (gsize)rate_hz / 50) {
    for (guint i = 0; i < lanes; i++)
      frames[i] = i == lane ? samples + at : silence;
    es_loudness_push(loudness, frames);
  }
  for (guint i = 0; i < lanes; i++)
    if (i != lane)
      g_assert_true(isnan(es_loudness_integrated(loudness, i)));
  return es_loudness_integrated(loudness, lane);
}

static void test_vector(void) {
  g_autofree gint16 *sine = g_new(gint16, 48000 * 20);
  for (int i = 0; i < 48000 * 20; i++)
    sine[i] = (gint16)lrint(32767 * sin(2 * G_PI * 997 * i / 48000));
  g_assert_cmpfloat_with_epsilon(ours(sine, 48000 * 20, 48000, 1, 0), -3.01, 0.06);
}

// Bursts of filtered noise at speech's pace over a floor, at several levels: every gate has work.
static gint16 *make_bursts(int rate_hz, gsize n, double level) {
  g_autoptr(GRand) random = g_rand_new_with_seed(7);
  gint16 *samples = g_new(gint16, n);
  double low = 0;
  for (gsize i = 0; i < n; i++) {
    double t = (double)i / rate_hz, loud = fmod(t, 3) < 1.7 ? 0.3 + 0.7 * fabs(sin(t * 4)) : 0.002;
    low += (g_rand_double_range(random, -1, 1) - low) * 0.3;
    samples[i] = (gint16)CLAMP(low * loud * level * 32767, -32767, 32767);
  }
  return samples;
}

static void test_oracle(void) {
  static const double levels[] = {1, 0.1, 0.003};
  for (guint r = 0; r < G_N_ELEMENTS(rates); r++)
    for (guint k = 0; k < G_N_ELEMENTS(levels); k++) {
      gsize n = (gsize)rates[r] * 30;
      g_autofree gint16 *samples = make_bursts(rates[r], n, levels[k]);
      double wanted = oracle(samples, n, rates[r]);
      for (guint lanes = 1; lanes <= 6; lanes += 5)
        g_assert_cmpfloat_with_epsilon(ours(samples, n, rates[r], lanes, lanes - 1), wanted, 0.1);
    }
}

static void test_change_of_rate(void) {
  g_autofree gint16 *narrow = make_bursts(8000, 8000 * 30, 0.3), *wide = make_bursts(48000, 48000 * 30, 0.3);
  double a = oracle(narrow, 8000 * 30, 8000), b = oracle(wide, 48000 * 30, 48000);
  g_autoptr(EsLoudness) loudness = es_loudness_new(1, 8000);
  for (gsize at = 0; at < 8000 * 30; at += 160)
    es_loudness_push(loudness, (const gint16 *[]){narrow + at});
  es_loudness_set_rate(loudness, 48000);
  for (gsize at = 0; at < 48000 * 30; at += 960)
    es_loudness_push(loudness, (const gint16 *[]){wide + at});
  double got = es_loudness_integrated(loudness, 0);
  g_assert_cmpfloat(got, >=, MIN(a, b) - 0.1);
  g_assert_cmpfloat(got, <=, MAX(a, b) + 0.1);
}

// Silence that is told is as silence that is pushed, however often it comes and however long it lasts.
static void test_rest(void) {
  static const gint16 nothing[960];
  g_autofree gint16 *samples = make_bursts(8000, 8000 * 30, 0.1);
  g_autoptr(EsLoudness) pushed = es_loudness_new(2, 8000);
  g_autoptr(EsLoudness) told = es_loudness_new(2, 8000);
  for (guint i = 0; i < 1500; i++) {
    const gint16 *lanes[] = {samples + i * 160, nothing};
    es_loudness_push(pushed, lanes);
    es_loudness_push(told, lanes);
    for (guint k = 0; i % 40 == 39 && k < i / 10; k++) {
      es_loudness_push(pushed, (const gint16 *[]){nothing, nothing});
      es_loudness_rest(told);
    }
  }
  g_assert_cmpfloat_with_epsilon(es_loudness_integrated(told, 0), es_loudness_integrated(pushed, 0), 1e-9);
  g_assert_true(isnan(es_loudness_integrated(told, 1)));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/loudness/vector", test_vector);
  g_test_add_func("/loudness/oracle", test_oracle);
  g_test_add_func("/loudness/rate", test_change_of_rate);
  g_test_add_func("/loudness/rest", test_rest);
  return g_test_run();
}
