// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Shell completion, answered from the command table: "earshot __complete WORD…" prints what the last word
// may become, one a line, a tab and its summary behind. Nothing is printed where file names should be
// offered. "earshot __complete --table" prints every command with its options, for the tests.
#pragma once

#define ES_COMPLETE_WORD "__complete"

int es_complete(char **words);
