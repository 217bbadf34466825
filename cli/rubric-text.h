// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A rubric on the terminal, for people who are going to judge by it.
#pragma once

#include "reply.h"
#include "screen.h"

void es_rubric_print(JsonObject *rubric, const EsScreen *screen);
// "2 = used it once, 3 = used it warmly": the options of a question. Caller frees.
char *es_rubric_options(JsonObject *question);
