// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// search --save, --list-saved, --forget.
#pragma once

#include "context.h"

// "--yesterday --agent mona"; caller frees.
char *es_search_spell(JsonObject *params);
// Keeps the criteria of the context under the name that --save gave.
gboolean es_saved_search_keep(EsContext *context, GError **error);
gboolean es_saved_search_list(EsContext *context, GError **error);
gboolean es_saved_search_forget(EsContext *context, GError **error);
