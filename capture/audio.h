// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The audio of one call on a thread of its own kind: decoding, mixing and encoding are nine tenths of a
// recorder's work, so they are spread over several threads, a call to one of them for its whole life. What
// is said here is done there in the same order. What the journal knows makes nobody wait for a thread that
// has fallen behind (audio-hand.h); of the rest the teller waits, and packets then wait in the kernel or the
// file.
//
// Threads: one thread tells (the one that made the pool); the recording is touched by the call's own thread
// alone. With a pool of no threads everything is done at once by who tells.
#pragma once

#include "earshot/encode/recording.h"
#include "earshot/journal/journal.h"

typedef struct EsAudioPool EsAudioPool;
typedef struct EsAudio EsAudio;

// Last work on a recording, done after all that was told before; free it there. failed is what kept an
// advance from writing and es_audio_check has not told, NULL if nothing did. recording is NULL when it was
// left to the journal: for want of time at the end, or since it could not be written.
typedef void (*EsAudioEnd)(EsRecording *recording, const GError *failed, gpointer data);

typedef struct {
  guint threads;      // they begin with their first call
  gsize queue_bytes;  // of each; a power of two
  gboolean live;      // they give way to those that capture, and their encoders make the effort that there is
                      // time for, where the settings of a call leave it to them
  gboolean later;     // of what the journal knows nothing is done while a call is open
  EsJournal *journal; // NULL for what can be read again
} EsAudioPoolSettings;

EsAudioPool *es_audio_pool_new(const EsAudioPoolSettings *settings);
// All audio must have ended.
void es_audio_pool_free(EsAudioPool *pool);

// How the threads fare, as they told last.
typedef struct {
  gint64 complexity, least_complexity; // lowest of all threads: now, and so far; ES_UNKNOWN before any packet
  guint64 packets, complexities;       // of audio so far; the sum of the complexities that each found
  double load;                         // share of the time at work, of the busiest thread; NAN without any
  gboolean deferred;                   // some thread works out of the journal
  guint deferred_calls;                // of such threads
  guint64 backlog_bytes;               // of the journal, that the last of them has before it
  gint64 behind_us;                    // how long ago what it works on was said
} EsAudioStats;
void es_audio_pool_stats(const EsAudioPool *pool, EsAudioStats *stats);

// A call's audio, on the thread that has the fewest. call: what the journal knows it as, which takes all that
// is said here; NULL without a journal.
EsAudio *es_audio_new(EsAudioPool *pool, const EsRecordingSettings *settings, const char *id, guint n_legs,
                      EsJournalCall *call);

// As es_recording_push, followed by es_recording_advance: up to there nothing more will come on any leg.
void es_audio_push(EsAudio *audio, const EsMediaPacket *packet, gint64 until_us);
void es_audio_count(EsAudio *audio, const EsMediaPacket *packet);
void es_audio_add_leg(EsAudio *audio);
void es_audio_explain(EsAudio *audio, guint leg, EsGapReason reason, gint64 at_us);
void es_audio_clear(EsAudio *audio, guint leg, gint64 at_us);
void es_audio_dropped(EsAudio *audio, gint64 from_us, gint64 until_us);
void es_audio_advance(EsAudio *audio, gint64 now_us);

// TRUE when the journal had no room for its beginning, or for what was said while it was the only way: from
// then on nothing more of it is recorded.
gboolean es_audio_is_torn(const EsAudio *audio);
// FALSE, once, with what kept an earlier advance from writing. What is in the journal is left to it then.
gboolean es_audio_check(EsAudio *audio, GError **error);
// The ledgers as they were a moment ago; the next look sees more. FALSE before the first. Of audio_us,
// ES_UNKNOWN before the audio. result needs es_recording_result_clear.
gboolean es_audio_peek(EsAudio *audio, EsRecordingResult *result, gint64 *audio_us);

// Hands the recording to end, which runs on the call's thread; afterwards data comes out of
// es_audio_pool_take. audio is gone.
void es_audio_end(EsAudio *audio, EsAudioEnd end, gpointer data);
// Drops everything; a .part on disk stays for repair.
void es_audio_free(EsAudio *audio);
// Data of an end that is done; NULL if there is none yet. wait_ms: until there is one, at most so long, NULL
// when none is under way.
gpointer es_audio_pool_take(EsAudioPool *pool, guint wait_ms);
// Why calls could not be written and were left to the journal since it was asked last; the first reason, NULL
// if none was.
GError *es_audio_pool_failure(EsAudioPool *pool);
// Nothing more will come soon: what is deferred is done now.
void es_audio_pool_hurry(EsAudioPool *pool);
// What is deferred is left to the journal.
void es_audio_pool_leave(EsAudioPool *pool);
