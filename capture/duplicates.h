// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording that another call's recording holds as well.
#pragma once

#include "earshot/index/call.h"

// Removes the file of a finished call that is not committed yet; the row stays, with the outcome none, its
// ledgers and what was measured of its legs' packets. kept: id of the call whose recording stays. FALSE when
// the file cannot be removed; then nothing changes.
gboolean es_duplicate_discard(EsCall *row, const char *library, const char *kept);
// The row of a call without media whose conversation another call recorded says so.
void es_duplicate_mark(EsCall *row, const char *kept);
