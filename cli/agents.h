// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of earshot agent that have files of their own.
#pragma once

#include "context.h"

extern const EsCommand es_cmd_agent_import, es_cmd_agent_remap, es_cmd_agent_unknown, es_cmd_agent_sessions;

// As es_context_rows, with a line on a terminal that counts the calls concerned; a signal stops it cleanly.
GPtrArray *es_agents_rows(EsContext *context, const char *operation, GError **error);

// Entries of the directory as a table: rows of agent.list, or with an "action" in front those of
// agent.import.
void es_agents_print(GPtrArray *rows, const EsScreen *screen);
