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
// So often the journal is told who speaks though nothing is new: what it was told before may be damaged.
#define TELL_AGAIN_US (30 * ES_US_PER_S)

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
  case ES_END_OVERLOAD:
    return "overload";
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

// Of one voice that is everybody's nobody can tell who speaks over whom.
static gboolean is_mixed(const EsLiveCall *call) {
  return call->n_legs == 1 && call->legs[0].role;
}

// What its end will need, as far as it is known now.
static EsSettlement *settlement_of(const EsLiveCall *call) {
  EsSettlement *s = es_settlement_new(call->row);
  for (guint i = 0; i < call->n_legs; i++) {
    EsSettleVoice voice = {es_live_call_role(call, i), call->legs[i].heard, call->legs[i].may_send};
    g_array_append_val(s->voices, voice);
  }
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *stream = &g_array_index(call->streams, EsLiveStream, i);
    EsSettleProblem problem = {(guint)stream->leg, stream->ssrc, ""};
    if (stream->problem && g_strlcpy(problem.text, stream->problem, sizeof problem.text))
      g_array_append_val(s->problems, problem);
  }
  s->mixed = is_mixed(call);
  s->hold_us = call->hold_us;
  s->hold_since_us = call->hold_since_us;
  s->events_dropped = call->events_dropped;
  s->joined = call->joined;
  s->unsignalled = call->unsignalled;
  s->replaces = call->replaces;
  s->elsewhere = call->dialog.elsewhere;
  s->failed = call->failed;
  s->disk_full = call->disk_full;
  return s;
}

// Its file could not be finished: it is made again from what the journal has.
static void leave_to_journal(EsLiveCall *call) {
  g_autofree char *path =
      call->row->file ? g_build_filename(call->context->library, call->row->file, NULL) : NULL;
  if (path)
    g_unlink(path);
  call->unmade = TRUE;
}

// On the thread of its audio.
static void end_audio(EsRecording *recording, const GError *failed, gpointer data) {
  EsLiveCall *call = data;
  EsSettlement *s = call->settlement;
  call->unmade = recording == NULL;
  if (call->unmade)
    return;
  if (failed) {
    es_settlement_fail(s, failed);
    s->unfinished = g_error_copy(failed);
  }
  es_settle_recording(s, recording, call->context->library, es_spool_audio(call->context->spool));
  if (s->unfinished && call->journal)
    leave_to_journal(call);
}

// The client sends the rest of it to a recorder that is started afterwards.
static gboolean has_sequel(const EsLiveCall *call, EsEnd end) {
  return call->conversation && !call->row->group_id && !call->over &&
         (end == ES_END_STOPPED || end == ES_END_DISK_FULL || end == ES_END_FAILED);
}

void es_live_call_enter(EsLiveCall *call) {
  EsJournal *journal = es_spool_journal(call->context->spool);
  if (journal && !call->journal)
    call->journal = es_journal_call_new(journal);
}

// FALSE when there was no room.
static gboolean tell_journal(EsLiveCall *call, EsJournalKind kind, const EsSpoolMoments *moments,
                             const EsSettlement *settlement) {
  g_autofree char *text = es_spool_json(call->row, moments, es_spool_run(call->context->spool), settlement);
  return es_journal_append(es_spool_journal(call->context->spool), call->journal, kind, text, strlen(text),
                           NULL, 0) != 0;
}

// From here on the next start makes the row, if this run does not.
static void tell_end(EsLiveCall *call) {
  es_live_call_enter(call);
  EsSpoolMoments moments = {call->audio_us, call->last_us, call->row->ended_us, ES_UNKNOWN};
  if (call->journal)
    tell_journal(call, ES_JOURNAL_END, &moments, call->settlement);
}

gboolean es_live_call_close(EsLiveCall *call, EsEnd end, gint64 now_us) {
  if (has_sequel(call, end))
    call->row->group_id = g_strdup(call->conversation);
  settle_end(call, end);
  es_live_call_prompt(call, call->row->ended_us);
  es_live_call_expire_keys(call, G_MAXINT64);
  es_live_call_settle_sources(call, G_MAXINT64);
  if (call->dirty && call->audio && !es_spool_journal(call->context->spool))
    es_live_call_save(call, NULL); // so that a crash from here on finds the file where its client's belong
  settle_disposition(call);
  EsSettlement *s = call->settlement = settlement_of(call);
  es_settle_times(s);
  s->cut_short = g_strdup(call->shed ? call->shed : end_text(call, end, now_us));
  s->too_many = end == ES_END_TOO_MANY;
  call->driver->clear(call); // which knows nothing of it any more
  call->driver = NULL;
  tell_end(call);
  if (!call->audio) {
    es_settle_silent(s);
    return TRUE;
  }
  es_audio_end(g_steal_pointer(&call->audio), end_audio, call);
  return FALSE;
}

EsCall *es_live_call_take_row(EsLiveCall *call, GError **error) {
  if (call->settlement->unfinished)
    g_propagate_error(error, g_steal_pointer(&call->settlement->unfinished));
  return g_steal_pointer(&call->row);
}

// The ledgers as the audio's thread told them last.
static void take_look(EsLiveCall *call) {
  EsRecordingResult result;
  if (call->audio && es_audio_peek(call->audio, &result, &call->audio_us)) {
    g_autoptr(EsSettlement) settlement = settlement_of(call);
    es_settle_legs(settlement, &result, FALSE);
    es_recording_result_clear(&result);
  }
  for (guint i = call->row->legs->len; i < call->n_legs; i++) // who came since
    g_ptr_array_add(call->row->legs, es_call_leg_new(es_live_call_role(call, i)));
}

EsJournalCall *es_live_call_take_journal(EsLiveCall *call) {
  return g_steal_pointer(&call->journal);
}

gboolean es_live_call_has_news(const EsLiveCall *call) {
  if (es_spool_journal(call->context->spool)) // which knows of each packet by itself
    return call->dirty || call->row->events->len != call->saved_events ||
           ABS(call->last_us - call->saved_us) > TELL_AGAIN_US;
  return call->dirty || call->last_us != call->saved_us;
}

static gboolean save(EsLiveCall *call, const EsSpoolMoments *moments, GError **error) {
  es_live_call_enter(call);
  if (!call->journal)
    return es_spool_save(call->context->spool, call->row, moments, error);
  g_autoptr(EsSettlement) settlement = settlement_of(call);
  call->dirty = !tell_journal(call, ES_JOURNAL_META, moments, settlement); // said again, if need be
  return TRUE;
}

gboolean es_live_call_save(EsLiveCall *call, GError **error) {
  settle_disposition(call);
  gboolean ended = call->driver->settle_end(call);
  if (!es_spool_journal(call->context->spool))
    take_look(call);
  EsSpoolMoments moments = {.audio_start_us = call->audio_us,
                            .seen_us = call->last_us,
                            .ended_us = ended ? call->row->ended_us : ES_UNKNOWN};
  char *group = call->row->group_id;
  call->row->group_id = group || call->over ? group : call->conversation; // what is left may have a sequel
  call->dirty = FALSE;
  call->saved_us = call->last_us;
  call->saved_events = call->row->events->len;
  gboolean saved = save(call, &moments, error);
  call->row->group_id = group;
  return saved;
}
