// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Parameters of an operation: checked once against the operation's table, then read without errors. null
// counts as absent.
#pragma once

#include "operation.h"

// Unknown, missing or wrongly typed parameters give ES_ERROR_USAGE naming operation and parameter. Whole
// numbers must not be negative; texts must be UTF-8.
gboolean es_params_check(const EsOperationInfo *info, JsonObject *params, GError **error);

gboolean es_param_has(const EsRequest *request, const char *name);
const char *es_param_string(const EsRequest *request, const char *name); // NULL if absent
gint64 es_param_int(const EsRequest *request, const char *name, gint64 fallback);
double es_param_number(const EsRequest *request, const char *name, double fallback);
gboolean es_param_bool(const EsRequest *request, const char *name);  // FALSE if absent
char **es_param_strings(const EsRequest *request, const char *name); // caller frees; empty if absent

// A name or label that a person gave: without spaces around it, not empty, at most 64 characters, no control
// characters. NULL with ES_ERROR_USAGE otherwise; caller frees.
char *es_param_label(const char *parameter, const char *text, GError **error);
// The short name of the client that a person named in any of its names; a name that nobody entered is one.
char *es_param_client(const EsRequest *request, const char *parameter, const char *text, GError **error);
// A moment as es_time_parse reads it. FALSE for a wrong one; ES_UNKNOWN if absent. length_us may be NULL.
gboolean es_param_time(const EsRequest *request, const char *name, gint64 *time_us, gint64 *length_us,
                       GError **error);
// start_ms and end_ms: both or none, in order, within the call's audio. ES_UNKNOWN both if absent.
gboolean es_param_range(const EsRequest *request, const EsCall *call, gint64 *start_ms, gint64 *end_ms,
                        GError **error);

// What the audit trail keeps: the parameters as JSON; long texts, and those that somebody wrote about a call,
// replaced by their length and SHA-256: a note may have to go one day, an audit row never does. Caller
// frees.
char *es_params_for_audit(const EsOperationInfo *info, JsonObject *params);
