// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Help made from the entries of the command table.
#pragma once

#include "command.h"
#include <stdio.h>

void es_help_overview(FILE *file);
void es_help_command(const EsCommand *parent, const EsCommand *command, FILE *file);
