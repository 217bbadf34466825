// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The pages of the last search on a terminal: which criteria, and with which call each page ended. The next
// page goes on after that call, so that calls which arrive meanwhile move nothing. Kept per account in
// $XDG_STATE_HOME/earshot/last-pages.
#pragma once

#include <json-glib/json-glib.h>

// For a page after the first: the criteria of the last search if params has none of its own; then, if these
// are that search's, the call to go on after, and the page counted from there.
void es_search_pages_continue(const char *library, JsonObject *params);
// The page that was shown ended with this call. params as they were given to the operation.
void es_search_pages_remember(const char *library, JsonObject *params, gint64 page, const char *last_id);
