// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "earshot/index/recording.h"
#include "segments.h"
#include <string.h>

EsLiveCall *es_live_call_begin(const EsCallContext *context, const EsCallDriver *driver, const char *call_id,
                               const char *source, gint64 started_us) {
  EsLiveCall *call = g_new0(EsLiveCall, 1);
  call->context = context;
  call->driver = driver;
  call->settings = es_capture_settings_ref(context->settings);
  call->row = es_call_new();
  call->row->started_us = started_us;
  call->row->dropped_packets = context->live ? 0 : ES_UNKNOWN;
  call->row->call_id = g_strdup(call_id);
  call->row->source = g_strdup(source);
  es_media_init(&call->media);
  es_call_hints_init(&call->hints);
  call->last_us = started_us;
  call->media_us = call->hold_since_us = call->over_us = call->audio_us = ES_UNKNOWN;
  call->streams = g_array_new(FALSE, FALSE, sizeof(EsLiveStream));
  call->flows = g_ptr_array_new();
  call->addresses = g_array_new(FALSE, FALSE, sizeof(EsAddress));
  call->verdict = es_gate_decide("unknown");
  call->shed = es_bound_reason(context->bound);
  return call;
}

gboolean es_live_call_identify(EsLiveCall *call, const char *tag, gint64 seen_us, GError **error) {
  EsCall *row = call->row;
  EsSeen seen;
  g_autofree char *known = NULL;
  char id[ES_ID_SIZE];
  es_id_new(row->started_us, id);
  GError *failed = NULL;
  if (!es_index_seen_near(call->context->index, row->call_id ? row->call_id : call->key, seen_us, tag, &seen,
                          &row->source_key, &known, &failed) &&
      !es_live_index_excuses(call->context->live_index, failed, error))
    return FALSE;
  // A recorder was stopped and started within a moment, and this is the rest; in a file it may be a copy.
  gboolean rest = seen == ES_SEEN_OVER && call->context->live;
  if (seen == ES_SEEN_OVER)
    seen = ES_SEEN_COMPLETE;
  // A second one in hand, as a client that repeats itself at once makes them, is a call of its own.
  gboolean taken =
      seen != ES_SEEN_COMPLETE && !g_hash_table_add(call->context->keys, g_strdup(row->source_key));
  taken |= seen == ES_SEEN_INTERRUPTED && call->follows; // whose file stays
  if (seen == ES_SEEN_INTERRUPTED && !taken) {
    row->id = g_steal_pointer(&known);
    call->replaces = TRUE;
    return TRUE;
  }
  row->id = g_strdup(id);
  if (taken || (seen == ES_SEEN_COMPLETE && (rest || call->context->again))) {
    g_autofree char *original = row->source_key;
    row->source_key = g_strdup_printf("%s|again %s", original, id);
  } else {
    call->skip = seen == ES_SEEN_COMPLETE;
  }
  return TRUE;
}

// Whoever had it may have left a row with its key.
void es_live_call_take_back(EsLiveCall *call, gint64 now_us) {
  EsCall *row = call->row;
  char id[ES_ID_SIZE];
  if (call->over)
    return;
  call->left = call->skip = call->replaces = FALSE;
  call->dirty = TRUE;
  g_autofree char *key = row->source_key;
  g_hash_table_remove(call->context->keys, key);
  es_id_new(row->started_us, id);
  row->source_key = g_strdup_printf("%s|rest %s", key, id);
  g_free(row->id);
  row->id = g_strdup(id);
  if (row->answered_us == ES_UNKNOWN)
    return;
  if (!row->group_id) // what that recorder left is of the same story
    row->group_id = g_strdup(call->conversation);
  if (!call->joined)
    es_live_call_event(call, now_us, "joined", -1, NULL);
  call->joined = TRUE;
}

void es_live_call_free(EsLiveCall *call) {
  if (call->driver)
    call->driver->clear(call);
  if (call->row && call->row->source_key)
    g_hash_table_remove(call->context->keys, call->row->source_key);
  es_call_free(call->row);
  es_call_hints_clear(&call->hints);
  g_free(call->key);
  g_free(call->follows);
  g_free(call->client);
  g_free(call->conversation);
  g_free(call->legs);
  es_settlement_free(call->settlement);
  g_clear_pointer(&call->audio, es_audio_free);
  g_array_unref(call->streams);
  g_ptr_array_unref(call->flows);
  g_array_unref(call->addresses);
  g_free(call->consent_header);
  es_capture_settings_unref(call->settings);
  g_free(call);
}

static void fail(EsLiveCall *call, const GError *error) {
  call->failed = TRUE;
  call->disk_full |= g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE);
}

gboolean es_live_call_check_audio(EsLiveCall *call, GError **error) {
  g_autoptr(GError) failed = NULL;
  if (es_audio_check(call->audio, &failed))
    return TRUE;
  fail(call, failed);
  g_propagate_error(error, g_steal_pointer(&failed));
  return FALSE;
}

const char *es_live_call_key(const EsLiveCall *call) {
  return call->key ? call->key : call->row->call_id;
}

gboolean es_live_call_is_up(const EsLiveCall *call) {
  return call->row->answered_us != ES_UNKNOWN && !call->over;
}

int es_live_call_add_leg(EsLiveCall *call, const char *role) {
  if (call->n_legs >= ES_CALL_MAX_LEGS)
    return -1;
  call->legs = g_renew(EsLiveLeg, call->legs, call->n_legs + 1);
  call->legs[call->n_legs] = (EsLiveLeg){.role = role};
  if (call->audio)
    es_audio_add_leg(call->audio);
  return (int)call->n_legs++;
}

const char *es_live_call_role(const EsLiveCall *call, guint leg) {
  const char *roles[2];
  es_leg_roles(call->row->direction, roles);
  return leg < call->n_legs && call->legs[leg].role ? call->legs[leg].role : roles[MIN(leg, 1)];
}

void es_live_call_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail) {
  if (call->row->events->len >= ES_CALL_MAX_EVENTS) {
    call->events_dropped++;
    return;
  }
  gint64 at_ms = (at_us - call->row->started_us) / ES_US_PER_MS;
  g_ptr_array_add(call->row->events, es_call_event_new(at_ms, kind, leg, detail));
}

void es_live_call_late_event(EsLiveCall *call, gint64 at_us, const char *kind, int leg, const char *detail) {
  GPtrArray *events = call->row->events;
  guint at = events->len;
  es_live_call_event(call, at_us, kind, leg, detail);
  if (events->len == at)
    return; // too many
  EsCallEvent *late = g_ptr_array_steal_index(events, at);
  while (at > 0 && ((EsCallEvent *)events->pdata[at - 1])->at_ms > late->at_ms)
    at--;
  g_ptr_array_insert(events, (int)at, late);
}

// What explains that nothing is heard of a leg: a pause of the recording before a hold.
void es_live_call_explain(EsLiveCall *call, gint64 now_us) {
  for (guint leg = 0; call->audio && leg < call->n_legs; leg++) {
    if (call->legs[leg].paused)
      es_audio_explain(call->audio, leg, ES_GAP_PAUSED, now_us);
    else if (call->hold_since_us != ES_UNKNOWN || call->faxing)
      es_audio_explain(call->audio, leg, ES_GAP_HOLD, now_us);
    else
      es_audio_clear(call->audio, leg, now_us);
  }
}

void es_live_call_hold(EsLiveCall *call, int leg, const char *detail, gint64 now_us) {
  if (call->hold_since_us != ES_UNKNOWN)
    return;
  call->hold_since_us = now_us;
  es_live_call_event(call, now_us, "hold", leg, detail);
  es_live_call_explain(call, now_us);
}

void es_live_call_resume(EsLiveCall *call, gint64 now_us) {
  if (call->hold_since_us == ES_UNKNOWN)
    return;
  call->hold_us += now_us - call->hold_since_us;
  call->hold_since_us = ES_UNKNOWN;
  es_live_call_event(call, now_us, "resume", -1, NULL);
  es_live_call_explain(call, now_us);
}

void es_live_call_consent(EsLiveCall *call, EsConsentEvent *event) {
  EsCall *row = call->row;
  if (row->consent->len >= ES_CALL_MAX_CONSENT) {
    es_consent_event_free(event);
    return;
  }
  g_ptr_array_add(row->consent, event);
  es_live_call_follow_consent(call);
}

void es_live_call_follow_consent(EsLiveCall *call) {
  EsCall *row = call->row;
  g_free(row->consent_state);
  row->consent_state = g_strdup(es_consent_state(row->consent));
  call->verdict = es_gate_decide(row->consent_state);
  call->dirty = TRUE;
}

void es_live_call_consent_by_header(EsLiveCall *call, const EsSipMessage *m, gint64 now_us) {
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
  if (!call->prompt || call->prompted || call->row->answered_us == ES_UNKNOWN ||
      now_us < call->row->answered_us + call->prompt->start_us)
    return;
  call->prompted = TRUE;
  EsConsentEvent *event =
      es_consent_event_new(call->row->answered_us + call->prompt->start_us, "requested", "dtmf");
  event->notice = g_strdup(call->prompt->notice);
  event->version = g_strdup(call->prompt->version);
  es_live_call_consent(call, event);
}

void es_live_call_consent_by_number(EsLiveCall *call, gint64 now_us) {
  const char *notice, *version;
  if (!es_consent_rules_announced(call->settings->consent, call->row->callee, &notice, &version))
    return;
  EsConsentEvent *event = es_consent_event_new(now_us, "given", "callee");
  event->notice = g_strdup(notice);
  event->version = g_strdup(version);
  es_live_call_consent(call, event);
}

void es_live_call_answer(EsLiveCall *call, gint64 now_us) {
  call->row->answered_us = now_us;
  call->over = FALSE;
  es_live_call_consent_by_number(call, now_us);
  call->prompt = es_consent_rules_prompt(call->settings->consent, call->row->callee);
  es_live_call_prompt(call, now_us);
}

gboolean es_live_call_is_internal(const EsLiveCall *call, const char *user, gint64 now_us, gboolean *internal,
                                  GError **error) {
  const EsMapping *mapping = call->settings->mapping;
  GError *failed = NULL;
  if (es_mapping_is_internal(mapping, call->context->index, user, now_us, internal, &failed))
    return TRUE;
  return es_live_index_excuses(call->context->live_index, failed, error) &&
         es_mapping_is_internal(mapping, NULL, user, now_us, internal, error);
}

// Without the directory where that cannot be read.
static gboolean map(EsLiveCall *call, const EsMapParties *parties, char **agent, char **queue,
                    GError **error) {
  const EsMapping *mapping = call->settings->mapping;
  GError *failed = NULL;
  if (es_mapping_apply(mapping, &call->hints, parties, call->context->index, call->row, agent, queue,
                       &failed))
    return TRUE;
  g_clear_pointer(agent, g_free);
  g_clear_pointer(queue, g_free);
  return es_live_index_excuses(call->context->live_index, failed, error) &&
         es_mapping_apply(mapping, &call->hints, parties, NULL, call->row, agent, queue, error);
}

gboolean es_live_call_map(EsLiveCall *call, const EsMapParties *parties, gint64 now_us, GError **error) {
  g_autofree char *agent = NULL, *queue = NULL;
  if (!map(call, parties, &agent, &queue, error))
    return FALSE;
  if (call->client && strcmp(call->row->client, "default") == 0) { // its INVITE may have said more
    g_free(call->row->client);
    call->row->client = g_strdup(call->client);
  }
  es_segments_set(call->row, agent, queue, now_us);
  call->dirty = TRUE;
  return TRUE;
}

// A call whose time is over is not recorded up to now: where the capture's clock leaps, that may be a day on.
gboolean es_live_call_tick(EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end, GError **error) {
  *done = FALSE;
  es_live_call_prompt(call, MIN(now_us, call->over ? call->over_us : now_us));
  es_live_call_expire_keys(call, now_us);
  es_live_call_settle_sources(call, now_us);
  es_live_call_infer_from_voices(call, now_us);
  if (call->dirty && !call->skip && !es_live_call_save(call, error))
    return FALSE;
  call->driver->tick(call, now_us, done, end);
  if (*done)
    return TRUE;
  if (!call->audio || call->failed || call->over)
    return TRUE;
  es_audio_advance(call->audio, now_us);
  return es_live_call_check_audio(call, error);
}
