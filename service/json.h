// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of the index as JSON. Names of members are those of the design; what is not known is null, never 0 or
// an empty text; moments are RFC 3339 in UTC with milliseconds. Every function gives a new object or array
// that the caller owns.
#pragma once

#include "earshot/capture/capture.h"
#include "earshot/common/json.h"
#include "earshot/index/annotation.h"
#include "earshot/index/correction.h"
#include "earshot/index/directory.h"

// ---- call-json.c

JsonObject *es_json_call(const EsCall *call); // all but legs and gaps, as search replies
// What made the call part of its story: transfer, pick-up, conference, fork, same-conversation, linked,
// follow-up; NULL if nothing says. The call must have its events.
const char *es_call_joined_by(const EsCall *call);
JsonObject *es_json_related(const EsCall *call); // as one of the group of another
JsonArray *es_json_legs(const EsCall *call);     // with streams, speech and greeting_ms
JsonArray *es_json_gaps(const EsCall *call);     // {leg, start_ms, length_ms, reason}
JsonArray *es_json_events(const EsCall *call);   // {at_ms, kind, leg, detail}
JsonArray *es_json_speech(const EsCall *call);   // the legs' speech merged: when anybody spoke
JsonArray *es_json_consent(const GPtrArray *events);
JsonObject *es_json_consent_event(const EsConsentEvent *event);

// ---- annotation-json.c

JsonObject *es_json_note(const EsNote *note);
JsonObject *es_json_flag(const EsFlag *flag);
JsonObject *es_json_agent(const EsAgent *agent);
JsonObject *es_json_audit(const EsAuditEntry *entry);
JsonObject *es_json_correction(const EsCorrection *correction);

// ---- evaluation-json.c

// call: whose segments tell the agent's name. language of the texts of questions and answers; NULL is
// English.
JsonObject *es_json_evaluation(const EsEvaluation *evaluation, const EsCall *call, const char *language);

// ---- stats-json.c

// Sets the members of a recorder's counters; those of a live recorder are null elsewhere.
void es_json_set_stats(JsonObject *object, const EsCaptureStats *stats);
