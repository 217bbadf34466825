// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "clock-step.h"
#include "earshot/common/clock.h"

#define LEAST_US ES_US_PER_S // less is what a call bears: a second more or less of silence

void es_clock_step_init(EsClockStep *clock, gint64 wall_us, gint64 monotonic_us) {
  *clock = (EsClockStep){.distance_us = wall_us - monotonic_us, .stamp_us = wall_us};
}

gboolean es_clock_step_leaps(EsClockStep *clock, gint64 stamp_us, gint64 *leap_us) {
  *leap_us = stamp_us - clock->stamp_us;
  clock->stamp_us = stamp_us;
  return ABS(*leap_us) >= LEAST_US / 2;
}

gint64 es_clock_step_find(EsClockStep *clock, gint64 leap_us, gint64 wall_us, gint64 monotonic_us) {
  gint64 step_us = wall_us - monotonic_us - clock->distance_us;
  gboolean fits = (step_us > 0) == (leap_us > 0) && ABS(leap_us) > ABS(step_us) / 2;
  if (ABS(step_us) < LEAST_US || !fits)
    return 0;
  clock->distance_us += step_us;
  return step_us;
}
