// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Criteria of search that several commands take (es_filter_args in cmd-search.c).
#pragma once

#include "context.h"

// Turns --today and --yesterday into from and to.
gboolean es_filter_days(EsContext *context, GError **error);
