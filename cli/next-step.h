// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a person may want to do next: a line below what a command said, on a terminal alone.
#pragma once

#include "context.h"

// Commands as they are typed, NULL-terminated; not translated. Prints nothing unless somebody reads it.
void es_next_step(const EsContext *context, const char *command, ...) G_GNUC_NULL_TERMINATED;

// The same for a command that takes a call by its short id: "earshot play %s".
void es_next_step_of_call(const EsContext *context, const char *id, const char *format,
                          ...) G_GNUC_NULL_TERMINATED;
