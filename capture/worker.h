// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A worker owns its calls from the first packet to the row in the index: it tells SIP from RTP, keeps the
// call table, runs the timers on the capture's clock, and commits finished calls in small batches.
//
// Errors that a call alone cannot carry (the disk is full, the index cannot be written) end the run; what
// could be kept is kept.
#pragma once

#include "border.h"
#include "call-table.h"
#include "earshot/capture/capture.h"
#include "recording-sessions.h"
#include "shedding.h"
#include "story.h"

typedef struct EsWorker EsWorker;

// Everything is borrowed but the settings, of which it takes a reference.
EsWorker *es_worker_new(EsCaptureSettings *settings, const EsCaptureOptions *options, EsIndex *index,
                        EsSpool *spool, const EsCaptureSink *sink, EsCaptureStats *stats);
void es_worker_free(EsWorker *worker);

// The datagrams that follow come from here ("pcap:day1.pcap"). eager commits each call at once, for a source
// that may pause for long; otherwise calls are committed in batches.
void es_worker_set_source(EsWorker *worker, const char *source, gboolean eager);
gboolean es_worker_datagram(EsWorker *worker, const EsDatagram *datagram, GError **error);
// A SIP message out of a connection. Its time may lie a little back: it waited for what was sent before it.
gboolean es_worker_message(EsWorker *worker, const EsDatagram *message, GError **error);
// Live: nothing came, and time went on to here.
gboolean es_worker_time(EsWorker *worker, gint64 now_us, GError **error);
// Live, where packets come in several queues: all that had arrived until then has been told.
void es_worker_settled(EsWorker *worker, gint64 until_us);
// Live: the clock that stamps what follows was set by so much. Calls that are open go on by their own time.
void es_worker_clock_set(EsWorker *worker, gint64 by_us);
// The capture dropped packets between two moments, of which the capture's clock has reached the second:
// charged to all calls that were open then.
void es_worker_dropped(EsWorker *worker, guint64 packets, gint64 from_us, gint64 until_us);
// Looks there what the machine has left, from now on; borrowed.
void es_worker_set_shedding(EsWorker *worker, EsShedding *shedding);
// Borrowed; makes of the journal what could not be written. A live worker has one.
void es_worker_set_recovery(EsWorker *worker, EsRecovery *recovery);
// For calls that begin from now on; takes a reference.
void es_worker_set_settings(EsWorker *worker, EsCaptureSettings *settings);
// What recording sessions need of it. crowded: one call more is one too many.
const EsCallContext *es_worker_context(const EsWorker *worker);
const char *es_worker_source(const EsWorker *worker);
EsCallTable *es_worker_table(EsWorker *worker);
EsStoryCalls es_worker_story(EsWorker *worker);
EsRecordingSessions *es_worker_sessions(EsWorker *worker);
gboolean es_worker_is_crowded(const EsWorker *worker);
void es_worker_add_call(EsWorker *worker, EsLiveCall *call);
// The capture's clock; ES_UNKNOWN before the first packet.
gint64 es_worker_now(const EsWorker *worker);
// What it follows and others record. What belongs to others is followed as far as needed to know whose
// packets are whose, and becomes no row.
EsBorder *es_worker_border(EsWorker *worker);
// From now on it keeps to what it holds; what begins is another recorder's.
void es_worker_keep_to_own(EsWorker *worker);
// What is followed and belongs to nobody else any more, by the border, is recorded from now on, as a call
// whose start was not seen.
void es_worker_take_back(EsWorker *worker);
// Calls that it still has to finish.
guint es_worker_count_own(EsWorker *worker);
// Ends one call: out of the table, its file in place, its row on the way.
gboolean es_worker_end_call(EsWorker *worker, EsLiveCall *call, EsEnd end, GError **error);
// Ends every open call for this reason and commits.
gboolean es_worker_finish_all(EsWorker *worker, EsEnd end, GError **error);
// Once in a while of wall time: commits what waits, saves what is known of open calls.
gboolean es_worker_idle(EsWorker *worker, GError **error);
