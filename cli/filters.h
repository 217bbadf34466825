// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Criteria of search that several commands take (es_filter_args in cmd-search.c).
#pragma once

#include "context.h"

// Turns --today, --yesterday, --this-week and --last-week into from and to: words, so that a search that is
// saved stays relative.
gboolean es_filter_days(EsContext *context, GError **error);
// The option that from and to came from; NULL if none. Static.
const char *es_filter_spell_days(JsonObject *params);
