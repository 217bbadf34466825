// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the look at traffic share (see earshot/capture/listen.h).
#pragma once

#include "earshot/capture/listen.h"
#include "earshot/capture/source.h"

// ---- listen-calls.c: calls and streams of media

typedef struct EsListenCalls EsListenCalls;

EsListenCalls *es_listen_calls_new(EsListenResult *result);
void es_listen_calls_free(EsListenCalls *calls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsListenCalls, es_listen_calls_free)
void es_listen_calls_sip(EsListenCalls *calls, const EsDatagram *datagram);
// FALSE when it is no RTP after all.
gboolean es_listen_calls_rtp(EsListenCalls *calls, const EsDatagram *datagram);
// Counts what was gathered into the result.
void es_listen_calls_finish(EsListenCalls *calls);

// Adds to the counter of that name.
void es_listen_count(EsListenCount counts[ES_LISTEN_NAMES], const char *name, guint64 n);

// ---- listen.c: the look, at packets of any source
gboolean es_listen_source(EsPacketSource *source, const EsListenOptions *options, EsListenResult *result,
                          GError **error);
