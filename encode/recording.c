// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The first second of audio is held until the streams' places are known; the earliest of them is file time 0.
// From then on a frontier moves over the time line in frames of 20 ms, one reorder window behind the clock.
// It moves by five frames at a time: among hundreds of calls each one's encoder and queues have to be fetched
// into the processor's caches again, and once for five frames is a tenth of all that a call costs.
// While a stream is being anchored (a new source, a restart) the frontier waits for it, for at most a second.
//
// Frames in which no leg is heard are closed but not written until something follows them or they are many:
// so the file can end with the last audio though nobody knew yet that it was the last.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "earshot/common/clock.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "recording-private.h"

#define ANCHOR_TIME ES_TICKS_PER_S
#define LONGEST (24 * G_GINT64_CONSTANT(3600) * ES_TICKS_PER_S) // an encoder fed for ever is a full disk
#define SILENT_FRAMES_MAX 3100 // a little more than a minute: as long as a call without BYE waits for media
#define TAIL (200 * ES_TICKS_PER_MS)
#define DROPS_MAX 1000                     // beyond, the last stretch grows
#define DROP_MARGIN (60 * ES_TICKS_PER_MS) // between a packet's arrival and its place on the time line
#define BATCH (5 * ES_FRAME_TICKS)
#define GRID 6 // ticks of a sample at 8 kHz; a multiple of every rate's

void es_recording_settings_init(EsRecordingSettings *settings) {
  *settings = (EsRecordingSettings){.complexity = 5,
                                    .steered = TRUE,
                                    .channels = ES_CHANNELS_MIXED,
                                    .silence_db = -60,
                                    .reorder_ms = 500,
                                    .dead_air_ms = 5000,
                                    .talk_over_ms = 300};
}

EsRecording *es_recording_new(const EsRecordingSettings *settings, const char *id, guint n_legs) {
  EsRecording *r = g_new0(EsRecording, 1);
  r->settings = *settings;
  r->settings.reorder_ms = CLAMP(settings->reorder_ms, 0, 10000);
  r->id = g_strdup(id);
  r->spool = g_strdup(settings->spool);
  r->part = g_strdup_printf("%s/%s.part", settings->spool ? settings->spool : ".", id);
  r->settings.spool = r->spool;
  r->n_legs = MAX(n_legs, 1);
  r->legs = g_new0(EsLeg, r->n_legs);
  for (guint i = 0; i < r->n_legs; i++)
    es_leg_init(&r->legs[i]);
  r->mixer.gain = 1;
  return r;
}

void es_recording_free(EsRecording *r) {
  if (!r)
    return;
  for (guint i = 0; i < r->n_legs; i++)
    es_leg_clear(&r->legs[i], &r->pool);
  es_packet_pool_clear(&r->pool);
  es_opus_writer_free(r->writer);
  es_loudness_free(r->loudness);
  g_clear_pointer(&r->drops, g_array_unref);
  g_free(r->legs);
  g_free(r->id);
  g_free(r->spool);
  g_free(r->part);
  g_free(r);
}

void es_recording_add_leg(EsRecording *r) {
  r->legs = g_renew(EsLeg, r->legs, r->n_legs + 1);
  EsLeg *leg = &r->legs[r->n_legs];
  es_leg_init(leg);
  if (r->started) {
    es_leg_begin(leg, r->rate_hz, r->frontier);
    leg->activity.frame = (guint32)((r->frontier - r->start) / ES_FRAME_TICKS);
    es_loudness_insert(r->loudness, r->n_legs);
  }
  r->n_legs++;
}

gboolean es_recording_is_split(const EsRecording *r) {
  if (r->started)
    return r->split;
  return r->settings.channels == ES_CHANNELS_SPLIT && r->n_legs > 1;
}

static gint64 ticks_of(EsRecording *r, gint64 time_us) {
  if (!r->based)
    r->base_us = time_us;
  r->based = TRUE;
  // Farther than a century from the first packet is no time; the product must not overflow.
  gint64 since = CLAMP(time_us - r->base_us, -(G_GINT64_CONSTANT(1) << 52), G_GINT64_CONSTANT(1) << 52);
  return since * 6 / 125;
}

gint64 es_recording_time_us(const EsRecording *r, gint64 ticks) {
  return r->base_us + ticks * 125 / 6;
}

// --- packets in ---

static const EsCodec *codec_of(const EsMediaPacket *packet) {
  static const EsCodec unknown = {.id = ES_CODEC_UNKNOWN, .clock_hz = 8000, .rate_hz = 8000, .channels = 1};
  return packet->codec && packet->codec->clock_hz > 0 ? packet->codec : &unknown;
}

void es_recording_push(EsRecording *r, const EsMediaPacket *packet) {
  EsMediaPacket known = *packet;
  if (packet->leg >= r->n_legs)
    return;
  known.codec = codec_of(packet);
  es_leg_take(&r->legs[packet->leg], &r->pool, &known, ticks_of(r, packet->arrival_us),
              r->started ? r->frontier : G_MININT64);
}

void es_recording_count(EsRecording *r, const EsMediaPacket *packet) {
  EsMediaPacket known = *packet;
  if (packet->leg >= r->n_legs)
    return;
  known.codec = codec_of(packet);
  es_leg_count(&r->legs[packet->leg], &r->pool, &known, ticks_of(r, packet->arrival_us));
}

void es_recording_explain(EsRecording *r, guint leg, EsGapReason reason, gint64 at_us) {
  if (leg < r->n_legs)
    es_leg_explain(&r->legs[leg], ticks_of(r, at_us), TRUE, reason);
}

void es_recording_clear(EsRecording *r, guint leg, gint64 at_us) {
  if (leg < r->n_legs)
    es_leg_explain(&r->legs[leg], ticks_of(r, at_us), FALSE, ES_GAP_HOLD);
}

void es_recording_dropped(EsRecording *r, gint64 from_us, gint64 until_us) {
  EsGapSpan span = {ticks_of(r, from_us) - DROP_MARGIN, ticks_of(r, until_us) + DROP_MARGIN, ES_GAP_DROPPED};
  if (!r->drops)
    r->drops = g_array_new(FALSE, FALSE, sizeof(EsGapSpan));
  guint n = r->drops->len;
  EsGapSpan *last = n > 0 ? &g_array_index(r->drops, EsGapSpan, n - 1) : NULL;
  if (last && (span.start <= last->end || n >= DROPS_MAX))
    last->end = MAX(last->end, span.end);
  else
    g_array_append_val(r->drops, span);
}

void es_recording_set_complexity(EsRecording *r, int complexity) {
  r->settings.complexity = complexity;
  if (r->writer)
    es_opus_writer_set_complexity(r->writer, complexity);
}

// --- the beginning ---

static gboolean settle(EsRecording *r, gboolean all) {
  gboolean open = FALSE;
  for (guint i = 0; i < r->n_legs; i++)
    open |= es_leg_settle(&r->legs[i], r->now, all);
  return open;
}

static gboolean first_audio(EsRecording *r, gint64 *place, gint64 *arrival) {
  gboolean found = FALSE;
  for (guint i = 0; i < r->n_legs; i++) {
    gint64 leg_place, leg_arrival;
    if (!es_leg_first_audio(&r->legs[i], &leg_place, &leg_arrival))
      continue;
    *place = found ? MIN(*place, leg_place) : leg_place;
    *arrival = found ? MIN(*arrival, leg_arrival) : leg_arrival;
    found = TRUE;
  }
  return found;
}

static int widest_rate(EsRecording *r, gint64 until) {
  int rate_hz = r->rate_hz;
  for (guint i = 0; i < r->n_legs; i++)
    rate_hz = MAX(rate_hz, es_leg_wanted_rate(&r->legs[i], until));
  return rate_hz;
}

static gboolean open_writer(EsRecording *r, GError **error) {
  int bitrate = r->settings.bitrate > 0 ? r->settings.bitrate : es_opus_usual_bitrate(r->rate_hz);
  g_auto(GStrv) tags = es_recording_tags(r, NULL, NULL);
  if (r->settings.insists)
    es_descriptors_make_room(1);
  r->writer = es_opus_writer_open(r->part, r->rate_hz, es_recording_is_split(r) ? 2 : 1, bitrate,
                                  r->settings.complexity, (const char *const *)tags, error);
  r->failed = r->writer == NULL;
  if (r->writer)
    es_opus_writer_gate(r->writer, r->settings.silence_db);
  return !r->failed;
}

static gboolean begin(EsRecording *r, gint64 place, GError **error) {
  r->split = es_recording_is_split(r);
  r->started = TRUE;
  r->start = r->frontier = place - ((place % GRID) + GRID) % GRID;
  r->rate_hz = MAX(widest_rate(r, r->start + ANCHOR_TIME), 8000);
  r->loudness = es_loudness_new(r->n_legs + !es_recording_is_split(r), r->rate_hz);
  for (guint i = 0; i < r->n_legs; i++)
    es_leg_begin(&r->legs[i], r->rate_hz, r->start);
  return open_writer(r, error);
}

// Begins the file once the first audio is a second old and every stream has its place, or half a second later
// with what is known.
static gboolean try_begin(EsRecording *r, gboolean now, GError **error) {
  gint64 place, arrival;
  if (!first_audio(r, &place, &arrival)) {
    for (guint i = 0; i < r->n_legs; i++)
      es_leg_discard(&r->legs[i], &r->pool, r->now - 3 * ANCHOR_TIME / 2);
    return TRUE;
  }
  gint64 age = r->now - arrival;
  if (!now && (age < ANCHOR_TIME || (settle(r, FALSE) && age < ANCHOR_TIME * 3 / 2)))
    return TRUE;
  settle(r, TRUE);
  first_audio(r, &place, &arrival);
  return begin(r, place, error);
}

// --- frames out ---

static gboolean raise_rate(EsRecording *r, gint64 until, GError **error) {
  int rate_hz = widest_rate(r, until);
  if (rate_hz == r->rate_hz)
    return TRUE;
  r->rate_hz = rate_hz;
  es_loudness_set_rate(r->loudness, rate_hz);
  for (guint i = 0; i < r->n_legs; i++)
    es_leg_set_rate(&r->legs[i], rate_hz);
  if (r->failed)
    return TRUE;
  r->failed = !es_opus_writer_set_rate(r->writer, rate_hz, error);
  return !r->failed;
}

static gboolean write_frame(EsRecording *r, const gint16 *samples, GError **error) {
  for (; r->silent_frames > 0 && !r->failed; r->silent_frames--) {
    r->failed = !es_opus_writer_write(r->writer, NULL, error);
    r->written_frames += !r->failed;
  }
  if (r->failed)
    return FALSE;
  r->failed = !es_opus_writer_write(r->writer, samples, error);
  r->written_frames += !r->failed;
  return !r->failed;
}

// The last lane is out, the mix itself.
static gboolean mix_and_write(EsRecording *r, const gint16 *const *lanes, gint16 *out, gboolean audible,
                              GError **error) {
  int n = r->rate_hz / 50;
  if (es_recording_is_split(r))
    es_mixer_split(&r->mixer, lanes, r->n_legs, out, n);
  else
    es_mixer_sum(&r->mixer, lanes, r->n_legs, out, n);
  if (audible)
    es_loudness_push(r->loudness, lanes);
  else
    es_loudness_rest(r->loudness);
  if (r->failed)
    return TRUE;
  if (!audible && r->silent_frames < SILENT_FRAMES_MAX) {
    r->silent_frames++;
    return TRUE;
  }
  return write_frame(r, out, error);
}

// Closes the frame at the frontier. FALSE once, when the file cannot be written; measuring goes on.
static gboolean close_frame(EsRecording *r, GError **error) {
  gint16 out[2 * ES_MIX_FRAME_MAX];
  const gint16 *few[8], **lanes = r->n_legs < G_N_ELEMENTS(few) ? few : g_new(const gint16 *, r->n_legs + 1);
  gboolean any = FALSE, ok = raise_rate(r, r->frontier + ES_FRAME_TICKS + ES_LOOK_AHEAD, error);
  for (guint i = 0; i < r->n_legs; i++) {
    gboolean audible;
    lanes[i] = es_leg_frame(&r->legs[i], &r->pool, r->frontier, &audible);
    any |= audible;
  }
  lanes[r->n_legs] = out;
  ok = mix_and_write(r, lanes, out, any, ok ? error : NULL) && ok;
  for (guint i = 0; i < r->n_legs; i++)
    es_leg_advance(&r->legs[i]);
  r->frontier += ES_FRAME_TICKS;
  if (lanes != few)
    g_free(lanes);
  return ok;
}

static gboolean close_until(EsRecording *r, gint64 limit, GError **error) {
  limit = MIN(limit, r->start + LONGEST);
  while (r->frontier + ES_FRAME_TICKS <= limit)
    if (!close_frame(r, error))
      return FALSE;
  return TRUE;
}

gboolean es_recording_advance(EsRecording *r, gint64 now_us, GError **error) {
  gint64 window = r->settings.reorder_ms * ES_TICKS_PER_MS;
  r->now = MAX(r->now, ticks_of(r, now_us));
  if (!r->started && !try_begin(r, FALSE, error))
    return FALSE;
  if (!r->started || r->now - window - ES_LOOK_AHEAD < r->frontier + BATCH)
    return TRUE;
  if (settle(r, FALSE)) {
    if (r->now - r->frontier < window + ANCHOR_TIME + ANCHOR_TIME / 2)
      return TRUE;
    settle(r, TRUE);
  }
  return close_until(r, r->now - window - ES_LOOK_AHEAD, error);
}

gboolean es_recording_has_audio(const EsRecording *r, gint64 *start_us) {
  if (r->started && start_us)
    *start_us = es_recording_time_us(r, r->start);
  return r->started;
}

void es_recording_peek(const EsRecording *r, EsRecordingResult *result) {
  es_recording_measure(r, r->started ? r->frontier - r->start : 0, result);
}

// --- the end ---

static gboolean is_waiting(const EsRecording *r) {
  for (guint i = 0; i < r->n_legs; i++)
    if (es_leg_is_waiting(&r->legs[i]))
      return TRUE;
  return FALSE;
}

static gint64 last_audio(const EsRecording *r) {
  gint64 last = r->start;
  for (guint i = 0; i < r->n_legs; i++)
    last = MAX(last, r->legs[i].last_audio);
  return last;
}

// Closes every frame there is. Returns the length of the file in samples of 48 kHz. *error keeps the first
// thing that went wrong.
static gint64 close_rest(EsRecording *r, gint64 end, GError **error) {
  GError *none = NULL, **first = error ? error : &none;
  while (is_waiting(r) && r->frontier < r->start + LONGEST)
    close_frame(r, *first ? NULL : first);
  gint64 last = last_audio(r);
  if (end - last > TAIL) {
    last = MIN(end, r->start + LONGEST);
    while (r->frontier < last)
      close_frame(r, *first ? NULL : first);
  }
  g_clear_error(&none);
  if (r->failed)
    return r->writer ? es_opus_writer_length_48k(r->writer) : 0;
  return MAX(last - r->start, (r->written_frames - 1) * ES_FRAME_TICKS);
}

// Never over an existing file: a recording that is there is evidence.
static gboolean move_into_place(const char *part, const char *final_path, GError **error) {
  g_autofree char *directory = g_path_get_dirname(final_path);
  if (g_mkdir_with_parents(directory, 0700) != 0)
    return es_set_errno(error, errno, _("Cannot create %s"), directory);
  if (renameat2(AT_FDCWD, part, AT_FDCWD, final_path, RENAME_NOREPLACE) == 0)
    return TRUE;
  if ((errno == EINVAL || errno == ENOSYS) && !g_file_test(final_path, G_FILE_TEST_EXISTS) &&
      rename(part, final_path) == 0) // a file system that cannot refuse by itself
    return TRUE;
  return es_set_errno(error, errno, _("Cannot move %s to %s"), part, final_path);
}

static gboolean describe_file(const char *path, EsRecordingResult *result, GError **error) {
  struct stat status;
  if (stat(path, &status) < 0)
    return es_set_errno(error, errno, _("Cannot read %s"), path);
  result->bytes = status.st_size;
  result->sha256 = es_file_sha256(path, error);
  return result->sha256 != NULL;
}

static gboolean finish_file(EsRecording *r, gint64 length, const char *const *tags, const char *final_path,
                            EsRecordingResult *result, GError **error) {
  g_auto(GStrv) all = es_recording_tags(r, result, tags);
  g_autoptr(GError) first = NULL;
  es_opus_writer_finish(r->writer, length, (const char *const *)all, &first);
  g_clear_pointer(&r->writer, es_opus_writer_free);
  if (move_into_place(r->part, final_path, first ? NULL : &first)) {
    result->path = g_strdup(final_path);
    describe_file(final_path, result, first ? NULL : &first);
  }
  if (first)
    g_propagate_error(error, g_steal_pointer(&first));
  return result->path && result->sha256;
}

gboolean es_recording_finish(EsRecording *r, gint64 end_us, const char *const *tags, const char *final_path,
                             EsRecordingResult *result, GError **error) {
  g_autoptr(GError) first = NULL;
  gint64 end = ticks_of(r, end_us), length = 0;
  r->now = MAX(r->now, end);
  settle(r, TRUE);
  if (!r->started)
    try_begin(r, TRUE, &first);
  if (r->started)
    length = close_rest(r, end, &first);
  for (guint i = 0; i < r->n_legs; i++) {
    es_leg_discard(&r->legs[i], &r->pool, G_MAXINT64);
    if (r->started)
      es_leg_finish(&r->legs[i], r->start, r->start + length);
  }
  es_recording_measure(r, length, result);
  if (r->writer)
    finish_file(r, length, tags, final_path, result, first ? NULL : &first);
  if (!first)
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&first));
  return FALSE;
}
