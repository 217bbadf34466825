// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Two kinds of files: those that libsndfile knows by their content, and those without a header, known by the
// ending of their name alone, which are either samples (libsndfile again) or frames of a telephone codec.
// libsndfile gives floating point, whose scale is the same for every format.
#include "sound-file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "sndfile-library.h"
#include "sound-check.h"

#define BLOCK_FRAMES 2048
#define SLOWEST_HZ 4000
#define FASTEST_HZ 192000
#define FRAMES_SLACK 4608 // MP3 counts its own beginning and end in different ways

typedef struct {
  const char *ending;
  int sndfile; // subtype of samples without a header; 0: frames of codec
  int rate_hz;
  const char *codec;   // name; with a clock, rtpmap of the frames
  gsize payload_bytes; // 20 ms of them
} RawKind;

static const RawKind raw_kinds[] = {
    {".ulaw", SF_FORMAT_ULAW, 8000, "PCMU", 0},
    {".ul", SF_FORMAT_ULAW, 8000, "PCMU", 0},
    {".mu", SF_FORMAT_ULAW, 8000, "PCMU", 0},
    {".pcm", SF_FORMAT_ULAW, 8000, "PCMU", 0},
    {".alaw", SF_FORMAT_ALAW, 8000, "PCMA", 0},
    {".al", SF_FORMAT_ALAW, 8000, "PCMA", 0},
    {".sln", SF_FORMAT_PCM_16, 8000, "PCM", 0},
    {".sln12", SF_FORMAT_PCM_16, 12000, "PCM", 0},
    {".sln16", SF_FORMAT_PCM_16, 16000, "PCM", 0},
    {".sln24", SF_FORMAT_PCM_16, 24000, "PCM", 0},
    {".sln32", SF_FORMAT_PCM_16, 32000, "PCM", 0},
    {".sln44", SF_FORMAT_PCM_16, 44100, "PCM", 0},
    {".sln48", SF_FORMAT_PCM_16, 48000, "PCM", 0},
    {".sln96", SF_FORMAT_PCM_16, 96000, "PCM", 0},
    {".gsm", 0, 8000, "GSM/8000", 33},
    {".g722", 0, 16000, "G722/8000", 160},
    {".g729", 0, 8000, "G729/8000", 20},
    {".ilbc", 0, 8000, "iLBC/8000", 50},
};

static const char *const headed_endings[] = {".wav", ".wav49", ".ogg",  ".oga", ".opus", ".flac", ".mp3",
                                             ".aif", ".aiff",  ".aifc", ".au",  ".w64",  ".rf64", NULL};

struct EsSoundFile {
  char *path;
  int fd;
  const EsSndfile *sf;
  SNDFILE *sndfile; // NULL: frames
  SF_INFO info;
  const RawKind *raw; // NULL: known by content
  char codec[24];
  EsDecoder *decoder;
  gint16 decoded[ES_DECODER_MAX_SAMPLES];
  int decoded_at, decoded_end;
  gint64 at;             // of the file, for libsndfile
  gint64 open_at;        // where a file that was never closed lacks its length; 0: it does not
  guint8 open_length[4]; // what libsndfile reads there
  gint64 frames_read;
  gboolean broken; // reading failed before the end
};

static const char *ending_of(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && !strchr(dot, '/') ? dot : "";
}

static const RawKind *find_raw(const char *name) {
  for (guint i = 0; i < G_N_ELEMENTS(raw_kinds); i++)
    if (g_ascii_strcasecmp(ending_of(name), raw_kinds[i].ending) == 0)
      return &raw_kinds[i];
  return NULL;
}

gboolean es_sound_has_ending(const char *name) {
  for (guint i = 0; headed_endings[i]; i++)
    if (g_ascii_strcasecmp(ending_of(name), headed_endings[i]) == 0)
      return TRUE;
  return find_raw(name) != NULL;
}

// ---- opening

static const struct {
  int value;
  const char *name;
} majors[] = {{SF_FORMAT_WAV, "WAV"},   {SF_FORMAT_WAVEX, "WAV"}, {SF_FORMAT_RF64, "RF64"},
              {SF_FORMAT_W64, "W64"},   {SF_FORMAT_AIFF, "AIFF"}, {SF_FORMAT_AU, "AU"},
              {SF_FORMAT_FLAC, "FLAC"}, {SF_FORMAT_OGG, "Ogg"},   {SF_FORMAT_MPEG, "MPEG"},
              {SF_FORMAT_RAW, "raw"}};

static const struct {
  int value;
  const char *name;
} subtypes[] = {
    {SF_FORMAT_PCM_S8, "PCM"},       {SF_FORMAT_PCM_U8, "PCM"},     {SF_FORMAT_PCM_16, "PCM"},
    {SF_FORMAT_PCM_24, "PCM"},       {SF_FORMAT_PCM_32, "PCM"},     {SF_FORMAT_FLOAT, "PCM"},
    {SF_FORMAT_DOUBLE, "PCM"},       {SF_FORMAT_ULAW, "PCMU"},      {SF_FORMAT_ALAW, "PCMA"},
    {SF_FORMAT_IMA_ADPCM, "ADPCM"},  {SF_FORMAT_MS_ADPCM, "ADPCM"}, {SF_FORMAT_GSM610, "GSM"},
    {SF_FORMAT_G721_32, "G726"},     {SF_FORMAT_G723_24, "G726"},   {SF_FORMAT_G723_40, "G726"},
    {SF_FORMAT_VORBIS, "vorbis"},    {SF_FORMAT_OPUS, "opus"},      {SF_FORMAT_MPEG_LAYER_III, "MP3"},
    {SF_FORMAT_MPEG_LAYER_II, "MP2"}};

static const char *major_name(const EsSoundFile *f) {
  for (guint i = 0; i < G_N_ELEMENTS(majors); i++)
    if ((f->info.format & SF_FORMAT_TYPEMASK) == majors[i].value)
      return majors[i].name;
  return NULL;
}

static const char *subtype_name(const EsSoundFile *f) {
  for (guint i = 0; i < G_N_ELEMENTS(subtypes); i++)
    if ((f->info.format & SF_FORMAT_SUBMASK) == subtypes[i].value)
      return subtypes[i].name;
  return NULL;
}

static gboolean check_info(EsSoundFile *f, GError **error) {
  if (!major_name(f) || !subtype_name(f))
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: sound of this kind cannot be read"), f->path);
  else if (f->info.channels < 1 || f->info.channels > 2 || f->info.samplerate < SLOWEST_HZ ||
           f->info.samplerate > FASTEST_HZ)
    g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED, _("%s: %d channels at %d Hz are not supported"),
                f->path, f->info.channels, f->info.samplerate);
  else
    return TRUE;
  return FALSE;
}

// ---- a file that was never closed, read as if it had been

static sf_count_t patched_size(void *data) {
  struct stat status;
  return fstat(((EsSoundFile *)data)->fd, &status) == 0 ? status.st_size : 0;
}

static sf_count_t patched_seek(sf_count_t offset, int whence, void *data) {
  EsSoundFile *f = data;
  gint64 from = whence == SEEK_CUR ? f->at : whence == SEEK_END ? patched_size(f) : 0;
  return f->at = CLAMP(from + offset, 0, G_MAXINT64 / 2);
}

static sf_count_t patched_read(void *to, sf_count_t count, void *data) {
  EsSoundFile *f = data;
  gssize got = pread(f->fd, to, (size_t)count, f->at);
  for (gint64 i = 0; i < (gint64)sizeof f->open_length; i++) {
    gint64 at = f->open_at + i - f->at;
    if (at >= 0 && at < got)
      ((guint8 *)to)[at] = f->open_length[i];
  }
  f->at += MAX(got, 0);
  return MAX(got, 0);
}

static sf_count_t patched_tell(void *data) {
  return ((EsSoundFile *)data)->at;
}

static SNDFILE *open_patched(EsSoundFile *f) {
  static SF_VIRTUAL_IO io = {patched_size, patched_seek, patched_read, NULL, patched_tell};
  guint32 length;
  f->open_at = f->raw ? 0 : es_sound_open_length(f->fd, &length);
  if (f->open_at == 0)
    return NULL;
  length = GUINT32_TO_LE(length);
  memcpy(f->open_length, &length, sizeof length);
  return f->sf->open_virtual(&io, SFM_READ, &f->info, f);
}

static gboolean open_sndfile(EsSoundFile *f, GError **error) {
  if (!(f->sf = es_sndfile(error)))
    return FALSE;
  if (f->raw)
    f->info = (SF_INFO){.samplerate = f->raw->rate_hz,
                        .channels = 1,
                        .format = SF_FORMAT_RAW | SF_ENDIAN_LITTLE | f->raw->sndfile};
  f->sndfile = open_patched(f);
  if (!f->sndfile)
    f->sndfile = f->sf->open_fd(f->fd, SFM_READ, &f->info, SF_FALSE);
  if (!f->sndfile) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not a sound file that can be read"), f->path);
    return FALSE;
  }
  if (!check_info(f, error))
    return FALSE;
  g_strlcpy(f->codec, subtype_name(f), sizeof f->codec);
  if ((f->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC)
    g_strlcpy(f->codec, "FLAC", sizeof f->codec);
  return TRUE;
}

static gboolean open_frames(EsSoundFile *f, GError **error) {
  EsCodec codec;
  es_codec_from_rtpmap(f->raw->codec, NULL, &codec);
  f->decoder = es_decoder_new(&codec, error);
  if (!f->decoder)
    return FALSE;
  g_strlcpy(f->codec, codec.name, sizeof f->codec);
  f->info = (SF_INFO){.samplerate = es_decoder_rate_hz(f->decoder), .channels = 1, .frames = SF_COUNT_MAX};
  return TRUE;
}

// A file whose first bytes are those of a known container is one, whatever its name says.
static gboolean has_header(int fd) {
  static const char *const magics[] = {"RIFF", "RIFX", "RF64", "OggS", "fLaC", "FORM", ".snd"};
  char first[4];
  if (pread(fd, first, sizeof first, 0) != (ssize_t)sizeof first)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(magics); i++)
    if (memcmp(first, magics[i], sizeof first) == 0)
      return TRUE;
  return FALSE;
}

EsSoundFile *es_sound_file_open(const char *path, GError **error) {
  g_autoptr(EsSoundFile) f = g_new0(EsSoundFile, 1);
  f->path = g_strdup(path);
  f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (f->fd < 0) {
    es_set_errno(error, errno, _("Cannot open %s"), path);
    return NULL;
  }
  f->raw = has_header(f->fd) ? NULL : find_raw(path);
  gboolean frames = f->raw && f->raw->payload_bytes > 0;
  if (!(frames ? open_frames(f, error) : open_sndfile(f, error)))
    return NULL;
  return g_steal_pointer(&f);
}

void es_sound_file_close(EsSoundFile *f) {
  if (!f)
    return;
  if (f->sndfile)
    f->sf->close(f->sndfile);
  if (f->decoder)
    es_decoder_free(f->decoder);
  if (f->fd >= 0)
    close(f->fd);
  g_free(f->path);
  g_free(f);
}

int es_sound_file_rate_hz(const EsSoundFile *f) {
  return f->info.samplerate;
}

int es_sound_file_channels(const EsSoundFile *f) {
  return f->info.channels;
}

const char *es_sound_file_codec(const EsSoundFile *f) {
  return f->codec;
}

gboolean es_sound_file_is_opus(const EsSoundFile *f) {
  return f->sndfile && (f->info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_OPUS;
}

// ---- reading

static gsize read_sndfile(EsSoundFile *f, gint16 *samples, gsize frames) {
  float block[BLOCK_FRAMES * 2];
  sf_count_t got = f->sf->readf_float(f->sndfile, block, (sf_count_t)MIN(frames, BLOCK_FRAMES));
  got = CLAMP(got, 0, BLOCK_FRAMES);
  for (gsize i = 0; i < (gsize)got * (gsize)f->info.channels; i++) {
    float sample = isfinite(block[i]) ? block[i] * 32768.0f : 0;
    samples[i] = (gint16)lrintf(CLAMP(sample, -32768.0f, 32767.0f));
  }
  f->broken = got == 0 && f->sf->error(f->sndfile) != SF_ERR_NO_ERROR;
  return (gsize)got;
}

// FALSE at the end. A payload that does not decode is silence of its length and makes the file a damaged one.
static gboolean decode_next(EsSoundFile *f) {
  guint8 payload[256];
  gssize n = read(f->fd, payload, f->raw->payload_bytes);
  f->decoded_at = f->decoded_end = 0;
  if (n <= 0)
    return FALSE;
  int got = es_decoder_decode(f->decoder, payload, (gsize)n, f->decoded);
  if (got < 0 || (gsize)n < f->raw->payload_bytes)
    f->broken = f->raw->payload_bytes == 33 || got < 0; // of other codecs any length is a length
  if (got <= 0) {
    got = f->info.samplerate / 50;
    memset(f->decoded, 0, (gsize)got * sizeof f->decoded[0]);
  }
  f->decoded_end = got;
  return TRUE;
}

static gsize read_frames(EsSoundFile *f, gint16 *samples, gsize frames) {
  gsize done = 0;
  while (done < frames && (f->decoded_at < f->decoded_end || decode_next(f))) {
    gsize n = MIN(frames - done, (gsize)(f->decoded_end - f->decoded_at));
    memcpy(samples + done, f->decoded + f->decoded_at, n * sizeof *samples);
    f->decoded_at += (int)n;
    done += n;
  }
  return done;
}

gsize es_sound_file_read(EsSoundFile *f, gint16 *samples, gsize frames) {
  gsize got = f->sndfile ? read_sndfile(f, samples, frames) : read_frames(f, samples, frames);
  f->frames_read += (gint64)got;
  return got;
}

// ---- what is wrong with it, and what it tells

static EsSoundContainer container_of(const EsSoundFile *f) {
  switch (f->sndfile ? f->info.format & SF_FORMAT_TYPEMASK : 0) {
  case SF_FORMAT_WAV:
  case SF_FORMAT_WAVEX:
    return f->info.format & SF_ENDIAN_BIG ? ES_SOUND_OTHER : ES_SOUND_RIFF;
  case SF_FORMAT_AIFF:
    return ES_SOUND_AIFF;
  case SF_FORMAT_OGG:
    return ES_SOUND_OGG;
  default:
    return ES_SOUND_OTHER;
  }
}

const char *es_sound_file_problem(EsSoundFile *f, char **detail) {
  gboolean promised = f->info.frames > 0 && f->info.frames != SF_COUNT_MAX;
  *detail = NULL;
  if (promised && f->frames_read + FRAMES_SLACK < f->info.frames) {
    *detail = g_strdup_printf("%.1f s / %.1f s", (double)f->frames_read / f->info.samplerate,
                              (double)f->info.frames / f->info.samplerate);
    return f->broken ? N_("the original is damaged") : N_("the original is cut off");
  }
  return f->broken ? N_("the original is damaged") : es_sound_check(f->fd, container_of(f));
}

// Broadcast Wave says when it was made; other formats may carry a comment.
static char *date_of(const EsSoundFile *f) {
  SF_BROADCAST_INFO info = {0};
  if (f->sf->command(f->sndfile, SFC_GET_BROADCAST_INFO, &info, sizeof info) == SF_TRUE &&
      info.origination_date[0])
    return g_strdup_printf("%.10sT%.8s", info.origination_date, info.origination_time);
  return g_strdup(f->sf->get_string(f->sndfile, SF_STR_DATE));
}

void es_sound_file_facts(EsSoundFile *f, EsSoundFacts *facts) {
  const char *major = f->sndfile ? major_name(f) : "raw";
  facts->format = g_strdup_printf("%s %s %d Hz %s", major, f->codec, f->info.samplerate,
                                  f->info.channels == 2 ? "stereo" : "mono");
  if (!f->sndfile)
    return;
  g_autofree char *date = date_of(f);
  facts->date = date ? g_utf8_make_valid(date, -1) : NULL;
}
