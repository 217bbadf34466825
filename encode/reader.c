// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// libsndfile decodes Opus at the rate that the header names, if it is one of Opus's own, else at 48 kHz. For
// a file whose stream was never ended it does not know the length; then the pages tell.
#include "earshot/encode/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "opus-scan.h"
#include "sndfile-library.h"

struct EsReader {
  char *path;
  const EsSndfile *sf;
  SNDFILE *file;
  SF_INFO info;
};

static gint64 measure_frames(const EsReader *reader, int fd, GError **error) {
  g_autofree EsOpusWalk *walk = g_new(EsOpusWalk, 1);
  EsOpusExtent extent;
  if (!es_opus_walk_start(walk, fd, reader->path, NULL, error) || !es_opus_measure(walk, &extent, error))
    return -1;
  return es_opus_extent_samples(&extent, &walk->head) * reader->info.samplerate / 48000;
}

static gboolean check_info(EsReader *reader, int fd, GError **error) {
  if (reader->info.channels < 1 || reader->info.channels > 2 || reader->info.samplerate < 1) {
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: %d channels at %d Hz are not supported"),
                reader->path, reader->info.channels, reader->info.samplerate);
    return FALSE;
  }
  if (reader->info.frames == SF_COUNT_MAX)
    reader->info.frames = measure_frames(reader, fd, error);
  return reader->info.frames >= 0;
}

EsReader *es_reader_open(const char *path, GError **error) {
  g_autoptr(EsReader) reader = g_new0(EsReader, 1);
  reader->path = g_strdup(path);
  if (!(reader->sf = es_sndfile(error)))
    return NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    es_set_errno(error, errno, _("Cannot open %s"), path);
    return NULL;
  }
  reader->file = reader->sf->open_fd(fd, SFM_READ, &reader->info, SF_TRUE);
  if (!reader->file) { // which closed fd
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, "%s: %s", path, reader->sf->strerror(NULL));
    return NULL;
  }
  if (!check_info(reader, fd, error))
    return NULL;
  return g_steal_pointer(&reader);
}

void es_reader_close(EsReader *reader) {
  if (!reader)
    return;
  if (reader->file)
    reader->sf->close(reader->file);
  g_free(reader->path);
  g_free(reader);
}

int es_reader_rate_hz(const EsReader *reader) {
  return reader->info.samplerate;
}

int es_reader_channels(const EsReader *reader) {
  return reader->info.channels;
}

gint64 es_reader_frames(const EsReader *reader) {
  return reader->info.frames;
}

gint64 es_reader_length_ms(const EsReader *reader) {
  return reader->info.frames * 1000 / reader->info.samplerate;
}

gboolean es_reader_seek_ms(EsReader *reader, gint64 position_ms, GError **error) {
  gint64 length_ms = es_reader_length_ms(reader);
  gint64 frame = CLAMP(position_ms, 0, length_ms) * reader->info.samplerate / 1000;
  if (reader->sf->seek(reader->file, frame, SEEK_SET) != frame) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: cannot go to %" PRId64 " ms: %s"), reader->path,
                position_ms, reader->sf->strerror(reader->file));
    return FALSE;
  }
  return TRUE;
}

gssize es_reader_read(EsReader *reader, gint16 *samples, gsize frames, GError **error) {
  sf_count_t got = reader->sf->readf_short(reader->file, samples, (sf_count_t)frames);
  if (got == 0 && reader->sf->error(reader->file) != SF_ERR_NO_ERROR) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("Cannot read %s: %s"), reader->path,
                reader->sf->strerror(reader->file));
    return -1;
  }
  return (gssize)got;
}
