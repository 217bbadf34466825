// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Long output on a terminal goes through $PAGER, or less if there is none, which ends by itself when all fits
// the screen. Nothing else does.
#pragma once

#include "context.h"

// From here on standard output is the pager's, until es_pager_end. Does nothing when standard output is no
// terminal, with --no-pager, or when there is no pager.
void es_pager_begin(EsContext *context);
// Waits until the reader has left the pager.
void es_pager_end(EsContext *context);
