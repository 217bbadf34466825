// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Recordings on disk: reading back, rendering, cutting, repairing. Ogg Opus per RFC 7845.
#pragma once

#include <glib.h>

typedef struct EsReader EsReader;

// Opens a recording (Ogg Opus, WAV or FLAC; mono or stereo) through libsndfile, at the rate its encoder was
// given. Also takes files that a crash cut off.
EsReader *es_reader_open(const char *path, GError **error);
void es_reader_close(EsReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsReader, es_reader_close)
int es_reader_rate_hz(const EsReader *reader);
int es_reader_channels(const EsReader *reader);
gint64 es_reader_frames(const EsReader *reader);    // a frame is a sample of every channel
gint64 es_reader_length_ms(const EsReader *reader); // begun milliseconds do not count
gboolean es_reader_seek_ms(EsReader *reader, gint64 position_ms, GError **error);
// Interleaved samples; returns frames read, 0 at the end, -1 with *error.
gssize es_reader_read(EsReader *reader, gint16 *samples, gsize frames, GError **error);

typedef enum { ES_RENDER_WAV, ES_RENDER_FLAC } EsRenderFormat;

// Renders [start_ms, end_ms) of a recording (end_ms ES_UNKNOWN: to its end) as 16-bit WAV or FLAC at the
// recording's own input rate. output "-" writes WAV to standard output. An existing file is not overwritten.
gboolean es_render(const char *recording, const char *output, EsRenderFormat format, gint64 start_ms,
                   gint64 end_ms, GError **error);

// Cuts [start_ms, end_ms) out of an Ogg Opus file without encoding again: packets are copied with 80 ms of
// pre-roll hidden by the pre-skip (RFC 7845 sections 4.2, 4.6), so the cut is exact to the sample. tags: all
// that the copy shall have, NULL-terminated "NAME=value", or NULL. An existing file is not overwritten.
gboolean es_opus_cut(const char *recording, const char *output, gint64 start_ms, gint64 end_ms,
                     const char *const *tags, GError **error);

// The user comments of an Ogg Opus file, "NAME=value", NULL-terminated; caller frees with g_strfreev.
char **es_opus_read_tags(const char *path, GError **error);
// Replaces them in place when they fit into the padded comment header, ES_ERROR_NO_SPACE when they do not.
gboolean es_opus_write_tags(const char *path, const char *const *tags, GError **error);

typedef struct {
  gint64 audio_ms;      // what can be played after the repair
  gint64 cut_bytes;     // trailing bytes that were no whole page
  gint64 damaged_bytes; // between whole pages; they stay, players skip them
  int rate_hz;          // of the header
  int channels;
} EsRepair;

// Makes a .part that a killed run left into a whole file: trimmed to the last whole page, end of stream set
// there, and a comment header with a wrong checksum emptied. A file without a single audio page gives
// ES_ERROR_NOT_FOUND. Repairing a whole file changes nothing.
gboolean es_opus_repair(const char *path, EsRepair *repair, GError **error);

// What an Ogg Opus file tells of itself.
typedef struct {
  gint64 audio_ms; // rounded
  int rate_hz;     // of the header
  int channels;
  gboolean ended; // it ends where a finished file does: with a whole page that says so, and nothing behind
  char **tags;    // "NAME=value", NULL-terminated
} EsOpusFacts;
void es_opus_facts_clear(EsOpusFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsOpusFacts, es_opus_facts_clear)

// Reads the headers and the last page alone. ES_ERROR_INVALID when the headers are none or damaged,
// ES_ERROR_NOT_FOUND when there is no audio page where the file ends. Any thread.
gboolean es_opus_inspect(const char *path, EsOpusFacts *facts, GError **error);

// One flush for every open file of the file system that holds directory (syncfs).
gboolean es_flush_directory(const char *directory, GError **error);
// SHA-256 of a file in hex; caller frees.
char *es_file_sha256(const char *path, GError **error);
