// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that their own SIP dialog drives: what its messages do to them.
#include "call.h"
#include "earshot/common/i18n.h"
#include "sequel.h"
#include <string.h>

#define CANCEL_PATIENCE_US (32 * ES_US_PER_S) // RFC 3261 timer B
#define RETRY_PATIENCE_US (120 * ES_US_PER_S) // people type their password

static void name_parties(EsCall *row, const EsSipMessage *first) {
  const EsSipParty *from = es_sip_from(first), *to = es_sip_to(first);
  row->caller = g_strdup(from->user);
  row->caller_uri = g_strdup(from->uri);
  row->caller_name = g_strdup(from->display);
  row->callee = g_strdup(to->user);
  row->callee_uri = g_strdup(to->uri);
  row->callee_name = g_strdup(to->display);
}

static void follow_hold(EsLiveCall *call, gint64 now_us) {
  const EsMedia *m = &call->media;
  gboolean holding = m->held[0] || m->held[1];
  if (call->dialog.state != ES_DIALOG_ANSWERED)
    return;
  if (holding)
    es_live_call_hold(call, m->held[0] ? 0 : 1, m->held[0] ? "by the caller" : "by the callee", now_us);
  else
    es_live_call_resume(call, now_us);
}

// What is told and not kept: a fax in place of voices, moving pictures beside them.
static void follow_others(EsLiveCall *call, gint64 now_us) {
  const EsMedia *m = &call->media;
  if (m->fax != call->faxing) {
    call->faxing = m->fax;
    es_live_call_event(call, now_us, m->fax ? "fax" : "voice", -1, m->fax ? "T.38" : NULL);
    es_live_call_explain(call, now_us);
  }
  if (m->video && !call->pictured)
    es_live_call_event(call, now_us, "video", -1, m->video);
  call->pictured = m->video != NULL;
}

static void follow_media(EsLiveCall *call, const EsMediaChange *change, gint64 now_us) {
  if (change->agreed)
    follow_others(call, now_us);
  if (change->agreed)
    for (int side = 0; side < 2; side++)
      call->legs[side].may_send |= es_media_may_send(&call->media, side);
  follow_hold(call, now_us);
}

// Things that people look for later, which change nothing here.
static void note_request(EsLiveCall *call, const EsSipMessage *m, int sender, gint64 now_us) {
  const char *method = es_sip_method(m);
  if (strcmp(method, "INVITE") == 0 && es_sip_cseq(m) > call->cseq[sender]) {
    call->cseq[sender] = es_sip_cseq(m);
    if (call->dialog.state == ES_DIALOG_ANSWERED)
      es_live_call_event(call, now_us, "reinvite", sender, NULL);
  }
}

gboolean es_live_call_is_shown_by(const EsSipMessage *m) {
  return strcmp(es_sip_method(m), "INVITE") == 0 &&
         (es_sip_is_request(m) || (es_sip_status(m) >= 200 && es_sip_status(m) < 300));
}

// The call was answered before anything of it was seen. When, who waited and what was asked by then is not
// known; that a re-INVITE asks for a change is.
static void join(EsLiveCall *call, const EsSipMessage *first, gint64 now_us) {
  es_dialog_join(&call->dialog, first, now_us);
  call->media.agreements = es_sip_is_request(first) ? 1 : 0;
  call->joined = TRUE;
  call->row->answered_us = now_us;
  es_live_call_event(call, now_us, "joined", -1, NULL);
  es_live_call_consent_by_number(call, now_us);
}

static const EsCallDriver DRIVER;

EsLiveCall *es_live_call_new(const EsCallContext *context, const EsSipMessage *first, const char *source,
                             gint64 now_us, GError **error) {
  EsLiveCall *call = es_live_call_begin(context, &DRIVER, es_sip_call_id(first), source, now_us);
  const char *tag = es_sip_from(first)->tag;
  name_parties(call->row, first);
  call->cseq[0] = es_sip_cseq(first);
  es_live_call_add_leg(call, NULL);
  es_live_call_add_leg(call, NULL);
  gboolean joined = es_sip_to(first)->tag != NULL;
  gboolean ok = es_sequel_begin(call, tag ? tag : "", es_sip_to(first)->tag, error);
  if (joined)
    join(call, first, now_us);
  else
    es_dialog_init(&call->dialog, first);
  if (ok && (call->row->id || es_live_call_identify(call, tag ? tag : "", now_us, error)))
    return call;
  es_live_call_free(call);
  return NULL;
}

static void take_change(EsLiveCall *call, EsDialogChange change, gint64 now_us) {
  call->dirty |= change != ES_DIALOG_NOTHING;
  switch (change) {
  case ES_DIALOG_ANSWER:
    if (es_live_call_is_up(call))
      es_live_call_answer_seen(call, now_us);
    else
      es_live_call_answer(call, now_us);
    break;
  case ES_DIALOG_BYE:
  case ES_DIALOG_REFUSAL:
    if (call->dialog.answered_us == ES_UNKNOWN)
      es_live_call_unanswer(call);
    call->over = TRUE;
    call->over_us = now_us;
    break;
  case ES_DIALOG_BYE_UNDONE:
  case ES_DIALOG_RETRY:
    call->over = FALSE;
    break;
  case ES_DIALOG_CANCEL:
    es_live_call_unanswer(call);
    break;
  case ES_DIALOG_NOTHING:
    break;
  }
}

// The first of the users that this side says it is who works here; *found FALSE if none does.
static gboolean find_connected(EsLiveCall *call, char **users, guint n, gint64 now_us, gboolean *found,
                               GError **error) {
  *found = FALSE;
  for (guint i = 0; i < n && !*found; i++) {
    if (!es_live_call_is_internal(call, users[i], now_us, found, error))
      return FALSE;
    if (*found && g_strcmp0(users[i], call->connected) == 0) {
      *found = FALSE; // as before
      return TRUE;
    }
    if (*found) {
      g_free(call->connected);
      call->connected = g_strdup(users[i]);
    }
  }
  return TRUE;
}

// Requests and answers of the agent's side that settle who speaks.
static gboolean follow_identity(EsLiveCall *call, const EsSipMessage *m, int sender, gint64 now_us,
                                gboolean *changed, GError **error) {
  const char *method = es_sip_method(m);
  int agent_side = strcmp(call->row->direction, "outbound") == 0 ? 0 : 1;
  gboolean settles = (strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0) &&
                     (es_sip_is_request(m) ? es_sip_to(m)->tag != NULL : es_sip_status(m) / 100 == 2);
  *changed = FALSE;
  if (!settles || sender != agent_side || call->dialog.state != ES_DIALOG_ANSWERED)
    return TRUE;
  char *users[ES_IDENTITY_MAX];
  guint n = es_identity_read(&call->identities[sender], m,
                             sender == 0 ? call->row->caller : call->row->callee, users);
  gboolean ok = find_connected(call, users, n, now_us, changed, error);
  for (guint i = 0; i < n; i++)
    g_free(users[i]);
  return ok;
}

// Who is in the call now. settle: whatever was read before.
static gboolean follow_people(EsLiveCall *call, const EsSipMessage *m, int sender, gboolean settle,
                              gint64 now_us, GError **error) {
  gboolean turned = (es_sip_is_request(m) ? sender : 1 - sender) == 1, connected;
  EsMapInput input = {.message = m, .turned = turned};
  gboolean changed = es_mapping_read(call->settings->mapping, &input, &call->hints);
  if (!follow_identity(call, m, sender, now_us, &connected, error))
    return FALSE;
  if ((!changed && !connected && !settle) || call->dialog.state == ES_DIALOG_ENDED)
    return TRUE;
  EsMapParties parties = {.passed_to = call->dialog.answered_user, .connected = call->connected};
  return es_live_call_map(call, &parties, now_us, error);
}

gboolean es_live_call_sip(EsLiveCall *call, const EsSipMessage *m, gint64 now_us, EsMediaChange *change,
                          GError **error) {
  int sender = es_dialog_sender(&call->dialog, m);
  gboolean first = call->row->segments->len == 0;
  call->last_us = now_us;
  gboolean inferred = es_live_call_infer(call, m, now_us);
  if (es_sip_is_request(m))
    note_request(call, m, sender, now_us);
  EsDialogChange what = es_dialog_message(&call->dialog, m, now_us);
  take_change(call, what, now_us);
  es_media_message(&call->media, m, sender, call->context->scratch, change);
  call->generation = call->media.generation;
  follow_media(call, change, now_us);
  es_live_call_consent_by_header(call, m, now_us);
  if (call->skip && !call->left)
    return TRUE;
  gboolean answered = inferred || what == ES_DIALOG_ANSWER;
  if (!follow_people(call, m, sender, first || answered, now_us, error))
    return FALSE;
  return call->left || !(first || call->dirty) || es_live_call_save(call, error);
}

static void tick_calling(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  const EsDialog *d = &call->dialog;
  *end = d->cancelled ? ES_END_HANGUP : ES_END_TIMEOUT;
  *done = d->cancelled ? now_us - d->cancelled_us > CANCEL_PATIENCE_US
                       : now_us - call->last_us > call->settings->ring_timeout_us;
}

// A refused call waits for another try, or for a fork that still rings.
static void tick_refused(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  const EsDialog *d = &call->dialog;
  gboolean waits =
      (es_dialog_status_is_retried(d->sip_status) && !d->cancelled) || es_dialog_has_open_branch(d);
  *end = ES_END_HANGUP;
  *done = now_us - d->ended_us > (waits ? RETRY_PATIENCE_US : call->settings->linger_us);
}

static void tick_answered(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  const EsCaptureSettings *s = call->settings;
  gboolean silent_by_right =
      call->hold_since_us != ES_UNKNOWN || call->faxing || call->media_us == ES_UNKNOWN;
  *end = ES_END_TIMEOUT;
  *done = silent_by_right ? now_us - call->last_us > s->idle_timeout_us
                          : now_us - call->media_us > s->media_timeout_us &&
                                now_us - call->dialog.answered_us > s->media_timeout_us;
}

static void tick(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  switch (call->dialog.state) {
  case ES_DIALOG_CALLING:
    tick_calling(call, now_us, done, end);
    break;
  case ES_DIALOG_REFUSED:
    tick_refused(call, now_us, done, end);
    break;
  case ES_DIALOG_ANSWERED:
    tick_answered(call, now_us, done, end);
    break;
  case ES_DIALOG_ENDED:
    *end = ES_END_HANGUP;
    *done = now_us - call->dialog.ended_us > call->settings->linger_us;
    break;
  }
}

static gboolean codec(const EsLiveCall *call, guint leg, guint payload_type, EsCodec *found) {
  return es_media_codec(&call->media, (int)leg, payload_type, found);
}

static gboolean is_encrypted(const EsLiveCall *call, G_GNUC_UNUSED guint leg) {
  return es_media_is_encrypted(&call->media);
}

static EsMediaKeys *keys(EsLiveCall *call, guint leg) {
  return &call->media.sides[leg].keys;
}

static const char *disposition(const EsLiveCall *call) {
  return es_dialog_disposition(&call->dialog);
}

static int sip_status(const EsLiveCall *call) {
  return call->dialog.sip_status;
}

static const char *side_name(int side) {
  return side == 0 ? "caller" : "callee";
}

static gboolean settle_end(EsLiveCall *call) {
  const EsDialog *d = &call->dialog;
  EsCall *row = call->row;
  g_clear_pointer(&row->ended_by, g_free);
  if (d->state == ES_DIALOG_ENDED) {
    row->ended_us = d->ended_us;
    row->ended_by = g_strdup(side_name(d->ended_by));
  } else if (d->state == ES_DIALOG_REFUSED) {
    row->ended_us = d->ended_us;
    row->ended_by = g_strdup(side_name(d->cancelled ? 0 : 1));
  } else if (d->state == ES_DIALOG_CALLING && d->cancelled) {
    row->ended_us = d->cancelled_us;
    row->ended_by = g_strdup(side_name(0));
  }
  return row->ended_by != NULL;
}

static void clear(EsLiveCall *call) {
  es_dialog_clear(&call->dialog);
  es_media_clear(&call->media);
  es_identity_clear(&call->identities[0]);
  es_identity_clear(&call->identities[1]);
  g_free(call->connected);
}

static const EsCallDriver DRIVER = {.codec = codec,
                                    .is_encrypted = is_encrypted,
                                    .keys = keys,
                                    .tick = tick,
                                    .settle_end = settle_end,
                                    .disposition = disposition,
                                    .sip_status = sip_status,
                                    .clear = clear};
