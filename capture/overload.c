// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A round takes the audio of some calls and then waits for what that does. Calls are recorded again once all
// figures have been well below their bounds for a while, so that it does not swing to and fro.
#include "overload.h"

#include "earshot/common/i18n.h"

#define ROUND_US (2 * G_USEC_PER_SEC)
#define DISK_US (10 * G_USEC_PER_SEC)
#define CALM_US (10 * G_USEC_PER_SEC)
#define ROOM_PERCENT 90 // of a bound: below it there is room again

void es_overload_init(EsOverload *o) {
  *o = (EsOverload){.calm_us = G_MAXINT64, .short_us = G_MAXINT64};
}

static gboolean exceeds(guint64 used, guint64 limit, guint percent) {
  return limit && used > limit / 100 * percent + limit % 100 * percent / 100;
}

// The first bound of which more than so many hundredths are used.
static EsBound find(const EsOverloadFigures *f, guint percent) {
  if (exceeds(f->memory_bytes, f->memory_limit, percent))
    return ES_BOUND_MEMORY;
  if (f->reserve_bytes && f->free_bytes < f->reserve_bytes / percent * 100)
    return ES_BOUND_DISK;
  if (exceeds(f->journal_bytes, f->journal_limit, percent))
    return ES_BOUND_JOURNAL;
  if (exceeds(f->unflushed_us, f->unflushed_limit, percent))
    return ES_BOUND_FLUSH;
  return ES_BOUND_NONE;
}

// A disk that is full for seconds costs nothing: what arrives waits in memory.
static EsBound passing(EsOverload *o, EsBound bound, gint64 now_us) {
  if (bound != ES_BOUND_DISK)
    o->short_us = G_MAXINT64;
  else if (o->short_us == G_MAXINT64)
    o->short_us = now_us;
  return bound == ES_BOUND_DISK && now_us - o->short_us < DISK_US ? ES_BOUND_NONE : bound;
}

static void look_at_descriptors(EsOverload *o, gboolean none, gint64 now_us) {
  if (none)
    o->lacked_us = now_us;
  o->no_descriptors = none || (o->no_descriptors && now_us - o->lacked_us < CALM_US);
}

void es_overload_look(EsOverload *o, const EsOverloadFigures *figures, gint64 now_us) {
  look_at_descriptors(o, figures->no_descriptors, now_us);
  EsBound bound = passing(o, find(figures, 100), now_us);
  if (bound != ES_BOUND_NONE) {
    o->calm_us = G_MAXINT64;
    if (o->bound != ES_BOUND_NONE && now_us - o->shed_us < ROUND_US)
      return;
    o->bound = bound;
    o->shed_us = now_us;
    o->rounds++;
  } else if (o->bound == ES_BOUND_NONE || find(figures, ROOM_PERCENT) != ES_BOUND_NONE) {
    o->calm_us = G_MAXINT64;
  } else if (o->calm_us == G_MAXINT64) {
    o->calm_us = now_us;
  }
  if (o->calm_us != G_MAXINT64 && now_us - o->calm_us >= CALM_US)
    o->bound = ES_BOUND_NONE;
}

static const struct {
  const char *code, *reason;
} bounds[] = {
    [ES_BOUND_NONE] = {NULL, NULL},
    [ES_BOUND_MEMORY] = {"memory", N_("overload: no memory left")},
    [ES_BOUND_JOURNAL] = {"journal", N_("overload: the journal is full")},
    [ES_BOUND_DISK] = {"disk", N_("overload: the disk is nearly full")},
    [ES_BOUND_FLUSH] = {"flush", N_("overload: the disk is too slow")},
};

const char *es_bound_code(EsBound bound) {
  return bounds[bound].code;
}

const char *es_bound_reason(EsBound bound) {
  return bounds[bound].reason;
}
