// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A rubric on the terminal, for people who are going to judge by it.
#pragma once

#include "reply.h"
#include "screen.h"

void es_rubric_print(JsonObject *rubric, const EsScreen *screen);
