// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "segments.h"
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

// The same call has the same key, whichever capture it comes from.
static gboolean choose_id(EsLiveCall *call, const EsSipMessage *first, gint64 now_us, GError **error) {
  EsCall *row = call->row;
  EsSeen seen;
  g_autofree char *known = NULL;
  char id[ES_ID_SIZE];
  es_id_new(row->started_us, id);
  const char *tag = es_sip_from(first)->tag;
  if (!es_index_seen_near(call->context->index, es_sip_call_id(first), now_us, tag ? tag : "", &seen,
                          &row->source_key, &known, error))
    return FALSE;
  if (seen == ES_SEEN_INTERRUPTED) {
    row->id = g_steal_pointer(&known);
    call->replaces = TRUE;
    return TRUE;
  }
  row->id = g_strdup(id);
  if (seen == ES_SEEN_COMPLETE && call->context->again) {
    g_autofree char *original = row->source_key;
    row->source_key = g_strdup_printf("%s|again %s", original, id);
  } else {
    call->skip = seen == ES_SEEN_COMPLETE;
  }
  return TRUE;
}

void es_live_call_free(EsLiveCall *call) {
  es_call_free(call->row);
  es_dialog_clear(&call->dialog);
  es_media_clear(&call->media);
  es_call_hints_clear(&call->hints);
  es_identity_clear(&call->identities[0]);
  es_identity_clear(&call->identities[1]);
  g_free(call->connected);
  g_clear_pointer(&call->recording, es_recording_free);
  g_array_unref(call->streams);
  g_ptr_array_unref(call->flows);
  g_array_unref(call->addresses);
  g_free(call->consent_header);
  es_capture_settings_unref(call->settings);
  g_free(call);
}

void es_live_call_fail(EsLiveCall *call, const GError *error) {
  call->failed = TRUE;
  call->disk_full |= g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE);
}

void es_live_call_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail) {
  if (call->row->events->len >= ES_CALL_MAX_EVENTS) {
    call->events_dropped++;
    return;
  }
  gint64 at_ms = (at_us - call->row->started_us) / ES_US_PER_MS;
  g_ptr_array_add(call->row->events, es_call_event_new(at_ms, kind, leg, detail));
}

void es_live_call_explain(EsLiveCall *call, gint64 now_us) {
  for (guint leg = 0; call->recording && leg < 2; leg++) {
    if (call->hold_since_us != ES_UNKNOWN)
      es_recording_explain(call->recording, leg, ES_GAP_HOLD, now_us);
    else
      es_recording_clear(call->recording, leg, now_us);
  }
}

static void follow_hold(EsLiveCall *call, gint64 now_us) {
  const EsMedia *m = &call->media;
  gboolean holding = m->held[0] || m->held[1], was = call->hold_since_us != ES_UNKNOWN;
  if (call->dialog.state != ES_DIALOG_ANSWERED || holding == was)
    return;
  if (holding) {
    call->hold_since_us = now_us;
    es_live_call_event(call, now_us, "hold", m->held[0] ? 0 : 1,
                       m->held[0] ? "by the caller" : "by the callee");
  } else {
    call->hold_us += now_us - call->hold_since_us;
    call->hold_since_us = ES_UNKNOWN;
    es_live_call_event(call, now_us, "resume", -1, NULL);
  }
  es_live_call_explain(call, now_us);
}

static void follow_media(EsLiveCall *call, const EsMediaChange *change, gint64 now_us) {
  if (change->agreed)
    for (int side = 0; side < 2; side++)
      call->may_send[side] |= es_media_may_send(&call->media, side);
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

void es_live_call_consent(EsLiveCall *call, EsConsentEvent *event) {
  EsCall *row = call->row;
  if (row->consent->len >= ES_CALL_MAX_CONSENT) {
    es_consent_event_free(event);
    return;
  }
  g_ptr_array_add(row->consent, event);
  g_free(row->consent_state);
  row->consent_state = g_strdup(es_consent_state(row->consent));
  call->verdict = es_gate_decide(row->consent_state);
  call->dirty = TRUE;
}

static void follow_consent_header(EsLiveCall *call, const EsSipMessage *m, gint64 now_us) {
  const char *value;
  const char *state = es_consent_rules_header(call->settings->consent, m, &value);
  if (!state || g_strcmp0(value, call->consent_header) == 0)
    return; // nothing, or the same again on another hop
  g_free(call->consent_header);
  call->consent_header = g_strdup(value);
  EsConsentEvent *event = es_consent_event_new(now_us, state, "header");
  event->detail = g_strdup(value);
  es_live_call_consent(call, event);
}

void es_live_call_prompt(EsLiveCall *call, gint64 now_us) {
  if (!call->prompt || call->prompted || now_us < call->dialog.answered_us + call->prompt->start_us)
    return;
  call->prompted = TRUE;
  EsConsentEvent *event =
      es_consent_event_new(call->dialog.answered_us + call->prompt->start_us, "requested", "dtmf");
  event->notice = g_strdup(call->prompt->notice);
  event->version = g_strdup(call->prompt->version);
  es_live_call_consent(call, event);
}

static void consent_by_announcement(EsLiveCall *call, gint64 now_us) {
  const char *notice, *version;
  if (!es_consent_rules_announced(call->settings->consent, call->row->callee, &notice, &version))
    return;
  EsConsentEvent *event = es_consent_event_new(now_us, "given", "callee");
  event->notice = g_strdup(notice);
  event->version = g_strdup(version);
  es_live_call_consent(call, event);
}

static void consent_at_answer(EsLiveCall *call, gint64 now_us) {
  consent_by_announcement(call, now_us);
  call->prompt = es_consent_rules_prompt(call->settings->consent, call->row->callee);
  es_live_call_prompt(call, now_us);
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
  call->row->answered_us = now_us;
  es_live_call_event(call, now_us, "joined", -1, NULL);
  consent_by_announcement(call, now_us);
}

EsLiveCall *es_live_call_new(const EsCallContext *context, const EsSipMessage *first, const char *source,
                             gint64 now_us, GError **error) {
  EsLiveCall *call = g_new0(EsLiveCall, 1);
  call->context = context;
  call->settings = es_capture_settings_ref(context->settings);
  call->row = es_call_new();
  call->row->started_us = now_us;
  call->row->dropped_packets = context->live ? 0 : ES_UNKNOWN;
  call->row->call_id = g_strdup(es_sip_call_id(first));
  call->row->source = g_strdup(source);
  name_parties(call->row, first);
  es_media_init(&call->media);
  es_call_hints_init(&call->hints);
  call->cseq[0] = es_sip_cseq(first);
  call->last_us = now_us;
  call->media_us = call->hold_since_us = call->over_us = ES_UNKNOWN;
  call->streams = g_array_new(FALSE, FALSE, sizeof(EsLiveStream));
  call->flows = g_ptr_array_new();
  call->addresses = g_array_new(FALSE, FALSE, sizeof(EsAddress));
  call->verdict = es_gate_decide("unknown");
  if (es_sip_to(first)->tag)
    join(call, first, now_us);
  else
    es_dialog_init(&call->dialog, first);
  if (choose_id(call, first, now_us, error))
    return call;
  es_live_call_free(call);
  return NULL;
}

static void take_change(EsLiveCall *call, EsDialogChange change, gint64 now_us) {
  call->dirty |= change != ES_DIALOG_NOTHING;
  switch (change) {
  case ES_DIALOG_ANSWER:
    call->row->answered_us = now_us;
    call->over = FALSE;
    consent_at_answer(call, now_us);
    break;
  case ES_DIALOG_BYE:
  case ES_DIALOG_REFUSAL:
    call->row->answered_us = call->dialog.answered_us; // of a joined call that turns out to be none
    call->over = TRUE;
    call->over_us = now_us;
    break;
  case ES_DIALOG_BYE_UNDONE:
  case ES_DIALOG_RETRY:
    call->over = FALSE;
    break;
  case ES_DIALOG_CANCEL:
  case ES_DIALOG_NOTHING:
    break;
  }
}

// The first of the users that this side says it is who works here; *found FALSE if none does.
static gboolean find_connected(EsLiveCall *call, char **users, guint n, gint64 now_us, gboolean *found,
                               GError **error) {
  *found = FALSE;
  for (guint i = 0; i < n && !*found; i++) {
    if (!es_mapping_is_internal(call->settings->mapping, call->context->index, users[i], now_us, found,
                                error))
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
  gboolean changed = es_mapping_read(call->settings->mapping, m, turned, &call->hints);
  if (!follow_identity(call, m, sender, now_us, &connected, error))
    return FALSE;
  if ((!changed && !connected && !settle) || call->dialog.state == ES_DIALOG_ENDED)
    return TRUE;
  EsMapParties parties = {.passed_to = call->dialog.answered_user, .connected = call->connected};
  g_autofree char *agent = NULL, *queue = NULL;
  if (!es_mapping_apply(call->settings->mapping, &call->hints, &parties, call->context->index, call->row,
                        &agent, &queue, error))
    return FALSE;
  es_segments_set(call->row, agent, queue, now_us);
  call->dirty = TRUE;
  return TRUE;
}

gboolean es_live_call_sip(EsLiveCall *call, const EsSipMessage *m, gint64 now_us, EsMediaChange *change,
                          GError **error) {
  int sender = es_dialog_sender(&call->dialog, m);
  gboolean first = call->row->segments->len == 0;
  call->last_us = now_us;
  if (es_sip_is_request(m))
    note_request(call, m, sender, now_us);
  EsDialogChange what = es_dialog_message(&call->dialog, m, now_us);
  take_change(call, what, now_us);
  es_media_message(&call->media, m, sender, call->context->scratch, change);
  follow_media(call, change, now_us);
  follow_consent_header(call, m, now_us);
  if (call->skip)
    return TRUE;
  if (!follow_people(call, m, sender, first || what == ES_DIALOG_ANSWER, now_us, error))
    return FALSE;
  return !(first || call->dirty) || es_live_call_save(call, error);
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
  gboolean silent_by_right = call->hold_since_us != ES_UNKNOWN || call->media_us == ES_UNKNOWN;
  *end = ES_END_TIMEOUT;
  *done = silent_by_right ? now_us - call->last_us > s->idle_timeout_us
                          : now_us - call->media_us > s->media_timeout_us &&
                                now_us - call->dialog.answered_us > s->media_timeout_us;
}

static void tick_state(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
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

// A call whose time is over is not recorded up to now: where the capture's clock leaps, that may be a day on.
gboolean es_live_call_tick(EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end, GError **error) {
  *done = FALSE;
  es_live_call_prompt(call, MIN(now_us, call->over ? call->over_us : now_us));
  es_live_call_expire_keys(call, now_us);
  if (call->dirty && !call->skip && !es_live_call_save(call, error))
    return FALSE;
  tick_state(call, now_us, done, end);
  if (*done)
    return TRUE;
  if (call->recording && !call->failed && !call->over &&
      !es_recording_advance(call->recording, now_us, error)) {
    es_live_call_fail(call, error ? *error : NULL);
    return FALSE;
  }
  return TRUE;
}
