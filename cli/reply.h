// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading replies of operations without trusting their shape: a member that is missing, null or of another
// type gives the fallback. And printing them, one object a line.
#pragma once

#include <json-glib/json-glib.h>
#include <stdio.h>

const char *es_reply_text(JsonObject *object, const char *name); // NULL if absent; borrowed
gint64 es_reply_int(JsonObject *object, const char *name);       // ES_UNKNOWN if absent
gint64 es_reply_count(JsonObject *object, const char *name);     // 0 if absent
double es_reply_number(JsonObject *object, const char *name);    // NAN if absent
gboolean es_reply_true(JsonObject *object, const char *name);
// An empty array if absent; borrowed.
JsonArray *es_reply_array(JsonObject *object, const char *name);
// The member i of an array if it is an object, else NULL; borrowed.
JsonObject *es_reply_object_at(JsonArray *array, guint i);
// The strings of an array joined; caller frees.
char *es_reply_join(JsonObject *object, const char *name, const char *separator);
// [[start, end], …] as GArray of EsInterval; caller unrefs.
GArray *es_reply_intervals(JsonObject *object, const char *name);

// One line. C1 control characters, which some terminals obey, are written as \u00XX.
void es_reply_print(JsonObject *object, FILE *file);
char *es_reply_line(JsonObject *object); // without the line's end; caller frees
