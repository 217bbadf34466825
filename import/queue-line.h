// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One line of Asterisk's queue log: time|call|queue|agent|EVENT|further fields.
#pragma once

#include "earshot/index/queue-event.h"

// line is taken apart in place. zone is that of times written as dates; Asterisk itself writes seconds since
// 1970. NULL with *problem (static text) for a line that is none.
EsQueueEvent *es_queue_line_read(char *line, GTimeZone *zone, const char **problem);
// The n-th of the further fields; NULL if there is none or it is empty. Caller frees.
char *es_queue_data(const EsQueueEvent *event, guint n);
// The n-th from the end, from 0, as a number of seconds in milliseconds; ES_UNKNOWN if it is none.
gint64 es_queue_seconds(const EsQueueEvent *event, guint from_end);
