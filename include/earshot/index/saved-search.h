// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Searches that an account keeps by a name. Names are told apart folded: another spelling is the same search.
#pragma once

#include "earshot/index/index.h"

typedef struct {
  char *name;
  char *params_json; // an object: the criteria as they were given, so that "yesterday" stays relative
  gint64 at_us;
} EsSavedSearch;
void es_saved_search_free(EsSavedSearch *saved);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSavedSearch, es_saved_search_free)

// *replaced (may be NULL): there was one of that name, which is gone. ES_ERROR_USAGE for a name without any
// letter or digit.
gboolean es_index_save_search(EsIndex *index, const char *actor, const char *name, const char *params_json,
                              gint64 at_us, gboolean *replaced, GError **error);
// ES_ERROR_NOT_FOUND names those there are.
EsSavedSearch *es_index_find_saved_search(EsIndex *index, const char *actor, const char *name,
                                          GError **error);
gboolean es_index_forget_search(EsIndex *index, const char *actor, const char *name, GError **error);
// Of EsSavedSearch by name, free-func set.
GPtrArray *es_index_list_saved_searches(EsIndex *index, const char *actor, GError **error);
