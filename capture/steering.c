// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the next step would cost is known: nearly all that a thread does is encoding, and how the costs of the
// complexities compare was measured. A step up that had to be taken back soon makes the next one wait twice
// as long, so that it does not swing to and fro where another thread takes the processor.
#include "steering.h"

#define FULL 0.5                            // of the queue: there is no time for single steps
#define FILLING 0.4                         // of the queue; up to a quarter is awaited
#define NEVER_IDLE 0.97                     // of the time at work
#define ROOM 0.70                           // predicted load up to which a step up is taken
#define SMOOTHING 0.2                       // weight of the latest look
#define SETTLE_US (2 * ES_STEERING_LOOK_US) // what a step does shows only then
#define CALM_US (5 * G_USEC_PER_SEC)
#define MOST_CALM_US (600 * G_USEC_PER_SEC)
#define SOON_US (60 * G_USEC_PER_SEC)
#define FIRST_STEP 2

// Cost of a second of audio against that at complexity 0, the dearer of 8 and 16 kHz.
static const struct {
  int complexity;
  double cost;
} steps[] = {{0, 1.0}, {2, 1.75}, {5, 2.65}, {8, 5.45}, {10, 5.6}};

void es_steering_init(EsSteering *s, gint64 now_us) {
  *s = (EsSteering){.step = FIRST_STEP, .changed_us = now_us, .calm_us = G_MAXINT64, .patience_us = CALM_US};
}

int es_steering_complexity(const EsSteering *s) {
  return steps[s->step].complexity;
}

static void change(EsSteering *s, guint step, gint64 now_us) {
  gboolean up = step > s->step;
  if (!up && s->raised && now_us - s->changed_us < SOON_US)
    s->patience_us = MIN(2 * s->patience_us, MOST_CALM_US);
  else if (up && s->raised && now_us - s->changed_us > SOON_US)
    s->patience_us = CALM_US;
  s->load *= steps[step].cost / steps[s->step].cost;
  s->step = step;
  s->changed_us = now_us;
  s->calm_us = G_MAXINT64;
  s->raised = up;
}

static gboolean has_room(const EsSteering *s, double busy) {
  return s->step + 1 < G_N_ELEMENTS(steps) &&
         MAX(s->load, busy) * steps[s->step + 1].cost / steps[s->step].cost < ROOM;
}

void es_steering_look(EsSteering *s, gint64 now_us, double busy, double fill) {
  s->load += SMOOTHING * (busy - s->load);
  gboolean pressed = fill > FILLING || busy > NEVER_IDLE;
  if (s->step > 0 && fill > FULL)
    change(s, 0, now_us);
  else if (s->step > 0 && pressed && now_us - s->changed_us >= SETTLE_US)
    change(s, s->step - 1, now_us);
  else if (pressed || !has_room(s, busy))
    s->calm_us = G_MAXINT64;
  else if (s->calm_us == G_MAXINT64)
    s->calm_us = now_us;
  else if (now_us - s->calm_us >= s->patience_us)
    change(s, s->step + 1, now_us);
}
