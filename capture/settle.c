// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "settle.h"
#include "call.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/recording.h"
#include "kept-file.h"
#include "segments.h"
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

EsSettlement *es_settlement_new(EsCall *row) {
  EsSettlement *s = g_new0(EsSettlement, 1);
  s->row = row;
  s->voices = g_array_new(FALSE, TRUE, sizeof(EsSettleVoice));
  s->problems = g_array_new(FALSE, TRUE, sizeof(EsSettleProblem));
  s->hold_since_us = ES_UNKNOWN;
  return s;
}

void es_settlement_free(EsSettlement *s) {
  if (!s)
    return;
  g_array_unref(s->voices);
  g_array_unref(s->problems);
  g_free(s->cut_short);
  g_clear_error(&s->unfinished);
  g_free(s);
}

void es_settlement_fail(EsSettlement *s, const GError *error) {
  s->failed = TRUE;
  s->disk_full |= g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE);
}

static const char *role_of(const EsSettlement *s, guint leg) {
  return g_array_index(s->voices, EsSettleVoice, leg).role;
}

static void add_event(EsSettlement *s, gint64 at_us, const char *kind, int leg, const char *detail) {
  gint64 at_ms = (at_us - s->row->started_us) / ES_US_PER_MS;
  g_ptr_array_add(s->row->events, es_call_event_new(at_ms, kind, leg, detail));
}

// ---- times

void es_settle_times(EsSettlement *s) {
  EsCall *row = s->row;
  row->ended_us = MAX(row->ended_us, row->started_us); // packets of a capture may go back in time
  if (s->hold_since_us != ES_UNKNOWN) {
    s->hold_us += MAX(row->ended_us - s->hold_since_us, 0);
    s->hold_since_us = ES_UNKNOWN;
  }
  if (row->answered_us != ES_UNKNOWN) {
    row->ended_us = MAX(row->ended_us, row->answered_us); // metadata's moments may contradict each other
    row->duration_ms = (row->ended_us - row->answered_us) / ES_US_PER_MS;
    row->hold_ms = s->joined || s->unsignalled ? ES_UNKNOWN : s->hold_us / ES_US_PER_MS;
  }
  es_segments_end(row);
  if (s->events_dropped) {
    g_autofree char *more = g_strdup_printf("%u", s->events_dropped);
    add_event(s, row->ended_us, "events-dropped", -1, more);
  }
}

// ---- the recording

static void take_file(EsSettlement *s, const char *relative, const EsRecordingResult *result) {
  EsCall *row = s->row;
  row->file = g_strdup(relative);
  row->file_sha256 = g_strdup(result->sha256);
  row->file_bytes = result->bytes;
  row->audio_ms = result->audio_ms;
  // A codec that looks ahead puts the first sample before the packet that began an unsignalled call.
  row->audio_offset_ms = MAX(result->start_us - row->started_us, 0) / ES_US_PER_MS;
  row->sample_rate_hz = result->rate_hz;
  row->channels = result->channels;
  row->talk_over_ms = s->mixed ? ES_UNKNOWN : result->talk_over_ms;
  row->dead_air_ms = result->dead_air_ms;
  g_array_set_size(row->gaps, 0);
  g_array_append_vals(row->gaps, result->gaps->data, result->gaps->len);
  if (!s->mixed)
    g_array_append_vals(row->talk_over, result->talk_over->data, result->talk_over->len);
  g_array_append_vals(row->dead_air, result->dead_air->data, result->dead_air->len);
  row->missing_ms = 0;
  for (guint i = 0; i < row->gaps->len; i++) {
    const EsGap *gap = &g_array_index(row->gaps, EsGap, i);
    row->missing_ms += es_gap_reason_is_missing(gap->reason) ? gap->length_ms : 0;
  }
}

static const char *stream_problem(const EsSettlement *s, guint leg, guint32 ssrc) {
  for (guint i = 0; i < s->problems->len; i++) {
    const EsSettleProblem *problem = &g_array_index(s->problems, EsSettleProblem, i);
    if (problem->ssrc == ssrc && problem->leg == leg)
      return problem->text;
  }
  return NULL;
}

static void take_streams(const EsSettlement *s, guint index, EsCallLeg *leg, const EsLegResult *from) {
  g_array_set_size(leg->streams, 0);
  g_array_append_vals(leg->streams, from->streams->data, from->streams->len);
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStreamLedger *ledger = &g_array_index(leg->streams, EsStreamLedger, i);
    const char *problem = stream_problem(s, index, ledger->ssrc);
    if (problem)
      g_strlcpy(ledger->problem, problem, sizeof ledger->problem);
  }
}

void es_settle_legs(const EsSettlement *s, const EsRecordingResult *result, gboolean with_audio) {
  g_ptr_array_set_size(s->row->legs, 0);
  s->row->raised_ms = ES_UNKNOWN;
  for (guint i = 0; i < s->voices->len; i++) {
    EsCallLeg *leg = es_call_leg_new(role_of(s, i));
    g_ptr_array_add(s->row->legs, leg);
    if (!result || i >= result->legs->len)
      continue;
    const EsLegResult *from = &g_array_index(result->legs, EsLegResult, i);
    take_streams(s, i, leg, from);
    if (!with_audio)
      continue;
    leg->filled_ms = from->filled_ms;
    leg->drift_ppm = from->drift_ppm;
    leg->speech_ms = from->rate_hz ? from->speech_ms : ES_UNKNOWN;
    leg->raised_ms = from->rate_hz ? from->raised_ms : ES_UNKNOWN;
    leg->greeting_ms = from->greeting_ms;
    leg->loudness_lufs = from->loudness_lufs;
    g_array_append_vals(leg->speech, from->speech->data, from->speech->len);
    if (leg->raised_ms != ES_UNKNOWN && !s->mixed)
      s->row->raised_ms = MAX(s->row->raised_ms, 0) + leg->raised_ms;
  }
}

// Of the widest leg; without audio what the first stream would have been.
static void take_codec(EsCall *row, const EsRecordingResult *result) {
  const EsLegResult *widest = NULL;
  for (guint i = 0; i < result->legs->len; i++) {
    const EsLegResult *leg = &g_array_index(result->legs, EsLegResult, i);
    if (leg->rate_hz && (!widest || leg->rate_hz > widest->rate_hz))
      widest = leg;
  }
  if (widest) {
    row->codec = g_strdup(widest->codec);
    return;
  }
  for (guint i = 0; i < row->legs->len && !row->codec; i++) {
    const EsCallLeg *leg = row->legs->pdata[i];
    if (leg->streams->len)
      row->codec = g_strdup(g_array_index(leg->streams, EsStreamLedger, 0).codec);
  }
}

static void place_consent(EsCall *row, gint64 audio_us) {
  for (guint i = 0; i < row->consent->len; i++) {
    EsConsentEvent *event = row->consent->pdata[i];
    if (event->at_us >= audio_us)
      event->offset_ms = (event->at_us - audio_us) / ES_US_PER_MS;
  }
}

// ---- the outcome

// Why a leg has packets but no audio; NULL if it has audio or no packets.
static const char *leg_problem(const EsRecordingResult *result, const EsCall *row, guint i) {
  const EsLegResult *leg = &g_array_index(result->legs, EsLegResult, i);
  const EsCallLeg *kept = row->legs->pdata[i];
  if (leg->rate_hz)
    return NULL;
  for (guint s = 0; s < kept->streams->len; s++) {
    const EsStreamLedger *ledger = &g_array_index(kept->streams, EsStreamLedger, s);
    if (ledger->problem[0])
      return ledger->problem;
  }
  return NULL;
}

static gboolean is_missed(const EsSettleVoice *voice) {
  return !voice->heard && voice->may_send;
}

static char *problem_text(const EsSettlement *s, const EsRecordingResult *result, gboolean with_audio) {
  for (guint i = 0; result && i < MIN(s->voices->len, result->legs->len); i++) {
    const char *problem = leg_problem(result, s->row, i);
    if (problem)
      return with_audio ? g_strdup_printf("one leg undecodable: %s", problem) : g_strdup(problem);
  }
  for (guint i = 0; with_audio && i < s->voices->len; i++)
    if (is_missed(&g_array_index(s->voices, EsSettleVoice, i)))
      return g_strdup_printf("no audio of the %s", i == 0 ? "caller" : i == 1 ? "callee" : "participant");
  return with_audio ? NULL : g_strdup("no media");
}

static const char *not_answered_text(const EsSettlement *s) {
  return s->elsewhere ? N_("answered elsewhere") : N_("not answered");
}

static void settle_outcome(EsSettlement *s, const EsRecordingResult *result) {
  EsCall *row = s->row;
  gboolean with_audio = row->file != NULL;
  g_autofree char *problem = problem_text(s, result, with_audio);
  // Nothing could be heard, so an early end took nothing away.
  gboolean closed = !with_audio && !s->disk_full && !s->failed && g_strcmp0(problem, "no media") != 0;
  const char *ended = s->disk_full ? N_("disk full")
                      : s->failed  ? N_("the recording could not be written")
                                   : s->cut_short;
  const char *reason = s->interrupted                   ? N_("interrupted")
                       : s->too_many                    ? N_("too many calls at once")
                       : row->answered_us == ES_UNKNOWN ? not_answered_text(s)
                       : closed                         ? problem
                       : ended                          ? ended
                       : s->joined && with_audio        ? N_("the start of the call was not seen")
                                                        : problem;
  g_free(row->outcome);
  row->outcome = g_strdup(!with_audio ? "none" : reason ? "partial" : "recorded");
  g_free(row->outcome_reason);
  row->outcome_reason = g_strdup(reason);
}

static void discard_audio(const EsSettlement *s, const EsRecording *recording, const char *parts,
                          EsRecordingResult *result) {
  es_recording_peek(recording, result);
  g_autofree char *part = g_strdup_printf("%s/%s.part", parts, s->row->id);
  g_unlink(part);
}

// Of the channels of the file; NULL: as the direction says.
static char *channel_roles(const EsSettlement *s) {
  if (s->voices->len == 2)
    return NULL;
  GString *roles = g_string_new(NULL);
  for (guint i = 0; i < s->voices->len; i++)
    g_string_append_printf(roles, "%s%s", i ? "," : "", role_of(s, i));
  return g_string_free(roles, FALSE);
}

static void finish_audio(EsSettlement *s, EsRecording *recording, const char *library,
                         EsRecordingResult *result) {
  EsCall *row = s->row;
  g_autoptr(GError) failed = NULL;
  gint64 audio_us;
  if (!es_recording_has_audio(recording, &audio_us))
    audio_us = row->started_us;
  g_autofree char *roles = channel_roles(s);
  g_auto(GStrv) tags = es_recording_row_tags(row, roles, audio_us);
  g_autofree char *relative = es_recording_path(row->client, row->started_us, row->id);
  g_autofree char *path = g_build_filename(library, relative, NULL);
  if (s->replaces)
    g_unlink(path); // the better recording is in the spool, safe from here on
  gboolean ok =
      es_recording_finish(recording, row->ended_us, (const char *const *)tags, path, result, &failed);
  if (result->path)
    take_file(s, relative, result);
  if (!ok)
    es_settlement_fail(s, failed);
  if (!s->unfinished)
    s->unfinished = g_steal_pointer(&failed);
}

// Lost packets that the ones after them repeated: they count as lost, but leave no gap.
static void note_recovered(EsSettlement *s, const EsRecordingResult *result) {
  for (guint leg = 0; leg < result->legs->len; leg++) {
    const GArray *streams = g_array_index(result->legs, EsLegResult, leg).streams;
    guint64 packets = 0;
    for (guint i = 0; i < streams->len; i++)
      packets += g_array_index(streams, EsStreamLedger, i).recovered;
    g_autofree char *detail = g_strdup_printf("%" G_GUINT64_FORMAT, packets);
    if (packets > 0 && s->row->events->len < ES_CALL_MAX_EVENTS)
      add_event(s, s->row->ended_us, "recovered", (int)leg, detail);
  }
}

// An ACK follows its 2xx at once; how long before other proofs the answer was is not known.
static gboolean is_answer_estimated(const EsCall *row) {
  for (guint i = 0; i < row->events->len; i++) {
    const EsCallEvent *event = row->events->pdata[i];
    if (strcmp(event->kind, ES_EVENT_ANSWER_UNSEEN) == 0)
      return g_strcmp0(event->detail, "ACK") != 0;
  }
  return FALSE;
}

static void settle_audio(EsSettlement *s, EsRecording *recording, const char *library, const char *parts,
                         EsRecordingResult *result) {
  if (s->row->answered_us != ES_UNKNOWN)
    finish_audio(s, recording, library, result);
  else
    discard_audio(s, recording, parts, result); // early media of a call that nobody took
  es_settle_legs(s, result, s->row->file != NULL);
  take_codec(s->row, result);
  if (s->row->file) {
    note_recovered(s, result);
    if (!s->joined && !s->unsignalled && !is_answer_estimated(s->row))
      es_call_measure_greeting(s->row, result->start_us);
    place_consent(s->row, result->start_us);
  }
}

void es_settle_recording(EsSettlement *s, EsRecording *recording, const char *library, const char *parts) {
  EsRecordingResult result = {0};
  settle_audio(s, recording, library, parts, &result);
  settle_outcome(s, &result);
  es_recording_result_clear(&result);
  es_recording_free(recording);
}

void es_settle_silent(EsSettlement *s) {
  es_settle_legs(s, NULL, FALSE);
  settle_outcome(s, NULL);
}

void es_settle_kept(EsSettlement *s, EsRecording *recording, const char *parts, const char *relative,
                    const char *path, const EsRepair *file) {
  EsRecordingResult result = {0};
  if (recording) {
    discard_audio(s, recording, parts, &result);
    take_codec(s->row, &result);
  }
  es_settle_legs(s, NULL, FALSE);
  es_kept_file_describe(s->row, relative, file, es_kept_file_start(path));
  es_kept_file_seal(s->row, path, es_kept_file_start(path));
  settle_outcome(s, recording ? &result : NULL);
  es_recording_result_clear(&result);
  es_recording_free(recording);
}
