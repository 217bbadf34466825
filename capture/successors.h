// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recorders that take the place of this one, each served by a thread of its own (hand-over.h). The thread
// that captures looks in: when one waits and the capture has come far enough, it tells what is held and keeps
// to that from then on; when the last one is gone, everything is its own again.
#pragma once

#include "earshot/capture/capture.h"
#include "siprec.h"
#include "worker.h"

typedef struct EsSuccessors EsSuccessors;

// pipe: where connections come from, as ints; -1 for none.
EsSuccessors *es_successors_new(int pipe);
// done: all that was held has ended, which those that wait are told.
void es_successors_free(EsSuccessors *successors, gboolean done);
// siprec may be NULL; now_us: to where the capture has come.
void es_successors_look(EsSuccessors *successors, EsWorker *worker, EsSiprec *siprec, gint64 now_us);
// One of them takes what begins.
gboolean es_successors_have_taken(const EsSuccessors *successors);
