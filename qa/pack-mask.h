// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Hides the numbers of the people who called, wherever they turn up: as a field, inside a URI, as a name, in
// a note, with spaces or dashes between the digits, in Arabic-Indic digits, with or without country code.
#pragma once

#include "earshot/index/call.h"

typedef struct PackMask PackMask;

// A mask that is not enabled only cleans texts.
PackMask *pack_mask_new(gboolean enabled);
void pack_mask_free(PackMask *mask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackMask, pack_mask_free)
// Learns the numbers of a call's parties. Learn all calls before masking any text: a note on one call may
// name the caller of another.
void pack_mask_learn(PackMask *mask, const EsCall *call);
// A copy fit for the pack: valid UTF-8 without control characters but line feeds, known numbers reduced to
// their last three digits. NULL gives NULL.
char *pack_mask_text(const PackMask *mask, const char *text);
