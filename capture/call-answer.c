// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The answer of a call that its own dialog drives, where no 2xx to its INVITE was seen: what messages prove
// is in dialog.c, here is what its voices tell (docs/decisions/0078).
//
// A caller learns from a description where the callee hears. While none was seen, neither in a provisional
// response nor in a 2xx, the caller's packets and the callee's at the same time show that it came, most
// likely with the answer. After early media was agreed on they show nothing for long: ringing tones and
// queues sound before the answer too, and phones send silence to them.
#include "call.h"
#include <string.h>

#define BOTH_US ES_US_PER_S          // that each voice must last
#define GOES_ON_US (2 * ES_US_PER_S) // its latest packet
// No INVITE stays unanswered for so long without another provisional response (RFC 3261 sections 13.3.1.1 and
// 16.6, timer C).
#define LONGEST_RINGING_US (200 * ES_US_PER_S)

typedef struct {
  gint64 from_us, until_us; // ES_UNKNOWN: it was not heard
} Voice;

// Since the caller's latest INVITE: what was heard before is of a try that was refused.
static Voice voice_of(const EsLiveCall *call, int leg) {
  Voice voice = {ES_UNKNOWN, ES_UNKNOWN};
  for (guint i = 0; i < call->streams->len; i++) {
    const EsLiveStream *stream = &g_array_index(call->streams, EsLiveStream, i);
    if (stream->leg != leg || stream->last_us < call->dialog.asked_us)
      continue;
    gint64 from_us = MAX(stream->began_us, call->dialog.asked_us);
    voice.from_us = voice.from_us == ES_UNKNOWN ? from_us : MIN(voice.from_us, from_us);
    voice.until_us = MAX(voice.until_us, stream->last_us);
  }
  return voice;
}

// When it was answered at the earliest, as far as voices and ringing tell.
static gint64 estimate(const EsLiveCall *call, gint64 now_us) {
  Voice caller = voice_of(call, 0), callee = voice_of(call, 1);
  gboolean described = es_media_is_described(&call->media, 1);
  gboolean both = caller.from_us != ES_UNKNOWN && callee.from_us != ES_UNKNOWN;
  if (!both && (caller.from_us == ES_UNKNOWN || described))
    return now_us;
  gint64 at_us = both ? MAX(caller.from_us, callee.from_us) : caller.from_us;
  if (described && call->dialog.rung_us != ES_UNKNOWN)
    at_us = MAX(at_us, call->dialog.rung_us);
  return MIN(at_us, now_us);
}

static void infer(EsLiveCall *call, const char *proof, const EsSipMessage *m, gint64 at_us) {
  es_dialog_infer(&call->dialog, proof, m, at_us);
  es_media_presume(&call->media);
  for (int side = 0; side < 2; side++)
    call->legs[side].may_send |= es_media_may_send(&call->media, side);
  call->dirty = TRUE;
  es_live_call_late_event(call, at_us, ES_EVENT_ANSWER_UNSEEN, -1, proof);
  es_live_call_answer(call, at_us);
}

gboolean es_live_call_infer(EsLiveCall *call, const EsSipMessage *m, gint64 now_us) {
  EsDialogVoices voices = {.described = es_media_is_described(&call->media, 1),
                           .both = voice_of(call, 0).from_us != ES_UNKNOWN &&
                                   voice_of(call, 1).from_us != ES_UNKNOWN,
                           .strict = !call->settings->early_media};
  const char *proof = es_dialog_proof(&call->dialog, m, &voices);
  if (proof)
    infer(call, proof, m, strcmp(proof, "ACK") == 0 ? now_us : estimate(call, now_us));
  return proof != NULL;
}

static gboolean lasts(const Voice *voice, gint64 now_us) {
  return voice->from_us != ES_UNKNOWN && voice->until_us - voice->from_us >= BOTH_US &&
         now_us - voice->until_us < GOES_ON_US;
}

void es_live_call_infer_from_voices(EsLiveCall *call, gint64 now_us) {
  if (call->session || call->dialog.state != ES_DIALOG_CALLING || call->dialog.cancelled ||
      !call->settings->early_media) // what is kept is not taken back
    return;
  Voice caller = voice_of(call, 0), callee = voice_of(call, 1);
  if (!lasts(&caller, now_us) || !lasts(&callee, now_us))
    return;
  gint64 at_us = estimate(call, now_us);
  if (!es_media_is_described(&call->media, 1) || now_us - at_us >= LONGEST_RINGING_US)
    infer(call, "RTP", NULL, at_us);
}

// ---- what turns out otherwise

static void remove_event(EsLiveCall *call) {
  GPtrArray *events = call->row->events;
  for (guint i = events->len; i > 0; i--)
    if (strcmp(((const EsCallEvent *)events->pdata[i - 1])->kind, ES_EVENT_ANSWER_UNSEEN) == 0)
      g_ptr_array_remove_index(events, i - 1);
}

// What follows from an answer alone; that somebody refused stays.
static gboolean is_of_answer(const EsConsentEvent *event) {
  gboolean derived = strcmp(event->source, "callee") == 0 || strcmp(event->source, "dtmf") == 0;
  return derived && (strcmp(event->state, "given") == 0 || strcmp(event->state, "requested") == 0);
}

void es_live_call_unanswer(EsLiveCall *call) {
  GPtrArray *consent = call->row->consent;
  if (call->row->answered_us == ES_UNKNOWN)
    return;
  remove_event(call);
  call->row->answered_us = ES_UNKNOWN;
  call->prompt = NULL;
  call->prompted = FALSE;
  for (guint i = consent->len; i > 0; i--)
    if (is_of_answer(consent->pdata[i - 1]))
      g_ptr_array_remove_index(consent, i - 1);
  es_live_call_follow_consent(call);
}

void es_live_call_answer_seen(EsLiveCall *call, gint64 now_us) {
  es_live_call_unanswer(call); // also a key that was pressed in somebody's menu
  es_live_call_answer(call, now_us);
}
