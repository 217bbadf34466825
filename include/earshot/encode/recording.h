// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One call's audio on its way from RTP packets to an Ogg Opus file: streams with their ledgers, legs on one
// time line, measures of each leg, mix, encoder, file. The file grows as <spool>/<id>.part, a page a second,
// and becomes the recording when it is finished.
//
// Time: every *_us is the capture's clock (a file's own time stamps, never the wall's). Within the reorder
// window packets may come in any order; what leaves the window is encoded and later packets for that place
// count as late. What leaves it is taken 100 ms at a time.
//
// Threads: an EsRecording has one owner. Nothing here locks.
#pragma once

#include "earshot/common/address.h"
#include "earshot/common/config.h"
#include "earshot/common/ledger.h"
#include "earshot/encode/codec.h"

typedef enum { ES_CHANNELS_MIXED, ES_CHANNELS_SPLIT } EsChannels;

typedef struct {
  const char *spool;   // directory for the .part; must exist
  int bitrate;         // bits per second and channel; 0 = by sample rate (24000 at 8 kHz)
  int complexity;      // 0-10
  gboolean steered;    // live, it follows what the machine can do; complexity holds for everything else
  gboolean insists;    // may take a descriptor that is held back (common/descriptors.h)
  EsChannels channels; // split: leg 0 left, all others right, two uncoupled streams (mapping family 1)
  double silence_db;   // what is no louder (root mean square, dBFS) need not be encoded; 0: everything is
  gint64 reorder_ms;   // how long a late packet may still take its place; 500
  gint64 dead_air_ms;  // both silent this long is dead air; 5000
  gint64 talk_over_ms; // overlaps shorter than this are not talk-over; 300
} EsRecordingSettings;

// bitrate 0, complexity 5 and steered, mixed, -60, 500, 5000, 300; spool NULL.
void es_recording_settings_init(EsRecordingSettings *settings);
// The same with what the group [record] of earshot.conf says.
gboolean es_recording_settings_read(EsRecordingSettings *settings, const EsConfig *config, GError **error);

typedef struct EsRecording EsRecording;

// One RTP packet of a leg; everything is borrowed for the call.
typedef struct {
  guint leg;
  guint32 ssrc;
  guint16 sequence;
  guint32 timestamp;
  gboolean marker;
  const EsCodec *codec; // what its payload type means now
  const EsAddress *source;
  gint64 arrival_us;
  const guint8 *payload; // without RTP header, extension and padding
  gsize length;
} EsMediaPacket;

// Opens nothing yet: the file appears with the first audio, so an unanswered call leaves none. id is copied.
EsRecording *es_recording_new(const EsRecordingSettings *settings, const char *id, guint n_legs);
// Drops everything; a .part on disk stays for repair.
void es_recording_free(EsRecording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsRecording, es_recording_free)

// Somebody else has joined: a leg more, the last. What was recorded so far knows nothing of it.
void es_recording_add_leg(EsRecording *recording);

// Counts the packet and places its audio. Never fails: what is wrong with a packet is in the ledger.
void es_recording_push(EsRecording *recording, const EsMediaPacket *packet);
// Counts the packet alone: after the end of the call, or while audio may not be used.
void es_recording_count(EsRecording *recording, const EsMediaPacket *packet);

// From at_us on, absence of this leg's audio is explained by reason (ES_GAP_HOLD, ES_GAP_PAUSED); clear ends
// that.
void es_recording_explain(EsRecording *recording, guint leg, EsGapReason reason, gint64 at_us);
void es_recording_clear(EsRecording *recording, guint leg, gint64 at_us);

// The capture dropped packets between the two moments: what this recording lost there is put down to that.
void es_recording_dropped(EsRecording *recording, gint64 from_us, gint64 until_us);

// The effort of the encoder from here on, 0-10.
void es_recording_set_complexity(EsRecording *recording, int complexity);

// Time has come to now_us: encodes and writes what has left the reorder window. Call it often (each packet is
// fine). FALSE when the file cannot be written (ES_ERROR_NO_SPACE, ES_ERROR_IO); what was written stays
// readable and the recording can still be finished as it is.
gboolean es_recording_advance(EsRecording *recording, gint64 now_us, GError **error);

// TRUE once audio has been placed on the time line. start_us is then the moment of the file's first sample.
gboolean es_recording_has_audio(const EsRecording *recording, gint64 *start_us);

typedef struct {
  gint64 filled_ms; // silence written where audio should have been
  double drift_ppm; // of the sender's clock against the capture's; NAN when the leg is too short to tell
  gint64 drift_removed_ms; // taken out or put in, in silence
  gint64 speech_ms;
  gint64 raised_ms;     // speech at least 6 dB above the leg's usual level; ES_UNKNOWN when nothing was heard
  double loudness_lufs; // NAN when the leg has no audio
  gint64 greeting_ms;   // from the start of the file to the first speech; ES_UNKNOWN if none
  int rate_hz;          // widest of its streams; 0 if none was decoded
  char codec[24];       // of the widest stream; "" if none
  GArray *speech;       // of EsInterval
  GArray *streams;      // of EsStreamLedger
} EsLegResult;

typedef struct {
  char *path;      // the finished file; NULL when the call had no audio
  char *sha256;    // of the finished file, hex
  gint64 start_us; // moment of the first sample
  gint64 audio_ms;
  gint64 bytes;
  int rate_hz;         // sample rate given to the encoder
  int channels;        // 1 or 2
  gint64 talk_over_ms; // sum of overlaps of at least talk_over_ms
  GArray *talk_over;   // of EsInterval
  gint64 dead_air_ms;
  GArray *dead_air; // of EsInterval
  GArray *gaps;     // of EsGap, by start
  GArray *legs;     // of EsLegResult
} EsRecordingResult;

void es_recording_result_clear(EsRecordingResult *result);

// The ledgers so far, for metadata of open calls. result needs es_recording_result_clear.
void es_recording_peek(const EsRecording *recording, EsRecordingResult *result);

// Encodes the rest up to end_us (absence of 200 ms or less before it is not filled), rewrites the tags in
// place and renames the .part to final_path, creating directories. tags: NULL-terminated "NAME=value", after
// the ones this library writes itself (ENCODER, R128_TRACK_GAIN, GAP_COUNT, CHANNEL_ROLES ...). result is
// filled also when it fails.
gboolean es_recording_finish(EsRecording *recording, gint64 end_us, const char *const *tags,
                             const char *final_path, EsRecordingResult *result, GError **error);
