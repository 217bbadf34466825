// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Judging one call by asking: loads it with its rubric and the draft that was begun, asks on the whole screen
// or line by line, stores the evaluation.
#pragma once

#include "context.h"

// work: how far the list is, NULL without one. FALSE with *error also when the evaluator left before the end.
gboolean es_score_ask(EsContext *context, const char *id, const char *work, GError **error);
// Stores answers and shows what they give. call: the reply of call.show.
gboolean es_score_store(EsContext *context, JsonObject *call, const char *name, const char *answers,
                        GError **error);
