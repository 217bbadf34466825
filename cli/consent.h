// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Consent events as lines, shared by the commands consent and show.
#pragma once

#include "reply.h"
#include "screen.h"

// rows: of JsonObject.
void es_consent_print(GPtrArray *rows, int indent, const EsScreen *screen);
