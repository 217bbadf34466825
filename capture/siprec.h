// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recording server as the run sees it: a thread of its own with the server (siprec-server.h), a worker
// for its calls and a connection of its own to the index, beside the thread that reads packets.
//
// All functions are called by the one that runs; the sink must take calls from both threads (shared-sink.h).
#pragma once

#include "settings.h"
#include "siprec-peer.h"
#include "worker.h"

typedef struct EsSiprec EsSiprec;

// Returns when all listeners are open, or one cannot be: what needs privileges is over then. Nothing is
// answered before es_siprec_begin. Options and settings are borrowed for its life. inherited: sockets
// (EsSiprecSocket) of recorders whose place this one takes, whose messages it reads from es_siprec_take on.
EsSiprec *es_siprec_open(const EsCaptureOptions *options, const GArray *inherited, GError **error);
void es_siprec_begin(EsSiprec *siprec, EsSpool *spool, EsShedding *shedding, EsRecovery *recovery,
                     const EsCaptureSink *sink);
// Limits and access from now on, the rest for calls that begin from now on. Takes the settings, which nobody
// else may hold.
void es_siprec_set_settings(EsSiprec *siprec, EsCaptureSettings *settings);
void es_siprec_add_stats(EsSiprec *siprec, EsCaptureStats *sum);
// Its sockets (EsSiprecSocket), which stay the same.
const GArray *es_siprec_sockets(const EsSiprec *siprec);
// As es_siprec_server_leave and so on, in its thread; each waits until that is done, and es_siprec_begin was
// before.
void es_siprec_leave(EsSiprec *siprec, EsSiprecPeer *own);
void es_siprec_set_heir(EsSiprec *siprec, EsSiprecPeer *heir);
void es_siprec_take(EsSiprec *siprec, GPtrArray *elders, EsSiprecPeer *own);
void es_siprec_forget_elder(EsSiprec *siprec, guint elder);
// Sessions and calls that it still has to finish, a little while ago.
guint es_siprec_count_own(EsSiprec *siprec);
// TRUE when it has ended by itself, because the library cannot be written.
gboolean es_siprec_has_failed(EsSiprec *siprec);
// Tells every client goodbye, ends all calls for this reason, waits for the thread and frees; its counters go
// to *sum (may be NULL). FALSE with *error for why it failed, now or before.
gboolean es_siprec_close(EsSiprec *siprec, EsEnd end, EsCaptureStats *sum, GError **error);
