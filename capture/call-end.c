// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A call's end: when and by whom, what of it was recorded and why not more, and the row that says so.
#include "call.h"
#include "earshot/common/i18n.h"
#include "earshot/index/recording.h"
#include "segments.h"
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// A call whose media ran up to the end of the capture may have gone on.
#define STILL_RUNNING_US (2 * ES_US_PER_S)

static gint64 last_media(const EsLiveCall *call) {
  return call->media_us != ES_UNKNOWN ? MAX(call->media_us, call->row->answered_us) : call->last_us;
}

static const char *cut_short_by(EsEnd end) {
  switch (end) {
  case ES_END_TIMEOUT:
  case ES_END_GONE:
    return "timeout";
  case ES_END_EXPIRED:
    return "session-timer";
  case ES_END_STOPPED:
    return "stopped";
  case ES_END_DISK_FULL:
    return "disk-full";
  case ES_END_FAILED:
    return "failed";
  default:
    return "capture-end";
  }
}

static void settle_end(EsLiveCall *call, EsEnd end) {
  EsCall *row = call->row;
  if (call->driver->settle_end(call))
    return;
  gboolean unnoticed = end == ES_END_TIMEOUT || end == ES_END_EXPIRED || end == ES_END_GONE;
  gboolean fell_silent = unnoticed && es_live_call_is_up(call);
  row->ended_us = fell_silent ? last_media(call) : call->last_us;
  g_free(row->ended_by);
  row->ended_by = g_strdup(cut_short_by(end));
}

static void settle_disposition(EsLiveCall *call) {
  call->row->sip_status = call->driver->sip_status(call);
  g_free(call->row->disposition);
  call->row->disposition = g_strdup(call->driver->disposition(call));
}

static void settle_times(EsLiveCall *call) {
  EsCall *row = call->row;
  settle_disposition(call);
  row->ended_us = MAX(row->ended_us, row->started_us); // packets of a capture may go back in time
  if (call->hold_since_us != ES_UNKNOWN) {
    call->hold_us += MAX(row->ended_us - call->hold_since_us, 0);
    call->hold_since_us = ES_UNKNOWN;
  }
  if (row->answered_us != ES_UNKNOWN) {
    row->ended_us = MAX(row->ended_us, row->answered_us); // metadata's moments may contradict each other
    row->duration_ms = (row->ended_us - row->answered_us) / ES_US_PER_MS;
    row->hold_ms = call->joined || call->unsignalled ? ES_UNKNOWN : call->hold_us / ES_US_PER_MS;
  }
  es_segments_end(row);
  if (call->events_dropped) {
    g_autofree char *more = g_strdup_printf("%u", call->events_dropped);
    g_ptr_array_add(row->events, es_call_event_new((row->ended_us - row->started_us) / ES_US_PER_MS,
                                                   "events-dropped", -1, more));
  }
}

// ---- the recording

// Of one voice that is everybody's nobody can tell who speaks over whom.
static gboolean is_mixed(const EsLiveCall *call) {
  return call->n_legs == 1 && call->legs[0].role;
}

static void take_file(EsLiveCall *call, const char *relative, const EsRecordingResult *result) {
  EsCall *row = call->row;
  row->file = g_strdup(relative);
  row->file_sha256 = g_strdup(result->sha256);
  row->file_bytes = result->bytes;
  row->audio_ms = result->audio_ms;
  // A codec that looks ahead puts the first sample before the packet that began an unsignalled call.
  row->audio_offset_ms = MAX(result->start_us - row->started_us, 0) / ES_US_PER_MS;
  row->sample_rate_hz = result->rate_hz;
  row->channels = result->channels;
  row->talk_over_ms = is_mixed(call) ? ES_UNKNOWN : result->talk_over_ms;
  row->dead_air_ms = result->dead_air_ms;
  g_array_set_size(row->gaps, 0);
  g_array_append_vals(row->gaps, result->gaps->data, result->gaps->len);
  if (!is_mixed(call))
    g_array_append_vals(row->talk_over, result->talk_over->data, result->talk_over->len);
  g_array_append_vals(row->dead_air, result->dead_air->data, result->dead_air->len);
  row->missing_ms = 0;
  for (guint i = 0; i < row->gaps->len; i++) {
    const EsGap *gap = &g_array_index(row->gaps, EsGap, i);
    row->missing_ms += es_gap_reason_is_missing(gap->reason) ? gap->length_ms : 0;
  }
}

static const char *stream_problem(const EsLiveCall *call, guint leg, guint32 ssrc) {
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *s = &g_array_index(call->streams, EsLiveStream, i);
    if (s->ssrc == ssrc && s->leg == (int)leg)
      return s->problem;
  }
  return NULL;
}

static void take_streams(const EsLiveCall *call, guint index, EsCallLeg *leg, const EsLegResult *from) {
  g_array_set_size(leg->streams, 0);
  g_array_append_vals(leg->streams, from->streams->data, from->streams->len);
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStreamLedger *ledger = &g_array_index(leg->streams, EsStreamLedger, i);
    const char *problem = stream_problem(call, index, ledger->ssrc);
    if (problem)
      g_strlcpy(ledger->problem, problem, sizeof ledger->problem);
  }
}

static void take_legs(EsLiveCall *call, const EsRecordingResult *result, gboolean with_audio) {
  g_ptr_array_set_size(call->row->legs, 0);
  call->row->raised_ms = ES_UNKNOWN;
  for (guint i = 0; i < call->n_legs; i++) {
    EsCallLeg *leg = es_call_leg_new(es_live_call_role(call, i));
    g_ptr_array_add(call->row->legs, leg);
    if (!result || i >= result->legs->len)
      continue;
    const EsLegResult *from = &g_array_index(result->legs, EsLegResult, i);
    take_streams(call, i, leg, from);
    if (!with_audio)
      continue;
    leg->filled_ms = from->filled_ms;
    leg->drift_ppm = from->drift_ppm;
    leg->speech_ms = from->rate_hz ? from->speech_ms : ES_UNKNOWN;
    leg->raised_ms = from->rate_hz ? from->raised_ms : ES_UNKNOWN;
    leg->greeting_ms = from->greeting_ms;
    leg->loudness_lufs = from->loudness_lufs;
    g_array_append_vals(leg->speech, from->speech->data, from->speech->len);
    if (leg->raised_ms != ES_UNKNOWN && !is_mixed(call))
      call->row->raised_ms = MAX(call->row->raised_ms, 0) + leg->raised_ms;
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

static char *problem_text(EsLiveCall *call, const EsRecordingResult *result, gboolean with_audio) {
  for (guint i = 0; result && i < call->n_legs; i++) {
    const char *problem = leg_problem(result, call->row, i);
    if (problem)
      return with_audio ? g_strdup_printf("one leg undecodable: %s", problem) : g_strdup(problem);
  }
  for (guint i = 0; with_audio && i < call->n_legs; i++)
    if (!call->legs[i].heard && call->legs[i].may_send)
      return g_strdup_printf("no audio of the %s", i == 0 ? "caller" : i == 1 ? "callee" : "participant");
  return with_audio ? NULL : g_strdup("no media");
}

// Why the file may lack the end of the call; NULL if it does not.
static const char *end_text(const EsLiveCall *call, EsEnd end, gint64 now_us) {
  if (!es_live_call_is_up(call))
    return NULL;
  switch (end) {
  case ES_END_DISK_FULL:
    return N_("disk full");
  case ES_END_FAILED:
    return N_("the recording could not be written");
  case ES_END_STOPPED:
    return N_("stopped");
  case ES_END_INTERFACE:
    return N_("the interface went away");
  case ES_END_TRUNCATED:
    return N_("truncated capture");
  case ES_END_EXPIRED:
    return N_("session timer expired");
  case ES_END_GONE:
    return N_("the recording client was gone");
  case ES_END_CAPTURE:
    return now_us - last_media(call) < STILL_RUNNING_US ? N_("the capture ended during the call") : NULL;
  default:
    return NULL;
  }
}

static const char *not_answered_text(const EsLiveCall *call) {
  return call->dialog.elsewhere ? N_("answered elsewhere") : N_("not answered");
}

static void settle_outcome(EsLiveCall *call, const EsRecordingResult *result) {
  EsCall *row = call->row;
  gboolean with_audio = row->file != NULL;
  g_autofree char *problem = problem_text(call, result, with_audio);
  // Nothing could be heard, so an early end took nothing away.
  gboolean closed = !with_audio && !call->disk_full && !call->failed && g_strcmp0(problem, "no media") != 0;
  const char *ended = call->disk_full ? N_("disk full")
                      : call->failed  ? N_("the recording could not be written")
                                      : call->cut_short;
  const char *reason = call->too_many                   ? N_("too many calls at once")
                       : row->answered_us == ES_UNKNOWN ? not_answered_text(call)
                       : closed                         ? problem
                       : ended                          ? ended
                       : call->joined && with_audio     ? N_("the start of the call was not seen")
                                                        : problem;
  g_free(row->outcome);
  row->outcome = g_strdup(!with_audio ? "none" : reason ? "partial" : "recorded");
  g_free(row->outcome_reason);
  row->outcome_reason = g_strdup(reason);
}

static void discard_audio(EsLiveCall *call, EsRecording *recording, EsRecordingResult *result) {
  es_recording_peek(recording, result);
  g_autofree char *part = es_spool_path(call->context->spool, call->row->id, ".part");
  g_unlink(part);
}

// Of the channels of the file; NULL: as the direction says.
static char *channel_roles(const EsLiveCall *call) {
  if (call->n_legs == 2)
    return NULL;
  GString *roles = g_string_new(NULL);
  for (guint i = 0; i < call->n_legs; i++)
    g_string_append_printf(roles, "%s%s", i ? "," : "", es_live_call_role(call, i));
  return g_string_free(roles, FALSE);
}

static void finish_audio(EsLiveCall *call, EsRecording *recording, EsRecordingResult *result) {
  EsCall *row = call->row;
  g_autoptr(GError) failed = NULL;
  gint64 audio_us;
  if (!es_recording_has_audio(recording, &audio_us))
    audio_us = row->started_us;
  g_autofree char *roles = channel_roles(call);
  g_auto(GStrv) tags = es_recording_row_tags(row, roles, audio_us);
  g_autofree char *relative = es_recording_path(row->client, row->started_us, row->id);
  g_autofree char *path = g_build_filename(call->context->library, relative, NULL);
  if (call->replaces)
    g_unlink(path); // the better recording is in the spool, safe from here on
  gboolean ok =
      es_recording_finish(recording, row->ended_us, (const char *const *)tags, path, result, &failed);
  if (result->path)
    take_file(call, relative, result);
  if (!ok)
    es_live_call_fail(call, failed);
  if (!call->unfinished)
    call->unfinished = g_steal_pointer(&failed);
}

// Lost packets that the ones after them repeated: they count as lost, but leave no gap.
static void note_recovered(EsLiveCall *call, const EsRecordingResult *result) {
  for (guint leg = 0; leg < result->legs->len; leg++) {
    const GArray *streams = g_array_index(result->legs, EsLegResult, leg).streams;
    guint64 packets = 0;
    for (guint i = 0; i < streams->len; i++)
      packets += g_array_index(streams, EsStreamLedger, i).recovered;
    g_autofree char *detail = g_strdup_printf("%" G_GUINT64_FORMAT, packets);
    if (packets > 0)
      es_live_call_event(call, call->row->ended_us, "recovered", (int)leg, detail);
  }
}

static void settle_audio(EsLiveCall *call, EsRecording *recording, EsRecordingResult *result) {
  if (call->row->answered_us != ES_UNKNOWN)
    finish_audio(call, recording, result);
  else
    discard_audio(call, recording, result); // early media of a call that nobody took
  take_legs(call, result, call->row->file != NULL);
  take_codec(call->row, result);
  if (call->row->file) {
    note_recovered(call, result);
    if (!call->joined && !call->unsignalled)
      es_call_measure_greeting(call->row, result->start_us);
    place_consent(call->row, result->start_us);
  }
}

// On the thread of its audio.
static void end_audio(EsRecording *recording, const GError *failed, gpointer data) {
  EsLiveCall *call = data;
  EsRecordingResult result = {0};
  if (failed) {
    es_live_call_fail(call, failed);
    call->unfinished = g_error_copy(failed);
  }
  settle_audio(call, recording, &result);
  settle_outcome(call, &result);
  es_recording_result_clear(&result);
  es_recording_free(recording);
}

// The client sends the rest of it to a recorder that is started afterwards.
static gboolean has_sequel(const EsLiveCall *call, EsEnd end) {
  return call->conversation && !call->row->group_id && !call->over &&
         (end == ES_END_STOPPED || end == ES_END_DISK_FULL || end == ES_END_FAILED);
}

gboolean es_live_call_close(EsLiveCall *call, EsEnd end, gint64 now_us) {
  if (has_sequel(call, end))
    call->row->group_id = g_strdup(call->conversation);
  settle_end(call, end);
  es_live_call_prompt(call, call->row->ended_us);
  es_live_call_expire_keys(call, G_MAXINT64);
  es_live_call_settle_sources(call, G_MAXINT64);
  if (call->dirty && call->audio)
    es_live_call_save(call, NULL); // so that a crash from here on finds the file where its client's belong
  settle_times(call);
  call->cut_short = end_text(call, end, now_us);
  call->too_many = end == ES_END_TOO_MANY;
  call->driver->clear(call); // which knows nothing of it any more
  call->driver = NULL;
  if (!call->audio) {
    take_legs(call, NULL, FALSE);
    settle_outcome(call, NULL);
    return TRUE;
  }
  es_audio_end(g_steal_pointer(&call->audio), end_audio, call);
  return FALSE;
}

EsCall *es_live_call_take_row(EsLiveCall *call, GError **error) {
  if (call->unfinished)
    g_propagate_error(error, g_steal_pointer(&call->unfinished));
  return g_steal_pointer(&call->row);
}

// The ledgers as the audio's thread told them last.
static void take_look(EsLiveCall *call) {
  EsRecordingResult result;
  if (call->audio && es_audio_peek(call->audio, &result, &call->audio_us)) {
    take_legs(call, &result, FALSE);
    es_recording_result_clear(&result);
  }
  for (guint i = call->row->legs->len; i < call->n_legs; i++) // who came since
    g_ptr_array_add(call->row->legs, es_call_leg_new(es_live_call_role(call, i)));
}

gboolean es_live_call_save(EsLiveCall *call, GError **error) {
  settle_disposition(call);
  gboolean ended = call->driver->settle_end(call);
  take_look(call);
  EsSpoolMoments moments = {.audio_start_us = call->audio_us,
                            .seen_us = call->last_us,
                            .ended_us = ended ? call->row->ended_us : ES_UNKNOWN};
  char *group = call->row->group_id;
  call->row->group_id = group ? group : call->conversation; // what is left behind may have a sequel
  call->dirty = FALSE;
  call->saved_us = call->last_us;
  gboolean saved = es_spool_save(call->context->spool, call->row, &moments, error);
  call->row->group_id = group;
  return saved;
}
