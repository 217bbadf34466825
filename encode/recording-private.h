// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What recording.c writes and recording-result.c reports.
#pragma once

#include "earshot/encode/recording.h"
#include "leg.h"
#include "loudness.h"
#include "mixer.h"
#include "opus-writer.h"

struct EsRecording {
  EsRecordingSettings settings;
  char *id, *spool, *part;
  guint n_legs;
  EsLeg *legs;
  GArray *drops; // of EsGapSpan by start, reason dropped; NULL while there is none
  EsPacketPool pool;

  gboolean based; // base_us is set
  gint64 base_us; // tick 0
  gint64 now;     // ticks, as below: the latest moment heard of

  gboolean started;
  gboolean split;         // decided when it started: legs may come, channels do not
  gint64 start, frontier; // first sample of the file; what is encoded next
  int rate_hz;
  guint silent_frames;   // closed, but not written unless something follows
  gint64 written_frames; // given to the writer
  EsOpusWriter *writer;
  gboolean failed;      // the file cannot be written any more
  EsLoudness *loudness; // lanes: legs, then the mix if there is one
  EsMixer mixer;
};

gboolean es_recording_is_split(const EsRecording *recording);
gint64 es_recording_time_us(const EsRecording *recording, gint64 ticks);

// Fills everything that is measured for a file of length_48k samples; path, sha256 and bytes stay empty.
void es_recording_measure(const EsRecording *recording, gint64 length_48k, EsRecordingResult *result);
// The tags of the finished file: ours, then the caller's except those that repeat ours. Caller frees with
// g_strfreev.
char **es_recording_tags(const EsRecording *recording, const EsRecordingResult *result,
                         const char *const *tags);
