// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the telephone system noted, laid over a call: in memory first (es_facts_cdr, es_facts_queue), then,
// for a call that is stored, value by value with its history (es_facts_store).
//
// Laid over in this order whatever was read first, so that the rows end the same: call detail records, then
// the queue log, which knows better.
#pragma once

#include "earshot/common/i18n.h"
#include "earshot/import/cdr.h"
#include "queue-story.h"

// What call does not know, cdr gives; who talked when, and whether it was answered, cdr knows better.
void es_facts_cdr(EsCall *call, const EsCall *cdr, gboolean keep_order);
// Waiting, how it ended, who answered, events. keep_order: stretches that are new come last, because
// evaluations name segments by their number.
void es_facts_queue(EsCall *call, const EsQueueStory *story, gboolean keep_order);

typedef struct {
  EsIndex *index;
  GHashTable *directory; // folded name → extension; NULL when a name is two people's
  const char *source;    // queue-log, cdr
  const char *actor;
  gint64 now_us;
} EsFactsContext;

// Names of the directory that are one person's alone: folded → extension. NULL with *error.
GHashTable *es_facts_directory(EsIndex *index, GError **error);
// The story of a call in the queue log as it was read so far; NULL without error if there is none.
EsQueueStory *es_facts_story(const EsFactsContext *context, const char *pbx_id, GError **error);
// Lays cdr (may be NULL) and the queue log over a stored call. Values that a person put right stay.
// reason: where it was read. *changed tells whether anything was.
gboolean es_facts_store(const EsFactsContext *context, const EsCall *stored, const EsCall *cdr,
                        const char *pbx_id, const char *reason, gboolean *changed, GError **error);
// Stores a call that no row knows, as one without a recording; *call is a call in memory, as cdr and queue
// log know it.
gboolean es_facts_make_row(const EsFactsContext *context, EsCall *call, GError **error);
// A call as the queue log alone knows it.
EsCall *es_facts_of_story(const EsQueueStory *story);
// The event of an imported call whose answer or end nobody stated: detail records, which know them, replace
// them, whenever they are read.
#define ES_GUESSED_TIMES N_("answer or end: nobody stated it")
// Where in the call the audio begins: a recording that is as long as the conversation began with it, one as
// long as the call with the call.
void es_facts_place_audio(EsCall *call);
// A copy of what es_facts_cdr and es_facts_queue read and write.
EsCall *es_facts_copy(const EsCall *call);
