// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/score.h"

#include <math.h>

#define SLACK 1e-9 // sums of weights miss a half by less than that

char *es_score_format(double score) {
  if (isnan(score))
    return g_strdup("–");
  double rounded = floor(score * 10 + 0.5 + SLACK) / 10;
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_strdup(g_ascii_formatd(text, sizeof text, rounded == floor(rounded) ? "%.0f" : "%.1f", rounded));
}
