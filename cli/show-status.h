// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A row of library.status for people.
#pragma once

#include "reply.h"
#include "screen.h"

// The whole; caller frees.
char *es_status_render(JsonObject *row, const EsScreen *screen);
// All recorders on one line, with its end; caller frees.
char *es_status_line(JsonObject *row);
