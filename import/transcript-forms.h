// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Forms of transcripts. text is valid UTF-8 that ends with NUL. Both give an array of EsCue with free-func
// set.
#pragma once

#include "earshot/index/transcript.h"

GPtrArray *es_webvtt_read(const char *name, const char *text, GError **error);
GPtrArray *es_transcript_json_read(const char *name, const char *text, GError **error);
