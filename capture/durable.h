// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Finished recordings on their way to the disk: a thread of its own flushes each file and the folder that
// names it, so that a row is never of a file that a loss of power takes away, and nobody who reads packets
// waits for the disk.
//
// Threads: one owner; the thread begins with the first file.
#pragma once

#include <glib.h>

typedef struct EsDurable EsDurable;

EsDurable *es_durable_new(void);
// Flushes what was given, then ends.
void es_durable_free(EsDurable *durable);
// A file that was given a name. Returns its ticket; tickets are done in their order.
guint64 es_durable_add(EsDurable *durable, const char *path);
// All tickets up to this one are done. Waits until least is among them.
guint64 es_durable_done(EsDurable *durable, guint64 least);
// Whether one that is done could not be flushed; errno or 0. To be asked once.
int es_durable_failed(EsDurable *durable, guint64 ticket);
