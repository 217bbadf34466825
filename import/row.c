// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From what is stated and what was measured to a row. What nobody stated and cannot be measured stays
// unknown, but for the times: a call needs a start. It is the file's own date, else the moment it was last
// changed less its length, and an event says that it was guessed.
#include <glib/gstdio.h>
#include <string.h>

#include "earshot/common/clock.h"
#include "earshot/common/i18n.h"
#include "earshot/index/recording.h"
#include "facts.h"
#include "job.h"

static void replace(char **text, const char *value) {
  g_free(*text);
  *text = g_strdup(value);
}

// ---- channels

// Leg 0 is the caller's. Where the direction does not say who called, the customer is taken for the caller.
void es_import_channel_roles(const char *left, const EsCall *stated, const char *known[2], gboolean *swap) {
  es_leg_roles(stated->direction, known);
  *swap = FALSE;
  if (!left || strcmp(left, "caller") == 0)
    return;
  gboolean person = strcmp(left, "agent") == 0 || strcmp(left, "customer") == 0;
  if (person && strcmp(known[0], "caller") == 0) {
    known[0] = "customer";
    known[1] = "agent";
  }
  *swap = strcmp(left, "callee") == 0 || strcmp(left, known[1]) == 0;
}

char *es_import_roles(const EsCall *call) {
  g_autoptr(GString) roles = g_string_new(NULL);
  for (guint i = 0; i < call->legs->len; i++)
    g_string_append_printf(roles, "%s%s", i ? "," : "", ((const EsCallLeg *)call->legs->pdata[i])->role);
  return g_string_free(g_steal_pointer(&roles), FALSE);
}

static void take_legs(const EsImportItem *item, const EsSound *sound, EsCall *call) {
  const char *roles[2];
  gboolean swap;
  es_import_channel_roles(item->left, call, roles, &swap);
  for (guint i = 0; i < sound->recording.legs->len; i++) {
    const EsLegResult *from = &g_array_index(sound->recording.legs, EsLegResult, i);
    EsCallLeg *leg = es_call_leg_new(sound->mixed ? "mixed" : roles[i]);
    leg->filled_ms = from->filled_ms;
    leg->speech_ms = from->speech_ms;
    leg->raised_ms = from->raised_ms;
    leg->greeting_ms = from->greeting_ms;
    leg->loudness_lufs = from->loudness_lufs;
    g_array_append_vals(leg->speech, from->speech->data, from->speech->len);
    g_ptr_array_add(call->legs, leg);
  }
}

// ---- measures

static gint64 raised_of(const EsSound *sound) {
  gint64 sum = 0;
  for (guint i = 0; i < sound->recording.legs->len; i++) {
    gint64 raised_ms = g_array_index(sound->recording.legs, EsLegResult, i).raised_ms;
    sum += MAX(raised_ms, 0);
  }
  return sound->mixed ? ES_UNKNOWN : sum;
}

static void take_measures(const EsSound *sound, EsCall *call) {
  const EsRecordingResult *r = &sound->recording;
  const EsLegResult *first = &g_array_index(r->legs, EsLegResult, 0);
  call->audio_ms = r->audio_ms;
  call->sample_rate_hz = r->rate_hz;
  call->channels = r->channels;
  call->talk_over_ms = r->talk_over_ms;
  call->dead_air_ms = r->dead_air_ms;
  call->raised_ms = raised_of(sound);
  replace(&call->codec, first->codec);
  g_array_append_vals(call->dead_air, r->dead_air->data, r->dead_air->len);
  if (!sound->mixed)
    g_array_append_vals(call->talk_over, r->talk_over->data, r->talk_over->len);
}

// ---- times

static void add_event(EsCall *call, const char *kind, const char *detail) {
  g_ptr_array_add(call->events, es_call_event_new(0, kind, -1, detail));
}

static void guess_start(const EsImportItem *item, GTimeZone *zone, const EsSound *sound, EsCall *call) {
  GStatBuf status;
  if (sound && sound->facts.date && es_time_parse_in(sound->facts.date, zone, &call->started_us) &&
      call->started_us > 0) {
    add_event(call, "guessed", N_("start: from the file's own date"));
    return;
  }
  gint64 changed_us = g_stat(item->paths[0], &status) == 0 && status.st_mtime > 0
                          ? (gint64)status.st_mtime * ES_US_PER_S
                          : g_get_real_time();
  call->started_us = MAX(changed_us - MAX(call->audio_ms, 0) * ES_US_PER_MS, 1);
  add_event(call, "guessed", N_("start: when the file was last changed, less its length"));
}

// Of an answered call whose times nobody stated, the recording is what there is.
static void settle_times(const EsImportItem *item, GTimeZone *zone, const EsSound *sound, EsCall *call) {
  gboolean answered = g_str_equal(call->disposition, "answered");
  gint64 length_ms = call->duration_ms != ES_UNKNOWN ? call->duration_ms : MAX(call->audio_ms, 0);
  if (call->started_us == ES_UNKNOWN && call->answered_us != ES_UNKNOWN)
    call->started_us = call->answered_us - MAX(call->wait_ms, 0) * ES_US_PER_MS;
  if (call->started_us == ES_UNKNOWN && call->ended_us != ES_UNKNOWN)
    call->started_us = call->ended_us - length_ms * ES_US_PER_MS;
  if (call->started_us == ES_UNKNOWN || call->started_us <= 0)
    guess_start(item, zone, sound, call);
  if (sound && (call->answered_us == ES_UNKNOWN || call->ended_us == ES_UNKNOWN))
    add_event(call, "guessed", ES_GUESSED_TIMES);
  if (call->answered_us == ES_UNKNOWN && answered)
    call->answered_us = call->started_us;
  gint64 since_us = call->answered_us != ES_UNKNOWN ? call->answered_us : call->started_us;
  if (call->ended_us == ES_UNKNOWN && (sound || call->duration_ms != ES_UNKNOWN))
    call->ended_us = since_us + length_ms * ES_US_PER_MS;
  if (call->duration_ms == ES_UNKNOWN && answered && call->ended_us != ES_UNKNOWN)
    call->duration_ms = MAX(call->ended_us - call->answered_us, 0) / ES_US_PER_MS;
}

static void place_consent(EsCall *call) {
  for (guint i = 0; i < call->consent->len; i++) {
    EsConsentEvent *event = call->consent->pdata[i];
    if (event->at_us == ES_UNKNOWN)
      event->at_us = call->started_us;
  }
  replace(&call->consent_state, es_consent_state(call->consent));
}

static void settle_segments(EsCall *call) {
  if (call->segments->len == 0)
    g_ptr_array_add(call->segments, es_segment_new());
  EsSegment *first = call->segments->pdata[0], *last = call->segments->pdata[call->segments->len - 1];
  if (first->start_ms == ES_UNKNOWN)
    first->start_ms = 0;
  if (last->end_ms == ES_UNKNOWN && call->ended_us != ES_UNKNOWN)
    last->end_ms = MAX(call->ended_us - call->started_us, 0) / ES_US_PER_MS;
}

gboolean es_import_refused(const char *consent_state) {
  return g_strcmp0(consent_state, "refused") == 0 || g_strcmp0(consent_state, "withdrawn") == 0;
}

void es_import_complete(const EsImportItem *item, GTimeZone *zone, const EsSound *sound, EsCall *call) {
  // Somebody talked in what was recorded, also where consent keeps it out; an empty file tells of nobody.
  if (!call->disposition)
    call->disposition =
        g_strdup(sound || es_import_refused(es_consent_state(call->consent)) ? "answered" : "missed");
  if (sound)
    take_measures(sound, call);
  settle_times(item, zone, sound, call);
  settle_segments(call);
  place_consent(call);
  if (!sound)
    return;
  take_legs(item, sound, call);
  es_facts_place_audio(call);
  if (!sound->mixed && call->answered_us != ES_UNKNOWN)
    es_call_measure_greeting(call, call->started_us + call->audio_offset_ms * ES_US_PER_MS);
  if (sound->problem_detail)
    add_event(call, "cut", sound->problem_detail);
}
