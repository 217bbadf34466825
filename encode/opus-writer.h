// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One Ogg Opus file being written (RFC 7845): 20 ms frames in, a page every 400 ms out. After each page the
// file is whole but for its end-of-stream flag. Not thread-safe; one owner.
#pragma once

#include <glib.h>

typedef struct EsOpusWriter EsOpusWriter;

// Bits per second and channel that serve voice well at this rate.
int es_opus_usual_bitrate(int rate_hz);

// Creates path (which must not exist) and writes the headers. rate_hz is 8000, 12000, 16000, 24000 or 48000.
// channels: 1, or 2 for two uncoupled streams (mapping family 1). bitrate is per channel, in bits per second;
// complexity 0-10. tags: NULL-terminated "NAME=value" or NULL; as much room again, at least 2 KB, is kept for
// rewriting them.
EsOpusWriter *es_opus_writer_open(const char *path, int rate_hz, int channels, int bitrate, int complexity,
                                  const char *const *tags, GError **error);

// From now on what is silence need not be encoded, each channel for itself: frames whose root mean square is
// at most silence_db (dBFS, below 0; and no sample 12 dB above it), 300 ms after the last that is not. 40 ms
// before the next one that is not are encoded again. They decode to silence everywhere. 0: everything is
// encoded.
void es_opus_writer_gate(EsOpusWriter *writer, double silence_db);

// Encodes exactly 20 ms (rate_hz / 50 frames), interleaved; NULL is silence. While a channel is silent its
// last 40 ms wait for what follows. FALSE when the page that became full could not be written
// (ES_ERROR_NO_SPACE, ES_ERROR_IO): the file is then cut back to its last whole page, further writes fail,
// and es_opus_writer_finish makes a whole file of what is there.
gboolean es_opus_writer_write(EsOpusWriter *writer, const gint16 *samples, GError **error);

// From the next write on, samples come at another rate: a new encoder goes on in the same stream, taught the
// last 20 ms so that the look-ahead has no hole. The header gets the new rate.
gboolean es_opus_writer_set_rate(EsOpusWriter *writer, int rate_hz, GError **error);

// The effort of the encoder from the next write on, 0-10.
void es_opus_writer_set_complexity(EsOpusWriter *writer, int complexity);

// Length of the audio that is in the file or on its way there, in samples of 48 kHz from file time 0.
gint64 es_opus_writer_length_48k(const EsOpusWriter *writer);

// Ends the stream. end_samples_48k is the length of the file: silence is encoded until it and the look-ahead
// are covered, and the end trimmed to it; less than what was written only within the last page. tags as in
// open (NULL: leave those that are there); they are rewritten in place, ES_ERROR_NO_SPACE when they do not
// fit. The file is whole and closed even when tags are refused. After a failed write it ends with its last
// page.
gboolean es_opus_writer_finish(EsOpusWriter *writer, gint64 end_samples_48k, const char *const *tags,
                               GError **error);

// Closes without ending the stream; the file stays as it is.
void es_opus_writer_free(EsOpusWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsOpusWriter, es_opus_writer_free)
