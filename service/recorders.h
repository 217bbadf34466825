// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The running recorders of a library, asked through their sockets (see control.h).
#pragma once

#include <json-glib/json-glib.h>

// One object for each, the one that started first in front: what it answered, with "answers" TRUE and
// "silent_ms" (since its counters moved). One that does not answer within two seconds has "answers" FALSE and
// its pid. Dead ones are left out. Caller unrefs.
GPtrArray *es_recorders_ask(const char *library, gint64 now_us);

// The object on a line with which a recorder answers; NULL if it is none.
JsonObject *es_recorder_parse(const GString *answer);
// TRUE when it does not answer, or has not moved for a while although nothing keeps it waiting.
gboolean es_recorder_is_stalled(JsonObject *recorder);
gint64 es_recorder_number(JsonObject *recorder, const char *name);    // ES_UNKNOWN if it is not there
const char *es_recorder_text(JsonObject *recorder, const char *name); // NULL if it is not there
gint64 es_recorder_time(JsonObject *recorder, const char *name);      // ES_UNKNOWN if it is not there
