// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether two recordings hold the same conversation: by who spoke when in each of them. Two conversations
// that merely go on at the same time do not begin and end their sentences together.
#pragma once

#include "earshot/index/call.h"

// What is compared of one finished call; moments in microseconds UTC.
typedef struct {
  gboolean whole;           // recorded, nothing known to be missing at either end
  gint64 from_us, until_us; // of its audio
  gint64 answered_us;
  gint64 missing_ms;
  GArray *speech[2]; // of EsInterval, milliseconds after from_us
} EsVoices;

// NULL for a call without audio or with other than two legs.
EsVoices *es_voices_new(const EsCall *call);
void es_voices_free(EsVoices *voices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsVoices, es_voices_free)

// TRUE if kept holds everything that other holds: it is whole, runs from other's answer to its end and has
// the same voices there. sure: other evidence says that they are one conversation; without, voices that never
// pause (music, tones) prove nothing, nor does one voice alone: all who wait in a queue may hear the same.
gboolean es_voices_hold(const EsVoices *kept, const EsVoices *other, gboolean sure);
