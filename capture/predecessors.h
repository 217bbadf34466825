// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recorders whose place this one takes (hand-over.h): they are asked before the first packet is read, and
// listened to until they are done, or gone.
#pragma once

#include "siprec.h"
#include "worker.h"

typedef struct EsPredecessors EsPredecessors;

// Takes the connections, which end with it.
EsPredecessors *es_predecessors_new(const int *connections, guint n);
void es_predecessors_free(EsPredecessors *predecessors);
// Whether all of them know how to hand over.
gboolean es_predecessors_greet(EsPredecessors *predecessors, GError **error);
// Their sockets for recording clients (EsSiprecSocket), whose descriptors are the caller's.
gboolean es_predecessors_get_sockets(EsPredecessors *predecessors, GArray *sockets, GError **error);
// Asks all of them, waits for what they hold and tells the worker. From since_us on all packets will be seen.
// One that does not answer in time is an error, and all go on as before.
// siprec may be NULL.
gboolean es_predecessors_ask(EsPredecessors *predecessors, EsWorker *worker, EsSiprec *siprec,
                             gint64 since_us, GError **error);
// What has become of them. TRUE if one is gone that was not done: its calls were left behind.
gboolean es_predecessors_look(EsPredecessors *predecessors, EsWorker *worker, EsSiprec *siprec);
