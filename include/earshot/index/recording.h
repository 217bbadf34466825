// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a call's row says about its file: where it lies, which tags it carries, whose voices it holds.
#pragma once

#include "earshot/index/index.h"

// Where the recording of a call belongs, relative to the library: recordings/<client>/YYYY/MM/DD/<id>.opus in
// UTC of its start. The client's name is made fit for a path. Caller frees.
char *es_recording_path(const char *client, gint64 started_us, const char *id);

// What a call's recording says of it in its own tags, consent above all. Tags travel with the file: nothing
// in them names a person or a number. "NAME=value" of a row whose consent_state is set; roles: of its voices,
// "customer,agent", NULL: as the direction says; audio_us is the moment of the file's first sample,
// ES_UNKNOWN when that is lost. NULL-terminated; caller frees with g_strfreev.
char **es_recording_row_tags(const EsCall *row, const char *roles, gint64 audio_us);

// Roles of a call's two legs. Leg 0 is always the caller's voice, leg 1 the callee's; when the direction says
// who of them works here, they are called agent and customer. direction: inbound, outbound, internal,
// unknown.
void es_leg_roles(const char *direction, const char *roles[2]);

// From the answer to the agent's first words, the callee's when nobody is known to be the agent: sets
// call->greeting_ms. audio_us is the moment of the file's first sample.
void es_call_measure_greeting(EsCall *call, gint64 audio_us);
