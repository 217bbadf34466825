// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the lines of queue logs add up to, for each queue.
#pragma once

#include "earshot/import/logs.h"
#include "earshot/index/queue-event.h"

typedef struct EsQueueSummaries EsQueueSummaries;

EsQueueSummaries *es_queue_summaries_new(void);
void es_queue_summaries_take(EsQueueSummaries *summaries, const EsQueueEvent *event);
// Whether the library has a recording of a call; told once for each call.
void es_queue_summaries_recorded(EsQueueSummaries *summaries, const char *pbx_id, gboolean recorded);
// Of EsQueueSummary, by name.
GPtrArray *es_queue_summaries_free(EsQueueSummaries *summaries);
