// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recorders whose place this one takes (hand-over.h): they are asked before the first packet is read, and
// listened to until they are done, or gone.
#pragma once

#include "worker.h"

typedef struct EsPredecessors EsPredecessors;

// Takes the connections, which end with it.
EsPredecessors *es_predecessors_new(const int *connections, guint n);
void es_predecessors_free(EsPredecessors *predecessors);
// Asks all of them, waits for what they hold and tells the worker. From since_us on all packets will be seen.
// One that does not answer in time is an error, and all go on as before.
gboolean es_predecessors_ask(EsPredecessors *predecessors, EsWorker *worker, gint64 since_us, GError **error);
// What has become of them. TRUE if one is gone that was not done: its calls were left behind.
gboolean es_predecessors_look(EsPredecessors *predecessors, EsWorker *worker);
