// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Corrections of a call, as show and correct print them.
#pragma once

#include "reply.h"
#include "screen.h"

void es_corrections_print(GPtrArray *rows, int indent, const EsScreen *screen);
