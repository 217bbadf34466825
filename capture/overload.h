// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// When calls have to lose their audio, because something of which there is no more has run out. Packets that
// cannot be encoded in time do no harm: they wait in the journal. What bounds that is here.
//
// Pure: it is told figures and moments. Not thread-safe; one owner.
#pragma once

#include <glib.h>

typedef enum {
  ES_BOUND_NONE,
  ES_BOUND_MEMORY,
  ES_BOUND_JOURNAL, // its size on disk
  ES_BOUND_DISK,    // what is free
  ES_BOUND_FLUSH,   // the disk does not keep up
} EsBound;

// What is used and what may be; a limit of 0 is none.
typedef struct {
  guint64 memory_bytes, memory_limit;
  guint64 journal_bytes, journal_limit;
  guint64 free_bytes, reserve_bytes;
  guint64 unflushed_us, unflushed_limit;
  gboolean no_descriptors;
} EsOverloadFigures;

typedef struct {
  EsBound bound;           // new calls are not recorded; ES_BOUND_NONE: they are
  guint rounds;            // how often a part of the calls had to lose their audio
  gint64 shed_us;          // monotonic; the latest time
  gint64 short_us;         // since when the disk has been nearly full; G_MAXINT64: it is not
  gint64 calm_us;          // since when there is room again; G_MAXINT64: there is none
  gboolean no_descriptors; // costs no call its audio: those that find none go on in the journal
  gint64 lacked_us;        // the latest time at which there were none
} EsOverload;

// What part of the calls loses its audio in one round; at least one call.
#define ES_OVERLOAD_SHARE 10

void es_overload_init(EsOverload *overload);
void es_overload_look(EsOverload *overload, const EsOverloadFigures *figures, gint64 now_us);

// "memory", "journal", "disk", "flush"; NULL for none.
const char *es_bound_code(EsBound bound);
// As the reason of an outcome, untranslated.
const char *es_bound_reason(EsBound bound);
