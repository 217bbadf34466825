// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A live call that goes on from what an earlier run left of it, because that was killed, lost its power or
// was stopped (docs/decisions/0078).
//
// What still rang then goes on in the row that it has, or gets: one call. What had been answered has a file;
// what comes now is another row of the same story, with the same parties and consent and the event
// "follow-up".
#pragma once

#include "story.h"

// A call whose first message was seen now, before it has an id. from, to: its tags; to is NULL if that is its
// beginning.
gboolean es_sequel_begin(EsLiveCall *call, const char *from, const char *to, GError **error);
// Once the call is in the table.
gboolean es_sequel_join(const EsStoryCalls *calls, EsLiveCall *call, GError **error);
// Each second: calls that began before all was known of earlier runs.
gboolean es_sequel_settle(const EsStoryCalls *calls, GError **error);
// An id for a group that any run makes alike; caller frees.
char *es_sequel_group(const char *name);
