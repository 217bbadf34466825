// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The evaluator's list: planning it, showing it, working through it.
#pragma once

#include "context.h"

gboolean es_score_plan(EsContext *context, GError **error);
gboolean es_score_list(EsContext *context, GError **error);
gboolean es_score_next(EsContext *context, GError **error); // one call after the other
gboolean es_score_skip(EsContext *context, const char *reason, GError **error);
