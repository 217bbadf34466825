// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where the words of a search stand: in one text, and in everything that is known of a call. They are
// compared as the full text compares them, folded and with their article or without.
#pragma once

#include "earshot/index/index.h"

typedef struct EsMatcher EsMatcher;
// words as in EsSearch.words; NULL when there is no word in them.
EsMatcher *es_matcher_new(const char *words);
void es_matcher_free(EsMatcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsMatcher, es_matcher_free)

typedef struct {
  gsize start, end; // bytes of the text as it stands
} EsMatchSpan;
// By start, none within another; empty when no word is there. Caller unrefs.
GArray *es_matcher_find(const EsMatcher *matcher, const char *text); // of EsMatchSpan

typedef struct {
  const char *where; // "name", "number", "note", "tag", "comment", "transcript"
  gint64 at_ms;      // in the file; ES_UNKNOWN
  char *text;        // the passage; … where it was cut
  char **words;      // what was found, as it stands in the passage
} EsMatch;
// A few of each kind at most. Of EsMatch, free-func set; NULL on failure.
GPtrArray *es_index_find_matches(EsIndex *index, const EsCall *call, const EsMatcher *matcher,
                                 GError **error);
