// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What is said of a call's audio, as records of the journal; a recording is a function of them alone. Whose
// voice, codec and address a packet has is said once (SOURCE) and then named by a number.
//
// Bodies, little-endian; readers take what is longer and ignore what they do not know:
//   BEGIN   version (u16)  legs (u16)  bitrate, complexity, channels, silence in
//           thousandths of dB (i32)  reorder_ms, dead_air_ms,
//           talk_over_ms (i64)  id (36)
//   SOURCE  number (u8)  codec (u8)  audio channels (u8)  zero (u8)  leg, ssrc, clock_hz, rate_hz (u32)
//           ip (16)  port (u16)  length of name, of fmtp (u8)  name  fmtp
//   PUSH    number (u8)  flags (u8; 1: marker, 2: until follows)  sequence (u16)  timestamp (u32)
//           arrival_us (i64)  [until_us (i64)]  payload
//   COUNT   the same without until and payload
//   EXPLAIN, CLEAR, DROPPED, ADVANCE  leg (u32)  reason (u32)  from_us (i64)  until_us (i64)
//   ADD_LEG nothing
//
// Threads: none of its own; a table of sources has one owner.
#pragma once

#include "earshot/encode/recording.h"
#include "earshot/journal/journal.h"

typedef struct {
  EsJournalKind kind; // PUSH to ADVANCE
  guint leg;          // EXPLAIN, CLEAR
  EsGapReason reason;
  gint64 from_us, until_us; // until of a PUSH: up to there nothing more will come on any leg
  EsMediaPacket packet;     // PUSH, COUNT; borrowed
} EsAudioSaid;

// Does to a recording what was said. FALSE when that could not be written, as es_recording_advance.
gboolean es_audio_do(EsRecording *recording, const EsAudioSaid *said, GError **error);

// Alike in every respect, also in how they are spelt.
gboolean es_audio_same_codec(const EsCodec *a, const EsCodec *b);

// Sources of a call and their numbers.
typedef struct EsAudioSources EsAudioSources;
EsAudioSources *es_audio_sources_new(void);
void es_audio_sources_free(EsAudioSources *sources);
// From here on each is said again before it is named: for a reader that knows none of them. Every few seconds
// that is done anyway, and how the recording began is said again with it.
void es_audio_sources_say_again(EsAudioSources *sources);

// FALSE if it was refused: nothing that is said afterwards would be of use.
gboolean es_audio_record_begin(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                               const EsRecordingSettings *settings, const char *id, guint n_legs);
// Returns the position behind it, 0 if it was refused. When packets are taken again, DROPPED first says for
// how long they were not.
guint64 es_audio_record_write(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                              const EsAudioSaid *said);

typedef struct {
  char id[37];
  EsRecordingSettings settings; // without a spool
  guint n_legs;
  gboolean again; // it had begun before
} EsAudioBegin;

gboolean es_audio_record_read_begin(const EsJournalRecord *record, EsAudioBegin *begin);
// FALSE for a record that says nothing: one that names a source (which sources learns), one of another kind,
// or one that is wrong. What said borrows is good until the next record, or sources learns more.
gboolean es_audio_record_read(const EsJournalRecord *record, EsAudioSources *sources, EsAudioSaid *said);
