// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recorder says of itself while it runs, made of its counters and of the calls it finishes. Whatever
// may come often is told at once the first time and then with its sum, at most once a minute.
#pragma once

#include "earshot/capture/capture.h"
#include "operation.h"

typedef struct EsWatchLog EsWatchLog;

// source and name: as the recorder's socket tells them (control.h); borrowed for the call.
EsWatchLog *es_watch_log_start(EsRequest *request, const char *source, const char *name);
void es_watch_log_stats(EsWatchLog *log, const EsCaptureStats *stats);
void es_watch_log_call(EsWatchLog *log, const EsCall *call);
// error: what ended it; NULL when it was told to end.
void es_watch_log_stop(EsWatchLog *log, const GError *error);
