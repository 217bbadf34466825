// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recording sessions of a worker, by Call-ID, and which calls of theirs belong to one conversation. A
// session stays until its calls are over and for as long as SIP retransmits (32 s), so that a late copy of
// its INVITE opens no second one.
#pragma once

#include "border.h"
#include "story.h"

typedef struct EsRecordingSession EsRecordingSession;
typedef struct EsRecordingSessions EsRecordingSessions;

#define ES_RECORDING_KIN_MAX 4096 // names that are remembered, the oldest go first

EsRecordingSessions *es_recording_sessions_new(void);
void es_recording_sessions_free(EsRecordingSessions *sessions);
EsRecordingSession *es_recording_sessions_find(const EsRecordingSessions *sessions, const char *call_id);
guint es_recording_sessions_size(const EsRecordingSessions *sessions);
// Takes the session; one of the same Call-ID before it must be over.
void es_recording_sessions_add(EsRecordingSessions *sessions, EsRecordingSession *session,
                               const char *call_id);
// Forgets those that are over, and those beside which we listen when nothing was heard of them for idle_us;
// now_us G_MAXINT64: all of the latter.
void es_recording_sessions_sweep(EsRecordingSessions *sessions, gint64 now_us, gint64 idle_us);
// The Call-IDs of those that are not left to others.
void es_recording_sessions_hold(const EsRecordingSessions *sessions, EsHoldings *own);
// Joins the call with what came before it under the same name ("group …", "session …").
gboolean es_recording_sessions_kin(EsRecordingSessions *sessions, const EsStoryCalls *calls, EsLiveCall *call,
                                   const char *name, GError **error);
