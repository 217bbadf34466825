// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call's audio as those see it who tell (audio.c), who pass on (audio-hand.c) and who work (audio-work.c).
#pragma once

#include <stdatomic.h>

#include "audio-record.h"
#include "audio.h"

typedef struct EsHand EsHand;
typedef struct EsMessage EsMessage;

// Of a call's ledgers, on their way from its thread to the teller.
typedef struct {
  EsRecordingResult result;
  gint64 audio_us;
} EsAudioLook;

struct EsAudio {
  EsAudioPool *pool;
  EsHand *hand;        // NULL: done at once
  EsJournalCall *call; // NULL: not in the journal
  guint32 number;      // in it
  char id[37];
  // The teller's:
  EsAudioSources *said; // what the journal knows
  guint deferral;       // number of the one in which its sources were said anew
  gboolean look_wished;
  gboolean torn; // es_audio_is_torn
  // Told to the hand once, by the teller, and then read by both; they stay until the call is over.
  EsCodec codecs[4];
  guint n_codecs;
  // The hand's:
  EsRecording *recording;
  EsAudioSources *heard; // of the journal, in deferral number heard_in
  guint heard_in;
  gboolean steered;        // its encoder follows the hand
  int complexity;          // of its encoder
  gboolean failed;         // nothing more is written
  EsMessage *first, *last; // taken out of the ring and not yet done
  // Between them:
  atomic_bool left;            // to the journal, since it could not be written; recording is NULL
  _Atomic(EsAudioLook *) look; // made and not yet taken
  _Atomic(GError *) error;
};

typedef enum { ES_MESSAGE_SAID, ES_MESSAGE_LOOK, ES_MESSAGE_END, ES_MESSAGE_FREE } EsMessageKind;

struct EsMessage {
  EsMessageKind kind;
  EsAudio *audio;
  EsMessage *next; // the hand's: of the same call
  EsAudioSaid said;
  EsAudioEnd end;
  gpointer data;
};

// On the call's thread. complexity: what its encoder should have, -1 to leave it; returns what it has.
int es_audio_set_effort(EsAudio *audio, int complexity);
void es_audio_do_said(EsAudio *audio, const EsAudioSaid *said);
void es_audio_do_message(const EsMessage *message);
// What was not done is left to the journal.
void es_audio_leave(const EsMessage *message);

// What waits for the teller.
void es_audio_pool_put(EsAudioPool *pool, gpointer data);
// Why a call was left to the journal; takes error.
void es_audio_pool_tell(EsAudioPool *pool, GError *error);
EsJournal *es_audio_pool_journal(const EsAudioPool *pool);
