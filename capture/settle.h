// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call that has ended becomes its row: its times, its file, its legs, what of it was recorded and why not
// more. Everything that this needs is here, so that a call which the journal holds ends as it would have.
//
// Threads: none of its own. A recording is finished on the thread of its audio.
#pragma once

#include "earshot/encode/file.h"
#include "earshot/encode/recording.h"
#include "earshot/index/index.h"

// One leg.
typedef struct {
  const char *role;  // static
  gboolean heard;    // RTP of it was seen
  gboolean may_send; // some agreement let it speak
} EsSettleVoice;

// Why nothing of a stream can be decoded, whatever its codec.
typedef struct {
  guint leg;
  guint32 ssrc;
  char text[64];
} EsSettleProblem;

typedef struct {
  EsCall *row;    // borrowed
  GArray *voices; // of EsSettleVoice
  gboolean mixed; // one voice that is everybody's
  GArray *problems;
  gint64 hold_us, hold_since_us; // finished holds; ES_UNKNOWN when none goes on
  guint events_dropped;
  gboolean joined;      // its beginning was not seen
  gboolean unsignalled; // of what went on before or beside its media nothing is known
  gboolean replaces;    // its row and file are there and are made anew
  gboolean elsewhere;   // answered elsewhere
  gboolean too_many;    // not recorded because there were too many
  gboolean interrupted; // its recorder was
  char *cut_short;      // why the file may lack the end of the call, NULL if it does not
  // The file:
  gboolean failed;    // it cannot be written any more
  gboolean disk_full; // and that is why
  GError *unfinished; // why it could not be finished
} EsSettlement;

EsSettlement *es_settlement_new(EsCall *row);
void es_settlement_free(EsSettlement *settlement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSettlement, es_settlement_free)

// What is wrong with the file of it.
void es_settlement_fail(EsSettlement *settlement, const GError *error);
// Duration, holds and stretches of a row that knows its end.
void es_settle_times(EsSettlement *settlement);
// The row's legs as the recording tells of them (NULL: nothing), with what was measured if there is a file.
void es_settle_legs(const EsSettlement *settlement, const EsRecordingResult *result, gboolean with_audio);
// The rest of a call without a recording.
void es_settle_silent(EsSettlement *settlement);
// The rest of one with a recording, which is freed: its file goes to its place in library, its .part in parts
// goes.
void es_settle_recording(EsSettlement *settlement, EsRecording *recording, const char *library,
                         const char *parts);
// The same of one whose file is in its place already, whole, while the recording (NULL: there is none) lacks
// something: its ledgers would call lost what is in the file, and are not taken.
void es_settle_kept(EsSettlement *settlement, EsRecording *recording, const char *parts, const char *relative,
                    const char *path, const EsRepair *file);
