// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What was said in a call, as a recogniser or a person wrote it down.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  gint64 start_ms, end_ms; // in the file
  char *speaker;           // as the transcript names them; NULL if it does not
  char *text;
} EsCue;
EsCue *es_cue_new(gint64 start_ms, gint64 end_ms, const char *speaker, const char *text);
void es_cue_free(EsCue *cue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCue, es_cue_free)

// Replaces the whole transcript of a call and its full text; cues (of EsCue, in any order) are kept by their
// start, those of nothing but space are left out. No cue, or NULL: the call has none afterwards. More than
// ES_CUES_MAX cues, one that ends before it starts, or more than ES_TRANSCRIPT_BYTES_MAX of text give
// ES_ERROR_INVALID naming the cue, counted from 1.
#define ES_CUES_MAX 50000
#define ES_TRANSCRIPT_BYTES_MAX (4 * 1024 * 1024)
gboolean es_index_put_transcript(EsIndex *index, gint64 call, const GPtrArray *cues, GError **error);
// Of EsCue in the order of their start, free-func set; empty if there is no transcript.
GPtrArray *es_index_get_transcript(EsIndex *index, gint64 call, GError **error);
