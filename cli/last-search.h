// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The rows of the last search, so that "@3" can name the third one. Kept per account in
// $XDG_STATE_HOME/earshot/last-search: the library's path, then one id a line.
#pragma once

#include <glib.h>

// Remembers the ids (of char *). A failure to write is no failure of the search.
void es_last_search_remember(const char *library, const GPtrArray *ids);

// The id that a word means: the word itself, or for "@3" (any digits) the third row. Caller frees.
char *es_last_search_resolve(const char *library, const char *word, GError **error);
