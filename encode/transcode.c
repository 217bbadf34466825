// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Lanes side by side, one a voice: read in blocks, resampled to one rate, cut into frames of 20 ms; each
// frame is measured, mixed and encoded as a captured call's would be. A lane that ends before the other is
// silent from there on.
//
// An Ogg Opus file that is whole and mono is measured in the same way, but its packets are kept: encoding
// them again would only lose.
#include "earshot/encode/transcode.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activity.h"
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "loudness.h"
#include "mixer.h"
#include "opus-scan.h"
#include "opus-writer.h"
#include "resampler.h"
#include "sound-file.h"

#define BLOCK_FRAMES 1024
#define RESAMPLED_MAX (13 * BLOCK_FRAMES + 1024) // 4 to 48 kHz
#define LONGEST_FRAMES (24 * 3600 * 50)          // a day

typedef struct {
  EsSoundFile *file;
  guint first, count; // its lanes
  gboolean ended;
} Source;

typedef struct {
  EsResampler *resampler; // NULL: the rate is right
  GArray *waiting;        // of gint16
  gint64 samples;         // given out
  EsActivity activity;
} Lane;

typedef struct {
  const EsTranscode *job;
  Source sources[2];
  guint n_sources;
  Lane lanes[2];
  guint n_lanes;
  int rate_hz;
  gint64 frames;
  EsLoudness *loudness;
  EsMixer mixer;
  EsOpusWriter *writer; // NULL: measure alone
} Work;

static void work_clear(Work *w) {
  for (guint i = 0; i < w->n_lanes; i++) {
    es_resampler_free(w->lanes[i].resampler);
    g_array_unref(w->lanes[i].waiting);
    es_activity_clear(&w->lanes[i].activity);
  }
  for (guint i = 0; i < w->n_sources; i++)
    es_sound_file_close(w->sources[i].file);
  es_loudness_free(w->loudness);
  es_opus_writer_free(w->writer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

// ---- opening

static int opus_rate(int rate_hz) {
  return rate_hz <= 8000 ? 8000 : rate_hz <= 16000 ? 16000 : rate_hz <= 24000 ? 24000 : 48000;
}

static gboolean open_lane(Work *w, int rate_hz, GError **error) {
  Lane *lane = &w->lanes[w->n_lanes++];
  lane->waiting = g_array_new(FALSE, FALSE, sizeof(gint16));
  es_activity_init(&lane->activity);
  if (rate_hz != w->rate_hz)
    lane->resampler = es_resampler_new(rate_hz, w->rate_hz, error);
  return rate_hz == w->rate_hz || lane->resampler;
}

static gboolean open_sources(Work *w, GError **error) {
  guint n = w->job->inputs[1] ? 2 : 1;
  for (guint i = 0; i < n; i++) {
    EsSoundFile *file = es_sound_file_open(w->job->inputs[i], error);
    if (!file)
      return FALSE;
    w->sources[w->n_sources++].file = file;
    w->rate_hz = MAX(w->rate_hz, opus_rate(es_sound_file_rate_hz(file)));
    if (n == 2 && es_sound_file_channels(file) != 1) {
      g_set_error(error, ES_ERROR, ES_ERROR_UNSUPPORTED,
                  _("%s: of a call in two files each must have one channel"), w->job->inputs[i]);
      return FALSE;
    }
  }
  for (guint i = 0; i < n; i++) {
    Source *source = &w->sources[i];
    source->first = w->n_lanes;
    source->count = (guint)es_sound_file_channels(source->file);
    for (guint c = 0; c < source->count; c++)
      if (!open_lane(w, es_sound_file_rate_hz(source->file), error))
        return FALSE;
  }
  return TRUE;
}

static gboolean is_split(const Work *w) {
  return w->job->settings->channels == ES_CHANNELS_SPLIT && w->n_lanes == 2;
}

// Whole, mono and nothing but Opus: then its packets are as good as any that could be made of them.
static gboolean can_keep(const Work *w) {
  if (w->n_lanes != 1 || w->n_sources != 1 || !es_sound_file_is_opus(w->sources[0].file))
    return FALSE;
  int fd = open(w->job->inputs[0], O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  g_autofree EsOpusWalk *walk = g_new(EsOpusWalk, 1);
  EsOpusExtent extent;
  gboolean whole = es_opus_walk_start(walk, fd, w->job->inputs[0], NULL, NULL) &&
                   es_opus_measure(walk, &extent, NULL) && extent.ended && extent.damaged_bytes == 0 &&
                   extent.start == 0 && walk->head.channels == 1;
  close(fd);
  return whole;
}

static gboolean open_writer(Work *w, GError **error) {
  const EsRecordingSettings *s = w->job->settings;
  int bitrate = s->bitrate > 0 ? s->bitrate : es_opus_usual_bitrate(w->rate_hz);
  w->writer = es_opus_writer_open(w->job->output, w->rate_hz, is_split(w) ? 2 : 1, bitrate, s->complexity,
                                  NULL, error);
  if (w->writer)
    es_opus_writer_gate(w->writer, s->silence_db);
  return w->writer != NULL;
}

// ---- samples

static void give(Lane *lane, const gint16 *samples, int n) {
  gint16 out[RESAMPLED_MAX];
  if (!lane->resampler) {
    g_array_append_vals(lane->waiting, samples, (guint)n);
    return;
  }
  int got = n > 0 ? es_resampler_push(lane->resampler, samples, n, out, RESAMPLED_MAX)
                  : es_resampler_flush(lane->resampler, out, RESAMPLED_MAX);
  g_array_append_vals(lane->waiting, out, (guint)got);
}

static void read_block(Work *w, Source *source) {
  gint16 samples[2 * BLOCK_FRAMES], channel[BLOCK_FRAMES];
  gsize got = es_sound_file_read(source->file, samples, BLOCK_FRAMES);
  source->ended = got == 0;
  for (guint c = 0; c < source->count; c++) {
    for (gsize i = 0; i < got; i++)
      channel[i] = samples[i * source->count + c];
    give(&w->lanes[source->first + c], channel, (int)got);
  }
}

// TRUE while there is something left for a frame.
static gboolean fill(Work *w) {
  guint n = (guint)w->rate_hz / 50;
  gboolean any = FALSE;
  for (guint i = 0; i < w->n_sources; i++) {
    Source *source = &w->sources[i];
    while (!source->ended && w->lanes[source->first].waiting->len < n)
      read_block(w, source);
    any |= w->lanes[source->first].waiting->len > 0;
  }
  return any && w->frames < LONGEST_FRAMES;
}

static void take_frame(Lane *lane, gint16 *frame, guint n) {
  guint heard = MIN(lane->waiting->len, n);
  memcpy(frame, lane->waiting->data, heard * sizeof *frame);
  memset(frame + heard, 0, (n - heard) * sizeof *frame);
  if (heard > 0)
    g_array_remove_range(lane->waiting, 0, heard);
  lane->samples += heard;
  gboolean usable = 2 * heard >= n;
  float level = usable ? es_mean_square(frame, (int)n) * (float)n / (float)heard : 0;
  es_activity_push(&lane->activity, level, usable);
}

static gboolean pass_frame(Work *w, GError **error) {
  gint16 frames[2][ES_MIX_FRAME_MAX], out[2 * ES_MIX_FRAME_MAX];
  const gint16 *order[3] = {frames[0], frames[1], NULL};
  int n = w->rate_hz / 50;
  for (guint i = 0; i < w->n_lanes; i++)
    take_frame(&w->lanes[i], frames[w->job->swap && w->n_lanes == 2 ? 1 - i : i], (guint)n);
  if (is_split(w))
    es_mixer_split(&w->mixer, order, 2, out, n);
  else
    es_mixer_sum(&w->mixer, order, w->n_lanes, out, n);
  order[w->n_lanes] = out;
  es_loudness_push(w->loudness, order);
  w->frames++;
  return !w->writer || es_opus_writer_write(w->writer, out, error);
}

// ---- what is told of it

// The lane that became leg i.
static guint lane_of(const Work *w, guint leg) {
  return w->job->swap && w->n_lanes == 2 ? 1 - leg : leg;
}

static void measure_leg(const Work *w, guint i, gint64 length_ms, gboolean mixed, EsLegResult *leg) {
  guint lane = lane_of(w, i);
  const Source *source = &w->sources[w->n_sources == 2 ? lane : 0];
  leg->filled_ms = ES_UNKNOWN;
  leg->drift_ppm = NAN;
  leg->drift_removed_ms = ES_UNKNOWN;
  leg->speech = es_activity_intervals(&w->lanes[lane].activity, length_ms);
  leg->speech_ms = es_intervals_sum_ms(leg->speech);
  leg->greeting_ms =
      mixed || leg->speech->len == 0 ? ES_UNKNOWN : g_array_index(leg->speech, EsInterval, 0).start_ms;
  leg->loudness_lufs = es_loudness_integrated(w->loudness, i);
  leg->rate_hz = es_sound_file_rate_hz(source->file);
  leg->streams = g_array_new(FALSE, TRUE, sizeof(EsStreamLedger));
  g_strlcpy(leg->codec, es_sound_file_codec(source->file), sizeof leg->codec);
}

static void clear_leg(gpointer data) {
  EsLegResult *leg = data;
  g_clear_pointer(&leg->speech, g_array_unref);
  g_clear_pointer(&leg->streams, g_array_unref);
}

static gint64 length_48k(const Work *w) {
  gint64 samples = 0;
  for (guint i = 0; i < w->n_lanes; i++)
    samples = MAX(samples, w->lanes[i].samples);
  return samples * (48000 / w->rate_hz);
}

// Of the mix; where the legs stay apart, of the louder one, so that neither is driven beyond full scale.
static double file_loudness(const Work *w) {
  double lufs = es_loudness_integrated(w->loudness, is_split(w) ? 0 : w->n_lanes);
  return is_split(w) ? fmax(lufs, es_loudness_integrated(w->loudness, 1)) : lufs;
}

static void measure(const Work *w, EsSound *sound) {
  EsRecordingResult *r = &sound->recording;
  GArray *speech[2] = {NULL, NULL};
  sound->mixed = w->n_lanes == 1;
  sound->loudness_lufs = file_loudness(w);
  r->start_us = ES_UNKNOWN;
  r->audio_ms = (length_48k(w) + 24) / 48;
  r->rate_hz = w->rate_hz;
  r->channels = is_split(w) ? 2 : 1;
  r->gaps = g_array_new(FALSE, TRUE, sizeof(EsGap));
  r->legs = g_array_sized_new(FALSE, TRUE, sizeof(EsLegResult), w->n_lanes);
  g_array_set_clear_func(r->legs, clear_leg);
  g_array_set_size(r->legs, w->n_lanes);
  for (guint i = 0; i < w->n_lanes; i++) {
    EsLegResult *leg = &g_array_index(r->legs, EsLegResult, i);
    measure_leg(w, i, r->audio_ms, sound->mixed, leg);
    speech[i] = leg->speech;
  }
  r->talk_over = es_intervals_overlaps(speech, w->n_lanes, w->job->settings->talk_over_ms);
  r->talk_over_ms = sound->mixed ? ES_UNKNOWN : es_intervals_sum_ms(r->talk_over);
  r->dead_air = es_intervals_rest(speech, w->n_lanes, r->audio_ms, w->job->settings->dead_air_ms);
  r->dead_air_ms = es_intervals_sum_ms(r->dead_air);
}

static void note_problems(Work *w, EsSound *sound) {
  for (guint i = 0; i < w->n_sources && !sound->problem; i++)
    sound->problem = es_sound_file_problem(w->sources[i].file, &sound->problem_detail);
  if (!sound->problem && w->frames >= LONGEST_FRAMES)
    sound->problem = N_("longer than a day");
}

// ---- the whole

static gboolean run(Work *w, EsSound *sound, GError **error) {
  if (!sound->kept && !open_writer(w, error))
    return FALSE;
  w->loudness = es_loudness_new(w->n_lanes + !is_split(w), w->rate_hz);
  w->mixer.gain = 1;
  while (fill(w))
    if (!pass_frame(w, error))
      return FALSE;
  note_problems(w, sound);
  if (w->frames == 0) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("%s: no audio in it"), w->job->inputs[0]);
    return FALSE;
  }
  measure(w, sound);
  return !w->writer || es_opus_writer_finish(w->writer, length_48k(w), NULL, error);
}

gboolean es_transcode(const EsTranscode *job, EsSound *sound, GError **error) {
  g_auto(Work) w = {.job = job};
  *sound = (EsSound){0};
  if (!open_sources(&w, error))
    return FALSE;
  es_sound_file_facts(w.sources[0].file, &sound->facts);
  sound->kept = can_keep(&w);
  if (run(&w, sound, error))
    return TRUE;
  if (w.writer)
    unlink(job->output); // made here, and not whole
  return FALSE;
}

gboolean es_transcode_seal(const EsTranscode *job, EsSound *sound, const char *const *tags, GError **error) {
  g_autoptr(GStrvBuilder) all = g_strv_builder_new();
  g_autofree char *gain = es_loudness_gain_tag(sound->loudness_lufs);
  if (tags)
    g_strv_builder_addv(all, (const char **)tags);
  if (gain)
    g_strv_builder_add(all, gain);
  g_auto(GStrv) list = g_strv_builder_end(all);
  gboolean sealed =
      sound->kept ? es_opus_cut(job->inputs[0], job->output, 0, ES_UNKNOWN, (const char *const *)list, error)
                  : es_opus_write_tags(job->output, (const char *const *)list, error);
  struct stat status;
  if (!sealed || stat(job->output, &status) != 0)
    return sealed ? es_set_errno(error, errno, _("Cannot read %s"), job->output) : FALSE;
  chmod(job->output, 0600);
  sound->recording.bytes = status.st_size;
  sound->recording.sha256 = es_file_sha256(job->output, error);
  return sound->recording.sha256 != NULL;
}

void es_sound_clear(EsSound *sound) {
  es_recording_result_clear(&sound->recording);
  g_clear_pointer(&sound->facts.date, g_free);
  g_clear_pointer(&sound->facts.format, g_free);
  g_clear_pointer(&sound->problem_detail, g_free);
}
