// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What accompanies a recording, of files or live: the socket that tells how it is (control.h) and the program
// that is told when something is wrong (alert.h). Neither can stop it; what they cannot do becomes a warning.
#pragma once

#include "earshot/capture/capture.h"
#include "operation.h"

typedef struct EsWatch EsWatch;

// NULL with *error when [alert] of the settings is wrong.
EsWatch *es_watch_start(EsRequest *request, const EsCaptureOptions *options, GError **error);
// For EsCaptureOptions.
const int *es_watch_successors(const EsWatch *watch);
// From the thread that records, whenever it tells its progress.
void es_watch_tell(EsWatch *watch, const EsCaptureStats *stats);
// A finished call; from the same thread, or while it waits.
void es_watch_call(EsWatch *watch, const EsCall *call);
// error: what ended the recording; NULL when it was told to end.
void es_watch_stop(EsWatch *watch, const GError *error);
