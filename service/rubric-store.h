// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rubrics from both places that have them: the library and the program.
#pragma once

#include "earshot/qa/rubric.h"
#include "operation.h"

// The rubric with this id, in this version or (NULL) the newest; the library's before the shipped one.
// ES_ERROR_NOT_FOUND names those there are.
EsRubric *es_rubric_store_find(EsRequest *request, const char *id, const char *version, const char *language,
                               GError **error);
