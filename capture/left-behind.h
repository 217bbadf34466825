// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Open calls of runs that are over, for those that capture now: what goes on of them is a sequel (sequel.h),
// also while their rows are still being made. What was learnt stays until the end, so that whoever finds
// nothing here finds it in the index, or there is nothing.
//
// Any thread.
#pragma once

#include "earshot/index/call.h"

typedef struct EsLeftBehind EsLeftBehind;

EsLeftBehind *es_left_behind_new(void);
void es_left_behind_free(EsLeftBehind *left);
// Copies of these calls (EsLeftCall by number) what sequels of those that are open need.
void es_left_behind_add(EsLeftBehind *left, GHashTable *calls);
// All that was there at the start has been added.
void es_left_behind_complete(EsLeftBehind *left);
gboolean es_left_behind_is_complete(EsLeftBehind *left);
// Until that is so, at most for half a second.
void es_left_behind_wait(EsLeftBehind *left);

// Of two rows of one dialog, or of one row as two runs left it: whether the first is what the other became.
gboolean es_left_behind_is_later(const EsCall *row, const EsCall *than);
// The latest call of this dialog, out of here; NULL if there is none. Caller frees. from, to: the tags of
// what was seen of it; to may be NULL. *turned: its caller is whom to names.
EsCall *es_left_behind_take(EsLeftBehind *left, const char *call_id, const char *from, const char *to,
                            gboolean *turned);
// The group of a call with this Call-ID, or this group if some call has it; NULL if none does. Caller frees.
char *es_left_behind_group(EsLeftBehind *left, const char *call_id, const char *group);
