// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recordings that other systems made, read and turned into ours with the same measures as a captured call.
// Reads WAV (PCM, float, µ-law, A-law, ADPCM, GSM 6.10), AIFF, AU, Ogg Vorbis, Ogg Opus, FLAC, MP3 by
// content, and by the ending of their name the headerless files that telephone systems write (.ulaw, .alaw,
// .gsm, .sln, .sln16, .g722, .g729 …). The original is never changed.
//
// Threads: one owner a sound; different ones may run at once.
#pragma once

#include "earshot/encode/recording.h"

// What the file itself tells beyond its audio; NULL where it does not.
typedef struct {
  char *date;   // when it was made, as written, of a Broadcast Wave "2026-11-20T09:30:15"
  char *format; // "WAV GSM 8000 Hz mono"
} EsSoundFacts;

typedef struct {
  const char *inputs[2]; // one file, or the two one-sided files of a call (second NULL for one)
  gboolean swap;         // the right channel, or the second file, is leg 0
  const char *output;    // must not exist
  const EsRecordingSettings
      *settings; // bitrate, complexity, channels, dead_air_ms, talk_over_ms; spool unused
} EsTranscode;

typedef struct {
  EsSoundFacts facts;          // of the first input
  EsRecordingResult recording; // without path, start_us and gaps; the legs have no streams
  double loudness_lufs;        // of the file; NAN when it is silent
  gboolean mixed;       // one channel with both voices: talk-over, greeting and raised speech are not known
  gboolean kept;        // the Opus packets are those of the original
  const char *problem;  // N_(): why less than the original should hold was read; NULL when it was whole
  char *problem_detail; // how much of how much; may be NULL
} EsSound;

// Reads, measures and encodes. Audio that is damaged or cut is taken as far as it goes, sound->problem says
// so. ES_ERROR_INVALID for what is no sound file, ES_ERROR_UNSUPPORTED for one that cannot be read here,
// ES_ERROR_NOT_FOUND for one without a single sample. A mono Ogg Opus file that is whole is only measured:
// its packets are copied by es_transcode_seal.
gboolean es_transcode(const EsTranscode *job, EsSound *sound, GError **error);
// Completes the output: tags ("NAME=value", NULL-terminated; loudness is added), size and digest.
gboolean es_transcode_seal(const EsTranscode *job, EsSound *sound, const char *const *tags, GError **error);
void es_sound_clear(EsSound *sound);

// TRUE if the ending of the name is one that sound files have: what a walk over a directory takes.
gboolean es_sound_has_ending(const char *name);
