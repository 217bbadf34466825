// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows for spreadsheets, their cells as earshot/common/csv.h writes them.
#pragma once

#include "earshot/common/csv.h"
#include "reply.h"

// The heading of calls, then one line a call.
void es_csv_calls(GPtrArray *rows, FILE *file);
