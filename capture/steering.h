// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// How much effort the encoders of one thread may make: less at once when the thread does not keep up, more
// when it has had room for a while. Better sound is worth processor time that nobody needs, and nothing else.
//
// Pure: it is told how the thread fared and knows no clock. Not thread-safe; one owner.
#pragma once

#include <glib.h>

// How long one look lasts at least.
#define ES_STEERING_LOOK_US (250 * 1000)

typedef struct {
  guint step;         // which complexity
  double load;        // share of the time for which the thread was at work, smoothed
  gint64 changed_us;  // when the step changed
  gint64 calm_us;     // since when there has been room for the next step; G_MAXINT64: there is none
  gint64 patience_us; // for how long there has to be
  gboolean raised;    // the latest change was one up
} EsSteering;

void es_steering_init(EsSteering *steering, gint64 now_us);
// One look: for what share of the time since the one before the thread was at work, and how full its queue
// was at most, both 0 to 1.
void es_steering_look(EsSteering *steering, gint64 now_us, double busy, double fill);
// 0, 2, 5, 8 or 10.
int es_steering_complexity(const EsSteering *steering);
