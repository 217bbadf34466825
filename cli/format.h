// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of a call as people read them. All results are freed by the caller; unknown gives "".
#pragma once

#include "reply.h"
#include "screen.h"

char *es_format_moment(JsonObject *row, const char *name);       // "2026-11-20 14:03:05", local time
char *es_format_minute(JsonObject *row, const char *name);       // "2026-11-20 14:03"
char *es_format_minute_short(JsonObject *row, const char *name); // without the year if it is this one
char *es_format_length(JsonObject *row, const char *name);       // "1:05"
char *es_format_position(gint64 at_ms);                          // "1:05.3"
char *es_format_outcome(JsonObject *row);                        // "partial, 4.2 s missing"
char *es_format_outcome_short(JsonObject *row); // "4.2 s missing" when it is recorded; "in its story"
char *es_format_score(JsonObject *row, const char *name);  // "87.5"
char *es_format_party(JsonObject *row, const char *which); // number and name of "caller" or "callee"
char *es_format_agent(JsonObject *row);                    // name or extension of the last segment
char *es_format_last_segment(JsonObject *row, const char *field);

EsStyle es_style_outcome(JsonObject *row);
EsStyle es_style_consent(const char *state);
