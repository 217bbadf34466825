// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/score.h"

#include <math.h>

static void test_format(void) {
  static const struct {
    double score;
    const char *text;
  } cases[] = {{87.5, "87.5"},
               {87.449, "87.4"},
               {87.45, "87.5"},
               {81.25, "81.3"},
               {0, "0"},
               {100, "100"},
               {99.95, "100"},
               {79.94, "79.9"},
               {0.05, "0.1"},
               {NAN, "–"},
               {65.0 + 5.0 / 6.0, "65.8"}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = es_score_format(cases[i].score);
    g_assert_cmpstr(text, ==, cases[i].text);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/score/format", test_format);
  return g_test_run();
}
