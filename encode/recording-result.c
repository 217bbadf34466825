// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recording says about itself.
#include <math.h>
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "recording-private.h"

static gint64 to_ms(gint64 ticks) {
  return (ticks + ES_TICKS_PER_MS / 2) / ES_TICKS_PER_MS;
}

static void clear_leg(gpointer data) {
  EsLegResult *leg = data;
  g_clear_pointer(&leg->speech, g_array_unref);
  g_clear_pointer(&leg->streams, g_array_unref);
}

void es_recording_result_clear(EsRecordingResult *result) {
  g_clear_pointer(&result->path, g_free);
  g_clear_pointer(&result->sha256, g_free);
  g_clear_pointer(&result->talk_over, g_array_unref);
  g_clear_pointer(&result->dead_air, g_array_unref);
  g_clear_pointer(&result->gaps, g_array_unref);
  g_clear_pointer(&result->legs, g_array_unref);
}

// Sources beyond the table share a row, so that no packet goes uncounted.
static GArray *ledgers(const EsLeg *leg) {
  GArray *streams = g_array_new(FALSE, TRUE, sizeof(EsStreamLedger));
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStreamLedger ledger;
    es_stream_ledger(leg->streams->pdata[i], &ledger);
    g_array_append_val(streams, ledger);
  }
  if (leg->more_streams_packets > 0) {
    EsStreamLedger rest = {.expected = leg->more_streams_packets, .received = leg->more_streams_packets};
    g_snprintf(rest.problem, sizeof rest.problem, _("packets of more than %d sources"), ES_LEG_STREAMS);
    g_array_append_val(streams, rest);
  }
  return streams;
}

static void measure_leg(const EsRecording *r, guint index, gint64 length_ms, EsLegResult *out) {
  const EsLeg *leg = &r->legs[index];
  out->streams = ledgers(leg);
  out->speech = es_activity_intervals(&leg->activity, length_ms);
  out->speech_ms = es_intervals_sum_ms(out->speech);
  out->raised_ms = es_activity_raised_ms(&leg->activity);
  out->greeting_ms = out->speech->len > 0 ? g_array_index(out->speech, EsInterval, 0).start_ms : ES_UNKNOWN;
  out->filled_ms = to_ms(leg->gaps.missing);
  out->drift_ppm = es_leg_drift_ppm(leg);
  out->drift_removed_ms = to_ms(leg->drift_removed);
  out->loudness_lufs = r->loudness ? es_loudness_integrated(r->loudness, index) : NAN;
  out->rate_hz = leg->widest_rate_hz;
  g_strlcpy(out->codec, leg->widest_codec, sizeof out->codec);
}

static int compare_gaps(gconstpointer a, gconstpointer b) {
  const EsGap *x = a, *y = b;
  if (x->start_ms != y->start_ms)
    return x->start_ms < y->start_ms ? -1 : 1;
  return (int)x->leg - (int)y->leg;
}

typedef struct {
  const EsRecording *recording;
  gint64 length; // ticks
  GArray *gaps;  // of EsGap
} Collecting;

static void collect(Collecting *c, guint leg, EsGapSpan span) {
  gint64 start = MAX(span.start - c->recording->start, 0);
  gint64 end = MIN(span.end - c->recording->start, c->length);
  EsGap gap = {leg, to_ms(start), to_ms(end) - to_ms(start), span.reason};
  if (gap.length_ms > 0)
    g_array_append_val(c->gaps, gap);
}

// What was lost, or did not come, while the capture dropped packets is put down to that.
static void collect_loss(Collecting *c, guint leg, EsGapSpan span) {
  const GArray *drops = c->recording->drops;
  for (guint i = 0; drops && i < drops->len; i++) {
    const EsGapSpan *drop = &g_array_index(drops, EsGapSpan, i);
    gint64 from = MAX(drop->start, span.start), to = MIN(drop->end, span.end);
    if (from >= to)
      continue;
    collect(c, leg, (EsGapSpan){span.start, from, span.reason});
    collect(c, leg, (EsGapSpan){from, to, ES_GAP_DROPPED});
    span.start = to;
  }
  collect(c, leg, span);
}

static GArray *collect_gaps(const EsRecording *r, gint64 length) {
  Collecting c = {r, length, g_array_new(FALSE, TRUE, sizeof(EsGap))};
  for (guint i = 0; i < r->n_legs; i++) {
    const GArray *spans = r->legs[i].gaps.gaps;
    for (guint k = 0; k < spans->len; k++) {
      const EsGapSpan *span = &g_array_index(spans, EsGapSpan, k);
      if (span->reason == ES_GAP_LOST || span->reason == ES_GAP_SILENT)
        collect_loss(&c, i, *span);
      else
        collect(&c, i, *span);
    }
  }
  g_array_sort(c.gaps, compare_gaps);
  return c.gaps;
}

// Dead air is silence that somebody should have filled: not hold, not a pause of the recording.
static GArray *dead_air(const EsRecording *r, const EsRecordingResult *result, GArray **speech) {
  g_autoptr(GArray) explained = g_array_new(FALSE, FALSE, sizeof(EsInterval));
  for (guint i = 0; i < result->gaps->len; i++) {
    const EsGap *gap = &g_array_index(result->gaps, EsGap, i);
    EsInterval interval = {gap->start_ms, gap->start_ms + gap->length_ms};
    if (gap->reason == ES_GAP_HOLD || gap->reason == ES_GAP_PAUSED || gap->reason == ES_GAP_MASKED)
      g_array_append_val(explained, interval);
  }
  speech[r->n_legs] = explained;
  return es_intervals_rest(speech, r->n_legs + 1, result->audio_ms, r->settings.dead_air_ms);
}

void es_recording_measure(const EsRecording *r, gint64 length_48k, EsRecordingResult *result) {
  memset(result, 0, sizeof *result);
  result->start_us = r->started ? es_recording_time_us(r, r->start) : ES_UNKNOWN;
  result->audio_ms = to_ms(length_48k);
  result->rate_hz = r->rate_hz;
  result->channels = es_recording_is_split(r) ? 2 : 1;
  result->gaps = collect_gaps(r, length_48k);
  result->legs = g_array_sized_new(FALSE, TRUE, sizeof(EsLegResult), r->n_legs);
  g_array_set_clear_func(result->legs, clear_leg);
  g_array_set_size(result->legs, r->n_legs);
  g_autofree GArray **speech = g_new0(GArray *, r->n_legs + 1);
  for (guint i = 0; i < r->n_legs; i++) {
    EsLegResult *leg = &g_array_index(result->legs, EsLegResult, i);
    measure_leg(r, i, result->audio_ms, leg);
    speech[i] = leg->speech;
  }
  result->talk_over = es_intervals_overlaps(speech, r->n_legs, r->settings.talk_over_ms);
  result->talk_over_ms = es_intervals_sum_ms(result->talk_over);
  result->dead_air = dead_air(r, result, speech);
  result->dead_air_ms = es_intervals_sum_ms(result->dead_air);
}

// Of the mix; where the legs stay apart, of the louder one, so that neither is driven beyond full scale.
static double file_loudness(const EsRecording *r, const EsRecordingResult *result) {
  if (!es_recording_is_split(r))
    return r->loudness ? es_loudness_integrated(r->loudness, r->n_legs) : NAN;
  double loudest = NAN;
  for (guint i = 0; i < r->n_legs; i++)
    loudest = fmax(loudest, g_array_index(result->legs, EsLegResult, i).loudness_lufs);
  return loudest;
}

static gboolean has_name(const GPtrArray *tags, const char *tag) {
  gsize length = strcspn(tag, "=");
  for (guint i = 0; i < tags->len; i++) {
    const char *other = tags->pdata[i];
    if (strcspn(other, "=") == length && g_ascii_strncasecmp(other, tag, length) == 0)
      return TRUE;
  }
  return FALSE;
}

char **es_recording_tags(const EsRecording *r, const EsRecordingResult *result, const char *const *tags) {
  GPtrArray *all = g_ptr_array_new();
  g_autofree char *start = es_time_format_utc(es_recording_time_us(r, r->start));
  g_ptr_array_add(all, g_strdup_printf("RECORDING_ID=%s", r->id));
  g_ptr_array_add(all, g_strdup_printf("START_UTC=%s", start));
  if (result) {
    char *gain = es_loudness_gain_tag(file_loudness(r, result));
    gint64 filled_ms = 0;
    for (guint i = 0; i < r->n_legs; i++)
      filled_ms += g_array_index(result->legs, EsLegResult, i).filled_ms;
    if (gain)
      g_ptr_array_add(all, gain);
    g_ptr_array_add(all, g_strdup_printf("GAP_COUNT=%u", result->gaps->len));
    g_ptr_array_add(all, g_strdup_printf("FILLED_MS=%" G_GINT64_FORMAT, filled_ms));
  }
  guint ours = all->len;
  for (guint i = 0; tags && tags[i]; i++)
    if (all->len >= ours && !has_name(all, tags[i]))
      g_ptr_array_add(all, g_strdup(tags[i]));
  g_ptr_array_add(all, NULL);
  return (char **)g_ptr_array_free(all, FALSE);
}
