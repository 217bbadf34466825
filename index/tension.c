// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The same figures stand in sql/schema-002.sql and docs/index.md; tests/whole/test-find.py holds the three
// together.
#include "earshot/index/tension.h"

#include <math.h>

// Grows evenly up to most, which it reaches when value is full.
static double part(double most, gint64 value, double full) {
  if (value == ES_UNKNOWN || !(full > 0))
    return (double)NAN;
  return most * fmin(1, (double)value / full);
}

EsTensionParts es_call_tension_parts(const EsCall *call) {
  double audio_ms = (double)call->audio_ms; // ES_UNKNOWN is below 0
  return (EsTensionParts){
      .talk_over = part(ES_TENSION_TALK_OVER_MAX, call->talk_over_ms, 0.10 * audio_ms),
      .dead_air = part(ES_TENSION_DEAD_AIR_MAX, call->dead_air_ms, 0.25 * audio_ms),
      .raised = part(ES_TENSION_RAISED_MAX, call->raised_ms, 0.10 * audio_ms),
      .repeats = part(ES_TENSION_REPEATS_MAX, call->repeats, 3),
  };
}
