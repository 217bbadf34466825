// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The stretches of a call, each with one agent and queue. The first begins with the call; from the answer on
// another agent or queue begins another. Before the answer, and where a stretch would be shorter than a
// second (several messages tell of one transfer, one after another), the present stretch takes the new values
// instead. At most ES_CALL_MAX_SEGMENTS; then the last one follows the changes.
#pragma once

#include "earshot/index/call.h"

#define ES_CALL_MAX_SEGMENTS 50

// At this moment the call is with this agent and queue; both may be NULL.
void es_segments_set(EsCall *call, const char *agent, const char *queue, gint64 now_us);
// The call is over: no stretch goes beyond its end.
void es_segments_end(EsCall *call);
