// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A WAV file's header comes first and holds the length, which is known before anything is decoded: so WAV can
// go into a pipe. A recording that turns out shorter than it said is filled up with silence. FLAC is
// libsndfile's business.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "sndfile-library.h"

#define BLOCK_FRAMES 4096
#define WAV_HEADER 44

typedef struct {
  const char *name; // for messages
  int fd;
  const EsSndfile *sf;
  SNDFILE *flac; // NULL: WAV by hand
  int rate_hz, channels;
  gint64 frames; // to be written
} Sink;

static gboolean write_bytes(Sink *sink, const void *bytes, gsize length, GError **error) {
  const guint8 *at = bytes;
  while (length > 0) {
    gssize n = write(sink->fd, at, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return es_set_errno(error, errno, _("Cannot write %s"), sink->name);
    at += n;
    length -= (gsize)n;
  }
  return TRUE;
}

static void put_u32(guint8 *at, guint64 value) {
  guint32 le = GUINT32_TO_LE((guint32)MIN(value, G_MAXUINT32));
  memcpy(at, &le, sizeof le);
}

static gboolean write_wav_header(Sink *sink, GError **error) {
  guint8 header[WAV_HEADER] = "RIFF....WAVEfmt \x10\0\0\0\x01\0";
  guint frame_bytes = (guint)sink->channels * 2;
  guint64 data = (guint64)sink->frames * frame_bytes;
  put_u32(header + 4, data + WAV_HEADER - 8);
  header[22] = (guint8)sink->channels;
  put_u32(header + 24, (guint64)sink->rate_hz);
  put_u32(header + 28, (guint64)sink->rate_hz * frame_bytes);
  header[32] = (guint8)frame_bytes;
  header[34] = 16;
  memcpy(header + 36, "data", 4);
  put_u32(header + 40, data);
  return write_bytes(sink, header, sizeof header, error);
}

static gboolean start_flac(Sink *sink, GError **error) {
  SF_INFO info = {
      .samplerate = sink->rate_hz, .channels = sink->channels, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
  if (!(sink->sf = es_sndfile(error)))
    return FALSE;
  sink->flac = sink->sf->open_fd(sink->fd, SFM_WRITE, &info, SF_FALSE);
  if (!sink->flac)
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("Cannot write %s: %s"), sink->name, sink->sf->strerror(NULL));
  return sink->flac != NULL;
}

static gboolean write_frames(Sink *sink, gint16 *samples, gsize frames, GError **error) {
  gsize n = frames * (gsize)sink->channels;
  if (!sink->flac) {
    for (gsize i = 0; i < n; i++)
      samples[i] = GINT16_TO_LE(samples[i]);
    return write_bytes(sink, samples, n * sizeof *samples, error);
  }
  errno = 0;
  if (sink->sf->writef_short(sink->flac, samples, (sf_count_t)frames) == (sf_count_t)frames)
    return TRUE;
  return es_set_errno(error, errno ? errno : EIO, _("Cannot write %s"), sink->name);
}

// libsndfile does not report what fails while closing: look whether the last bytes got out.
static gboolean finish_flac(Sink *sink, GError **error) {
  errno = 0;
  int code = sink->sf->close(sink->flac);
  sink->flac = NULL;
  if (code == 0 && errno != ENOSPC && errno != EDQUOT)
    return TRUE;
  return es_set_errno(error, errno ? errno : EIO, _("Cannot write %s"), sink->name);
}

static gboolean copy_audio(EsReader *reader, Sink *sink, GError **error) {
  gint16 samples[BLOCK_FRAMES * 2];
  for (gint64 left = sink->frames; left > 0;) {
    gsize want = (gsize)MIN(left, BLOCK_FRAMES);
    gssize got = es_reader_read(reader, samples, want, error);
    if (got < 0)
      return FALSE;
    if (got == 0) {
      memset(samples, 0, sizeof samples);
      got = (gssize)want;
    }
    if (!write_frames(sink, samples, (gsize)got, error))
      return FALSE;
    left -= got;
  }
  return !sink->flac || finish_flac(sink, error);
}

static gboolean render_to(EsReader *reader, Sink *sink, EsRenderFormat format, GError **error) {
  gboolean started = format == ES_RENDER_FLAC ? start_flac(sink, error) : write_wav_header(sink, error);
  gboolean rendered = started && copy_audio(reader, sink, error);
  if (sink->flac)
    sink->sf->close(sink->flac);
  return rendered;
}

static gboolean place(EsReader *reader, Sink *sink, gint64 start_ms, gint64 end_ms, GError **error) {
  gint64 length_ms = es_reader_length_ms(reader);
  gint64 from = CLAMP(start_ms, 0, length_ms);
  gboolean to_the_end = end_ms == ES_UNKNOWN || end_ms >= length_ms; // which seldom is a whole millisecond
  gint64 to = to_the_end ? length_ms : MAX(end_ms, 0);
  sink->rate_hz = es_reader_rate_hz(reader);
  sink->channels = es_reader_channels(reader);
  sink->frames =
      (to_the_end ? es_reader_frames(reader) : to * sink->rate_hz / 1000) - from * sink->rate_hz / 1000;
  if (to <= from) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("nothing between %" PRId64 " and %" PRId64 " ms, the recording is %" PRId64 " ms long"),
                start_ms, end_ms, length_ms);
    return FALSE;
  }
  return es_reader_seek_ms(reader, from, error);
}

static gboolean render_to_file(EsReader *reader, Sink *sink, EsRenderFormat format, GError **error) {
  sink->fd = open(sink->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (sink->fd < 0)
    return es_set_errno(error, errno, _("Cannot create %s"), sink->name);
  gboolean rendered = render_to(reader, sink, format, error);
  if (close(sink->fd) < 0 && rendered)
    rendered = es_set_errno(error, errno, _("Cannot close %s"), sink->name);
  if (!rendered)
    unlink(sink->name); // made here, and not whole
  return rendered;
}

gboolean es_render(const char *recording, const char *output, EsRenderFormat format, gint64 start_ms,
                   gint64 end_ms, GError **error) {
  Sink sink = {.name = output, .fd = STDOUT_FILENO};
  g_autoptr(EsReader) reader = es_reader_open(recording, error);
  if (!reader || !place(reader, &sink, start_ms, end_ms, error))
    return FALSE;
  if (!g_str_equal(output, "-"))
    return render_to_file(reader, &sink, format, error);
  sink.name = _("standard output");
  return render_to(reader, &sink, ES_RENDER_WAV, error);
}
