// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An entry of the directory from the texts that a person or a file gives.
#pragma once

#include "operation.h"

// The text of a field: extension, name, latin_name, team, client, language, from, to, hours, days; NULL if it
// is not given.
typedef const char *(*EsAgentField)(const char *name, gpointer user_data);

// Reads all of them; every mistake is appended to mistakes (of GError, ES_ERROR_USAGE, beginning with the
// field's name), and then the entry is NULL.
EsAgent *es_agent_read(EsAgentField field, gpointer user_data, gint64 now_us, GPtrArray *mistakes);
