// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows for spreadsheets: UTF-8 with a byte order mark, without which Arabic is garbled on opening; quoted per
// RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe in front; numbers keep their
// plus sign.
#pragma once

#include "reply.h"

// The heading of calls, then one line a call.
void es_csv_calls(GPtrArray *rows, FILE *file);
// One cell as it stands in the file; caller frees.
char *es_csv_cell(const char *text);
