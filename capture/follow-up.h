// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a call whose media fell silent for too long although nobody hung up: its row ends, and its
// dialog goes on asleep. When one of its voices comes again, that is another call of the same story: a row
// and a recording of their own, with the event follow-up. When only a BYE comes, or nothing for idle_timeout,
// nothing more is told of it.
//
// A call asleep is one that is skipped (call.h): followed, not recorded.
#pragma once

#include "call-table.h"

// TRUE for a call that ends for this reason and may go on.
gboolean es_follow_up_may_come(const EsLiveCall *call, EsEnd end);
// The dialog of a call that is about to end, asleep; it has taken the call's place in the table. The call
// keeps what its row needs.
EsLiveCall *es_follow_up_new(EsCallTable *table, EsLiveCall *call, gint64 now_us);
// One of its voices came. FALSE when the index fails.
gboolean es_follow_up_wake(EsLiveCall *call, gint64 now_us, GError **error);
// Who speaks with whom, and what was agreed on: from one row of a story to the next.
void es_follow_up_copy(const EsCall *from, EsCall *to);
