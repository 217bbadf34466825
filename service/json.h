// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of the index as JSON. Names of members are those of the design; what is not known is null, never 0 or
// an empty text; moments are RFC 3339 in UTC with milliseconds. Every function gives a new object or array
// that the caller owns.
#pragma once

#include "earshot/index/annotation.h"
#include "earshot/index/directory.h"

#include <json-glib/json-glib.h>

// ---- json.c: members that may be unknown

void es_json_set_text(JsonObject *object, const char *name, const char *text);    // NULL → null
void es_json_set_ms(JsonObject *object, const char *name, gint64 length_ms);      // ES_UNKNOWN → null
void es_json_set_time(JsonObject *object, const char *name, gint64 time_us);      // ES_UNKNOWN → null
void es_json_set_number(JsonObject *object, const char *name, double value);      // NAN → null
void es_json_set_texts(JsonObject *object, const char *name, char *const *texts); // NULL → []
// The text is JSON already; null if it is not.
void es_json_set_parsed(JsonObject *object, const char *name, const char *json);
JsonArray *es_json_intervals(const GArray *intervals); // of EsInterval: [[start_ms, end_ms], …]

// ---- call-json.c

JsonObject *es_json_call(const EsCall *call);  // all but legs and gaps, as search replies
JsonArray *es_json_legs(const EsCall *call);   // with streams, speech and greeting_ms
JsonArray *es_json_gaps(const EsCall *call);   // {leg, start_ms, length_ms, reason}
JsonArray *es_json_events(const EsCall *call); // {at_ms, kind, leg, detail}
JsonArray *es_json_speech(const EsCall *call); // the legs' speech merged: when anybody spoke
JsonArray *es_json_consent(const GPtrArray *events);
JsonObject *es_json_consent_event(const EsConsentEvent *event);

// ---- annotation-json.c

JsonObject *es_json_note(const EsNote *note);
JsonObject *es_json_flag(const EsFlag *flag);
JsonObject *es_json_agent(const EsAgent *agent);
JsonObject *es_json_audit(const EsAuditEntry *entry);

// ---- evaluation-json.c

// language of the texts of questions and answers; NULL is English.
JsonObject *es_json_evaluation(const EsEvaluation *evaluation, const char *language);
