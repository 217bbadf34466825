// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording that a killed run left in its place, and what its row says of it.
#pragma once

#include "earshot/encode/file.h"
#include "earshot/index/index.h"

// When its first sample was, whether or not anything else says so; ES_UNKNOWN.
gint64 es_kept_file_start(const char *path);
// The row's file is the one at relative (to the library).
void es_kept_file_describe(EsCall *call, const char *relative, const EsRepair *repair, gint64 audio_us);
// The killed run may have had no time for the tags that tell of consent. A file whose comment header cannot
// take them stays as it is: what counts is the row.
void es_kept_file_seal(EsCall *call, const char *path, gint64 audio_us);
