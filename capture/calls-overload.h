// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Which calls of a worker lose their audio when something has run out.
#pragma once

#include "shedding.h"
#include "worker.h"

typedef struct {
  EsShedding *shedding; // NULL: nothing is shed
  guint rounds;         // of it that were done
  guint64 shed;         // calls so far
  gint64 unwritten_us;  // when the latest call could not be written, monotonic; 0: none
} EsCallsOverload;

// Looks what has run out, and takes the audio of some calls when it is time for that.
gboolean es_calls_follow_overload(EsCallsOverload *overload, EsWorker *worker, EsBound *bound,
                                  GError **error);
// Takes that of calls for which the journal had no memory: they cannot go on.
gboolean es_calls_shed_torn(EsCallsOverload *overload, EsWorker *worker, GError **error);
// That calls cannot be written is told once, until all could be for a minute.
void es_calls_tell_unwritten(EsCallsOverload *overload, EsWorker *worker, const EsCaptureSink *sink);
