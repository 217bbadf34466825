// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Members of JSON objects that may be unknown: null, never 0 or an empty text. Texts need not be valid UTF-8,
// moments become RFC 3339 in UTC with milliseconds.
#pragma once

#include <json-glib/json-glib.h>

void es_json_set_text(JsonObject *object, const char *name, const char *text);    // NULL → null
void es_json_set_ms(JsonObject *object, const char *name, gint64 length_ms);      // ES_UNKNOWN → null
void es_json_set_time(JsonObject *object, const char *name, gint64 time_us);      // ES_UNKNOWN → null
void es_json_set_number(JsonObject *object, const char *name, double value);      // NAN → null
void es_json_set_texts(JsonObject *object, const char *name, char *const *texts); // NULL → []
// The text is JSON already; null if it is not.
void es_json_set_parsed(JsonObject *object, const char *name, const char *json);
JsonArray *es_json_intervals(const GArray *intervals); // of EsInterval: [[start_ms, end_ms], …]
