// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// earshot doctor --explain-mapping ID: which rule set what in a call.
#pragma once

#include "context.h"

gboolean es_explain_mapping(EsContext *context, const char *id, GError **error);
