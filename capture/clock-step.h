// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds out when the wall clock was set, by which a live capture stamps its packets.
//
// What it was set by shows in its distance to the monotonic clock; from which packet on, in a leap of the
// stamps: what waits in the ring was stamped before. A leap alone says nothing, for the recorder may have
// stood still.
#pragma once

#include <glib.h>

typedef struct {
  gint64 distance_us; // of the wall clock from the monotonic one
  gint64 stamp_us;    // the latest
} EsClockStep;

void es_clock_step_init(EsClockStep *clock, gint64 wall_us, gint64 monotonic_us);
// Takes the next stamp; TRUE if it lies so far from the one before that es_clock_step_find is to be asked.
gboolean es_clock_step_leaps(EsClockStep *clock, gint64 stamp_us, gint64 *leap_us);
// By how much the clock was set before this leap; 0 if it was not.
gint64 es_clock_step_find(EsClockStep *clock, gint64 leap_us, gint64 wall_us, gint64 monotonic_us);
