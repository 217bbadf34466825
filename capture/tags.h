// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a call's recording says of it in its own tags, consent above all. Tags travel with the file: nothing
// in them names a person or a number.
#pragma once

#include "earshot/index/call.h"

// "NAME=value" of a row whose consent_state is set; audio_us is the moment of the file's first sample,
// ES_UNKNOWN when that is lost. NULL-terminated; caller frees with g_strfreev.
char **es_recording_row_tags(const EsCall *row, gint64 audio_us);
