// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One recorder takes the place of another without losing a packet (docs/decisions/0072), as a run sees it:
// whom it takes over from before it reads, and who takes over from it meanwhile.
#pragma once

#include "earshot/capture/source.h"
#include "siprec.h"
#include "worker.h"

typedef struct EsTakeOver EsTakeOver;

EsTakeOver *es_take_over_new(const EsCaptureOptions *options);
// done: all calls have ended as they should, which others may be told.
void es_take_over_free(EsTakeOver *take_over, gboolean done);
// Before anything is opened: sockets for recording clients of those whose place this one takes. Borrowed, and
// only until es_take_over_ask.
gboolean es_take_over_inherit(EsTakeOver *take_over, const GArray **inherited, GError **error);
// Before the first packet: asks those whose place this one takes, if there are any. What source has already
// is the others'; afterwards its packets are this one's.
// source and siprec may be NULL.
gboolean es_take_over_ask(EsTakeOver *take_over, EsWorker *worker, EsSiprec *siprec, EsPacketSource *source,
                          GError **error);
// Now and then. *left becomes TRUE when one of those is gone that had not ended its calls.
void es_take_over_look(EsTakeOver *take_over, EsWorker *worker, EsSiprec *siprec, gint64 now_us,
                       gboolean *left);
// Another one takes what begins.
gboolean es_take_over_is_finishing(const EsTakeOver *take_over);
