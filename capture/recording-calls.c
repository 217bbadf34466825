// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that a recording session drives: one for each communication session, made when its metadata first
// names it. Which line is whose voice is settled anew after each negotiation and each change of the metadata:
//
//   - a line whose label a participant sends is that participant's leg; of one who left, until another claims
//     it, so that late packets count where they belong;
//   - a line whose label nobody knows is a leg of the latest session that has none on a line;
//   - a line that no session claims is nobody's, and its packets are not recorded.
#include "earshot/common/i18n.h"
#include "recording-private.h"
#include "recording-sessions.h"
#include "sequel.h"
#include <string.h>

#define START_BEFORE_US (10 * ES_US_PER_S) // how much earlier than its message a session may have begun
#define STOP_BEFORE_US (10 * ES_US_PER_S)
#define LEAST_ID 16                   // characters of an id that no other session has
#define TRANSFER_US (2 * ES_US_PER_S) // from the end of one session to the next of the same people

gint64 es_recording_call_time(const EsRecordedCall *recorded, gint64 now_us) {
  return now_us - recorded->call->set_us;
}

// ---- as a call is driven

static const EsRecordedLine *line_of(const EsRecordedCall *recorded, guint leg) {
  const EsRecordingSession *session = recorded->legs[leg].session;
  guint line = recorded->legs[leg].line;
  return session && line < session->n_lines ? &session->lines[line] : NULL;
}

static gboolean codec(const EsLiveCall *call, guint leg, guint payload_type, EsCodec *found) {
  const EsRecordedLine *line = line_of(call->session, leg);
  for (guint i = 0; line && i < line->n_formats; i++)
    if (line->formats[i].payload_type == payload_type) {
      *found = line->formats[i].codec;
      return TRUE;
    }
  return es_codec_from_payload_type(payload_type, found);
}

// What our own server received it has opened already.
static gboolean is_encrypted(const EsLiveCall *call, guint leg) {
  const EsRecordedCall *recorded = call->session;
  const EsRecordedLine *line = line_of(recorded, leg);
  return line && line->encrypted && !recorded->legs[leg].session->served;
}

static EsMediaKeys *keys(EsLiveCall *call, guint leg) {
  return &((EsRecordedCall *)call->session)->legs[leg].keys;
}

static gboolean is_served(const EsRecordedCall *recorded) {
  for (guint i = 0; i < recorded->sessions->len; i++)
    if (((EsRecordingSession *)recorded->sessions->pdata[i])->served)
      return TRUE;
  return FALSE;
}

// Of a session beside which we listen the BYE may be missing; one of ours ends when the server says so.
static void tick_up(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  const EsRecordedCall *recorded = call->session;
  const EsCaptureSettings *s = call->settings;
  gboolean silent_by_right =
      call->hold_since_us != ES_UNKNOWN || recorded->paused || call->media_us == ES_UNKNOWN;
  gint64 heard_us = silent_by_right ? call->last_us : MAX(call->media_us, call->row->answered_us);
  *end = ES_END_TIMEOUT;
  *done = !is_served(recorded) &&
          now_us - heard_us > (silent_by_right ? s->idle_timeout_us : s->media_timeout_us);
}

static void tick(const EsLiveCall *call, gint64 now_us, gboolean *done, EsEnd *end) {
  const EsRecordedCall *recorded = call->session;
  if (recorded->crowded || recorded->cut) {
    *done = TRUE;
    *end = recorded->crowded ? ES_END_TOO_MANY : recorded->end;
  } else if (call->over) {
    *end = ES_END_HANGUP;
    *done = now_us - call->over_us > call->settings->linger_us;
  } else if (es_live_call_is_up(call)) {
    tick_up(call, now_us, done, end);
  } else {
    *end = ES_END_TIMEOUT;
    *done = !is_served(recorded) && now_us - call->last_us > call->settings->ring_timeout_us;
  }
}

// Who of the participants hung up, no client tells.
static gboolean settle_end(EsLiveCall *call) {
  const EsRecordedCall *recorded = call->session;
  g_clear_pointer(&call->row->ended_by, g_free);
  if (call->over)
    call->row->ended_us = recorded->ended_us;
  return call->over;
}

static const EsRecordingSession *first_session(const EsLiveCall *call) {
  return ((EsRecordedCall *)call->session)->sessions->pdata[0];
}

static int sip_status(const EsLiveCall *call) {
  return first_session(call)->sip_status;
}

static const char *disposition(const EsLiveCall *call) {
  const EsRecordingSession *s = first_session(call);
  if (call->row->answered_us != ES_UNKNOWN)
    return "answered";
  return s->cancelled ? "abandoned" : s->sip_status >= 300 ? "failed" : "missed";
}

// A session that lasts for days names thousands; those that its metadata has forgotten are not asked for.
static void remember_done(EsRecordingSession *s, const char *id) {
  const GPtrArray *views = es_rs_state_sessions(s->state);
  g_hash_table_add(s->done, g_strdup(id));
  if (g_hash_table_size(s->done) <= 2 * ES_RS_MAX_SESSIONS)
    return;
  g_autoptr(GHashTable) all = g_steal_pointer(&s->done);
  s->done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < views->len; i++) {
    const EsRsView *view = views->pdata[i];
    if (g_hash_table_contains(all, view->id))
      g_hash_table_add(s->done, g_strdup(view->id));
  }
}

static void clear(EsLiveCall *call) {
  EsRecordedCall *recorded = call->session;
  for (guint i = 0; i < recorded->sessions->len; i++) {
    EsRecordingSession *session = recorded->sessions->pdata[i];
    g_ptr_array_remove(session->calls, recorded);
    remember_done(session, recorded->id);
    for (guint k = 0; k < session->n_lines; k++)
      if (session->lines[k].call == recorded)
        session->lines[k].call = NULL;
  }
  for (guint leg = 0; leg < G_N_ELEMENTS(recorded->legs); leg++)
    es_media_keys_clear(&recorded->legs[leg].keys);
  g_ptr_array_unref(recorded->sessions);
  g_ptr_array_unref(recorded->people);
  g_free(recorded->id);
  g_free(recorded->caller);
  g_free(recorded->callee);
  g_free(recorded->connected);
  g_free(recorded);
}

static const EsCallDriver DRIVER = {.codec = codec,
                                    .is_encrypted = is_encrypted,
                                    .keys = keys,
                                    .tick = tick,
                                    .settle_end = settle_end,
                                    .disposition = disposition,
                                    .sip_status = sip_status,
                                    .clear = clear};

// ---- beginning and end

static gint64 plausible(gint64 stated_us, gint64 now_us, gint64 before_us) {
  return stated_us != ES_UNKNOWN && stated_us <= now_us && now_us - stated_us <= before_us ? stated_us
                                                                                           : now_us;
}

static char *key_of(const EsRecordingSession *s, const EsRsView *view) {
  return s->pair ? g_strdup_printf("pair %s", s->pair) : g_strdup_printf("%s\n%s", s->call_id, view->id);
}

static void add_session(EsRecordedCall *recorded, EsRecordingSession *s) {
  g_ptr_array_add(recorded->sessions, s);
  g_ptr_array_add(s->calls, recorded);
}

static EsRecordedCall *new_call(EsRecordingSession *s, const EsRsView *view, gint64 now_us) {
  EsRecordedCall *recorded = g_new0(EsRecordedCall, 1);
  EsWorker *w = s->worker;
  gint64 began_us = s->calls->len == 0 && g_hash_table_size(s->done) == 0 ? s->opened_us : now_us;
  const char *source = s->served ? s->source : es_worker_source(w);
  EsLiveCall *call = es_live_call_begin(es_worker_context(w), &DRIVER, s->call_id, source,
                                        MIN(began_us, plausible(view->start_us, now_us, START_BEFORE_US)));
  recorded->call = call;
  recorded->id = g_strdup(view->id);
  recorded->ended_us = ES_UNKNOWN;
  recorded->sessions = g_ptr_array_new();
  recorded->people = g_ptr_array_new_with_free_func(es_recording_person_free);
  recorded->crowded = es_worker_is_crowded(w);
  call->session = recorded;
  call->last_us = now_us;
  call->joined = s->joined && g_hash_table_size(s->done) == 0;
  add_session(recorded, s);
  return recorded;
}

static void add_legs(EsRecordedCall *recorded, const EsRsView *view) {
  EsLiveCall *call = recorded->call;
  if (es_recording_is_mixed(view)) {
    es_live_call_add_leg(call, "mixed");
    return;
  }
  es_live_call_add_leg(call, NULL);
  es_live_call_add_leg(call, NULL);
}

static gboolean shares_people(const EsRecordedCall *recorded, const EsRsView *view) {
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    for (guint k = 0; k < recorded->people->len; k++) {
      const EsRecordedPerson *person = recorded->people->pdata[k];
      if (strcmp(person->id, member->id) == 0 || (member->user && g_strcmp0(person->user, member->user) == 0))
        return TRUE;
    }
  }
  return FALSE;
}

// A session that stopped as this one began, with somebody who is in both: he was transferred.
static gboolean join_transfer(EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view,
                              gint64 now_us, GError **error) {
  EsStoryCalls story = es_worker_story(s->worker);
  for (guint i = s->calls->len; i > 0; i--) {
    EsRecordedCall *other = s->calls->pdata[i - 1];
    if (other == recorded || !other->call->over ||
        es_recording_call_time(other, now_us) - other->call->over_us > TRANSFER_US ||
        !shares_people(other, view))
      continue;
    es_live_call_event(recorded->call, now_us, "transferred", -1, NULL);
    return es_story_join(&story, recorded->call, other->call->row->id, es_live_call_key(other->call), error);
  }
  return TRUE;
}

// A Session-ID (RFC 7989) is two halves, each of which may be nil; anything else counts whole.
static gboolean join_sip_session(EsRecordingSession *s, EsLiveCall *call, const char *id, GError **error) {
  EsStoryCalls story = es_worker_story(s->worker);
  g_auto(GStrv) halves = g_strsplit(id, ";", 2);
  const char *remote = halves[0] && halves[1] ? strstr(halves[1], "remote=") : NULL;
  const char *ids[] = {halves[0] ? g_strstrip(halves[0]) : NULL,
                       remote ? g_strstrip((char *)remote + strlen("remote=")) : NULL};
  for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
    if (!ids[i] || !*ids[i] || strspn(ids[i], "0") == strlen(ids[i]))
      continue;
    g_autofree char *name = g_strdup_printf("session %.200s", ids[i]);
    if (!es_recording_sessions_kin(es_worker_sessions(s->worker), &story, call, name, error))
      return FALSE;
  }
  return TRUE;
}

// NULL for what cannot tell conversations of the whole world apart, as the standard wants a session's id to.
static char *conversation_of(const EsRsView *view) {
  if (strlen(view->id) < LEAST_ID)
    return NULL;
  return es_sequel_group(view->id);
}

// A client that comes back after a failure, its own or ours, sends the rest of the same communication
// session.
static gboolean join_conversation(EsRecordingSession *s, EsLiveCall *call, const EsRsView *view,
                                  GError **error) {
  EsStoryCalls story = es_worker_story(s->worker);
  call->conversation = conversation_of(view);
  g_autofree char *name = call->conversation ? g_strdup_printf("conversation %s", call->conversation) : NULL;
  return !name || (es_recording_sessions_kin(es_worker_sessions(s->worker), &story, call, name, error) &&
                   (call->row->group_id || es_story_resume(&story, call, call->conversation, error)));
}

static gboolean join_story(EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view,
                           gint64 now_us, GError **error) {
  EsStoryCalls story = es_worker_story(s->worker);
  g_autofree char *group = view->group ? g_strdup_printf("group %.200s", view->group) : NULL;
  if (recorded->call->skip)
    return TRUE;
  if ((group &&
       !es_recording_sessions_kin(es_worker_sessions(s->worker), &story, recorded->call, group, error)) ||
      !join_conversation(s, recorded->call, view, error))
    return FALSE;
  for (guint i = 0; i < view->sip_sessions->len; i++)
    if (!join_sip_session(s, recorded->call, view->sip_sessions->pdata[i], error))
      return FALSE;
  return join_transfer(s, recorded, view, now_us, error);
}

// One that is over may still have the key.
static void set_key(EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view) {
  g_autofree char *key = key_of(s, view);
  gboolean taken = es_call_table_find(es_worker_table(s->worker), key) != NULL;
  recorded->call->key =
      taken ? g_strdup_printf("%s\n%s", key, recorded->call->row->id) : g_steal_pointer(&key);
}

static gboolean begin_call(EsRecordingSession *s, const EsRsView *view, gint64 now_us, GError **error) {
  EsRecordedCall *recorded = new_call(s, view, now_us);
  add_legs(recorded, view);
  if (!es_live_call_identify(recorded->call, view->id, now_us, error)) {
    es_live_call_free(recorded->call);
    return FALSE;
  }
  recorded->call->skip |= s->left;
  set_key(s, recorded, view);
  es_worker_add_call(s->worker, recorded->call);
  if (recorded->call->joined)
    es_live_call_event(recorded->call, now_us, "joined", -1, NULL);
  if (!join_story(s, recorded, view, now_us, error) ||
      !es_recording_people_settle(s, recorded, view, now_us, error))
    return FALSE;
  if (s->up)
    es_live_call_answer(recorded->call, now_us);
  return recorded->call->skip || es_live_call_save(recorded->call, error);
}

void es_recording_call_stop(EsRecordedCall *recorded, EsEnd end, gint64 at_us) {
  EsLiveCall *call = recorded->call;
  if (call->over || recorded->cut)
    return;
  call->dirty = TRUE;
  recorded->end = end;
  recorded->cut = end != ES_END_HANGUP;
  if (recorded->cut)
    return;
  call->over = TRUE;
  call->over_us = at_us;
  recorded->ended_us = MAX(at_us, call->row->started_us);
}

static EsRecordedCall *find_call(EsRecordingSession *s, const EsRsView *view) {
  for (guint i = 0; i < s->calls->len; i++)
    if (strcmp(((EsRecordedCall *)s->calls->pdata[i])->id, view->id) == 0)
      return s->calls->pdata[i];
  if (!s->pair)
    return NULL;
  // The other dialog of the bridge may have begun it.
  g_autofree char *key = key_of(s, view);
  EsLiveCall *call = es_call_table_find(es_worker_table(s->worker), key);
  if (!call || call->over)
    return NULL;
  add_session(call->session, s);
  return call->session;
}

static gboolean settle_view(EsRecordingSession *s, const EsRsView *view, gint64 now_us, GError **error) {
  EsRecordedCall *recorded = find_call(s, view);
  if (!recorded)
    return view->stopped || g_hash_table_contains(s->done, view->id) || begin_call(s, view, now_us, error);
  gint64 at_us = es_recording_call_time(recorded, now_us);
  if (recorded->call->over)
    return TRUE;
  recorded->call->last_us = at_us;
  if (!view->stopped)
    return es_recording_people_settle(s, recorded, view, at_us, error);
  es_recording_call_stop(recorded, ES_END_HANGUP, at_us);
  recorded->ended_us = MAX(plausible(view->stop_us, at_us, STOP_BEFORE_US), recorded->call->row->started_us);
  return TRUE;
}

// What stopped goes first, so that what begins can be seen to come from it.
gboolean es_recording_calls_settle(EsRecordingSession *s, gint64 now_us, GError **error) {
  const GPtrArray *views = es_rs_state_sessions(s->state);
  for (int stopped = 1; stopped >= 0; stopped--)
    for (guint i = 0; i < views->len; i++) {
      const EsRsView *view = views->pdata[i];
      if (view->stopped == (gboolean)stopped && !settle_view(s, view, now_us, error))
        return FALSE;
    }
  return TRUE;
}

void es_recording_calls_answer(EsRecordingSession *s, gint64 now_us) {
  for (guint i = 0; i < s->calls->len; i++) {
    EsRecordedCall *recorded = s->calls->pdata[i];
    if (recorded->call->row->answered_us != ES_UNKNOWN || recorded->call->over)
      continue;
    es_live_call_answer(recorded->call, es_recording_call_time(recorded, now_us));
    // Told at once, since a crash before the next sweep would take its audio for that of a call nobody took.
    if (!recorded->call->skip && !es_live_call_save(recorded->call, NULL))
      recorded->call->dirty = TRUE; // the sweep tries again and tells why
  }
}

// ---- lines

static gboolean sends(const EsRsMember *member, const char *label) {
  for (guint i = 0; i < member->labels->len; i++)
    if (strcmp(member->labels->pdata[i], label) == 0)
      return TRUE;
  return FALSE;
}

static int leg_of(const EsRecordedCall *recorded, const char *person) {
  for (guint i = 0; i < recorded->people->len; i++) {
    const EsRecordedPerson *p = recorded->people->pdata[i];
    if (strcmp(p->id, person) == 0)
      return p->leg;
  }
  return -1;
}

static EsRecordedCall *open_call(EsRecordingSession *s, const char *id) {
  for (guint i = 0; i < s->calls->len; i++) {
    EsRecordedCall *recorded = s->calls->pdata[i];
    if (strcmp(recorded->id, id) == 0 && !recorded->call->over && !recorded->cut && !recorded->crowded)
      return recorded;
  }
  return NULL;
}

// present: by those who take part; otherwise by those who left.
static gboolean claim_by_label(EsRecordingSession *s, EsRecordedLine *line, gboolean present) {
  const GPtrArray *views = es_rs_state_sessions(s->state);
  for (guint i = views->len; i > 0; i--) {
    const EsRsView *view = views->pdata[i - 1];
    EsRecordedCall *recorded = open_call(s, view->id);
    for (guint k = 0; recorded && k < view->members->len; k++) {
      const EsRsMember *member = view->members->pdata[k];
      int leg = leg_of(recorded, member->id);
      if (leg < 0 || (member->left_us == ES_UNKNOWN) != present || !sends(member, line->label))
        continue;
      line->call = recorded;
      line->leg = leg;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean has_line(const EsRecordingSession *s, const EsRecordedCall *recorded, int leg) {
  for (guint i = 0; i < s->n_lines; i++)
    if (s->lines[i].accepted && s->lines[i].call == recorded && s->lines[i].leg == leg)
      return TRUE;
  return FALSE;
}

// A label that the metadata does not know.
static gboolean claim_by_place(EsRecordingSession *s, EsRecordedLine *line) {
  for (guint i = s->calls->len; i > 0; i--) {
    EsRecordedCall *recorded = s->calls->pdata[i - 1];
    if (!open_call(s, recorded->id))
      continue;
    int leg = 0;
    while (leg < (int)recorded->call->n_legs && has_line(s, recorded, leg))
      leg++;
    if (leg == (int)recorded->call->n_legs)
      leg = es_live_call_add_leg(recorded->call, "participant");
    if (leg < 0)
      continue;
    line->call = recorded;
    line->leg = leg;
    return TRUE;
  }
  return FALSE;
}

static void claim(EsRecordingSession *s) {
  for (guint i = 0; i < s->n_lines; i++)
    if (s->lines[i].call && s->lines[i].call->call->over == FALSE)
      s->lines[i].call = NULL;
  for (guint i = 0; i < s->n_lines; i++) {
    EsRecordedLine *line = &s->lines[i];
    if (line->accepted && !claim_by_label(s, line, TRUE))
      claim_by_label(s, line, FALSE);
  }
  for (guint i = 0; i < s->n_lines; i++)
    if (s->lines[i].accepted && !s->lines[i].call)
      claim_by_place(s, &s->lines[i]);
}

static void own_addresses(EsRecordingSession *s, const EsRecordedLine *line) {
  EsCallTable *table = es_worker_table(s->worker);
  if (line->has_target)
    es_call_table_own_line(table, line->call->call, line->leg, FALSE, &line->target);
  if (line->has_source && !s->served)
    es_call_table_own_line(table, line->call->call, line->leg, TRUE, &line->source);
}

static void bind(EsRecordingSession *s) {
  for (guint i = 0; i < s->calls->len; i++) {
    EsRecordedCall *recorded = s->calls->pdata[i];
    recorded->call->generation++;
    for (guint leg = 0; leg < recorded->call->n_legs; leg++)
      if (recorded->legs[leg].session == s)
        recorded->legs[leg].live = FALSE;
  }
  for (guint i = 0; i < s->n_lines; i++) {
    EsRecordedLine *line = &s->lines[i];
    if (!line->accepted || !line->call || line->call->call->over)
      continue;
    if (!line->call->legs[line->leg].live) {
      line->call->legs[line->leg].session = s;
      line->call->legs[line->leg].line = i;
      line->call->legs[line->leg].live = TRUE;
    }
    line->call->call->legs[line->leg].may_send |= line->sends;
    if (s->offer && i < s->offer->n_media)
      es_media_keys_add(&line->call->legs[line->leg].keys, &s->offer->media[i]);
    own_addresses(s, line);
  }
}

// A leg whose line is paused, or gone after it was heard.
static gboolean is_paused(const EsRecordedCall *recorded, guint leg) {
  const EsRecordedLine *line = line_of(recorded, leg);
  if (!recorded->legs[leg].live)
    return recorded->call->legs[leg].heard;
  return line && !line->sends;
}

static void follow_pause(EsRecordedCall *recorded, gint64 at_us) {
  EsLiveCall *call = recorded->call;
  gboolean changed = FALSE, all = TRUE, any = FALSE;
  int one = -1;
  for (guint leg = 0; leg < call->n_legs; leg++) {
    gboolean paused = is_paused(recorded, leg), was = call->legs[leg].paused;
    if (recorded->legs[leg].live) {
      any = TRUE;
      all = all && paused;
      if (paused != was)
        one = (int)leg;
    }
    changed |= paused != was;
    call->legs[leg].paused = paused;
  }
  gboolean whole = any && all;
  if (one >= 0)
    es_live_call_event(call, at_us, call->legs[one].paused ? "pause" : "resume",
                       whole != recorded->paused ? -1 : one, NULL);
  recorded->paused = whole;
  if (changed)
    es_live_call_explain(call, at_us);
}

void es_recording_calls_assign(EsRecordingSession *s, gint64 now_us) {
  claim(s);
  bind(s);
  for (guint i = 0; i < s->calls->len; i++) {
    EsRecordedCall *recorded = s->calls->pdata[i];
    if (!recorded->call->over)
      follow_pause(recorded, es_recording_call_time(recorded, now_us));
  }
}
