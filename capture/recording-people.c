// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who is who in a call that a recording session drives. Leg 0 is the caller's, leg 1 the callee's. Somebody
// who comes later gets the leg of the line that he sends; or that of one who left (a transfer), the callee's
// before the caller's; or a new one.
#include "recording-private.h"
#include <string.h>

void es_recording_person_free(gpointer data) {
  EsRecordedPerson *person = data;
  g_free(person->id);
  g_free(person->user);
  g_free(person->text);
  g_free(person);
}

// ---- who called whom

static const EsRsMember *first_but(const EsRsView *view, const EsRsMember *other) {
  for (guint i = 0; i < view->members->len; i++)
    if (view->members->pdata[i] != other)
      return view->members->pdata[i];
  return NULL;
}

// Where the client does not tell, who was named first called. *callee is NULL if there is only one.
static void choose_parties(const EsRsView *view, const EsRsMember **caller, const EsRsMember **callee) {
  *caller = *callee = NULL;
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    if (member->role == ES_RS_CALLER && !*caller)
      *caller = member;
    else if (member->role == ES_RS_CALLEE && !*callee)
      *callee = member;
  }
  if (!*caller)
    *caller = first_but(view, *callee);
  if (!*callee)
    *callee = first_but(view, *caller);
}

gboolean es_recording_is_mixed(const EsRsView *view) {
  const char *label = NULL;
  guint n = 0;
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    if (member->labels->len == 0)
      continue;
    if (member->labels->len > 1 || (label && strcmp(label, member->labels->pdata[0]) != 0))
      return FALSE;
    label = member->labels->pdata[0];
    n++;
  }
  return n > 1;
}

// ---- who comes and goes

// As From and To would have it; NULL if nothing is known of him.
static char *address_of(const EsRsMember *member) {
  if (!member->user)
    return NULL;
  gboolean whole = member->aor && strchr(member->aor, ':');
  g_autofree char *name = g_strdup(member->name ? member->name : "");
  g_strdelimit(name, "\"\\", ' ');
  return g_strdup_printf("\"%s\" <%s%s>", name, whole ? "" : "sip:", whole ? member->aor : member->user);
}

static EsRecordedPerson *find_person(const EsRecordedCall *recorded, const char *id) {
  for (guint i = 0; i < recorded->people->len; i++)
    if (strcmp(((EsRecordedPerson *)recorded->people->pdata[i])->id, id) == 0)
      return recorded->people->pdata[i];
  return NULL;
}

// How many were ever on this leg, and are now.
static void count_people(const EsRecordedCall *recorded, int leg, guint *ever, guint *now) {
  *ever = *now = 0;
  for (guint i = 0; i < recorded->people->len; i++) {
    const EsRecordedPerson *person = recorded->people->pdata[i];
    *ever += person->leg == leg;
    *now += person->leg == leg && person->present;
  }
}

static int leg_of_labels(const EsRecordingSession *s, const EsRecordedCall *recorded,
                         const EsRsMember *member) {
  for (guint i = 0; i < member->labels->len; i++) {
    int line = es_recording_line(s, member->labels->pdata[i]);
    if (line >= 0 && s->lines[line].call == recorded)
      return s->lines[line].leg;
  }
  return -1;
}

static int leg_for(const EsRecordingSession *s, EsRecordedCall *recorded, const EsRsMember *member) {
  static const int order[] = {1, 0};
  EsLiveCall *call = recorded->call;
  guint ever, now;
  if (call->n_legs == 1)
    return 0;
  int leg = leg_of_labels(s, recorded, member);
  for (int i = 0; leg < 0 && i < (int)call->n_legs; i++) {
    count_people(recorded, i, &ever, &now);
    leg = ever == 0 ? i : -1;
  }
  for (guint i = 0; leg < 0 && i < call->n_legs; i++) {
    int candidate = i < G_N_ELEMENTS(order) ? order[i] : (int)i;
    count_people(recorded, candidate, &ever, &now);
    leg = now == 0 ? candidate : -1;
  }
  return leg >= 0 ? leg : es_live_call_add_leg(call, "participant");
}

static void add_person(EsRecordedCall *recorded, const EsRsMember *member, int leg) {
  EsRecordedPerson *person = g_new0(EsRecordedPerson, 1);
  const char *user = member->user ? member->user : member->id;
  person->id = g_strdup(member->id);
  person->user = g_strdup(user);
  person->text = member->name && strcmp(member->name, user) != 0
                     ? g_strdup_printf("%s (%s)", member->name, user)
                     : g_strdup(user);
  person->leg = MAX(leg, 0);
  person->present = TRUE;
  g_ptr_array_add(recorded->people, person);
}

static void follow_leaving(EsRecordedCall *recorded, const EsRsView *view, gint64 now_us) {
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    EsRecordedPerson *person = find_person(recorded, member->id);
    if (!person || !person->present || member->left_us == ES_UNKNOWN)
      continue;
    person->present = FALSE;
    es_live_call_event(recorded->call, now_us, "participant-left", person->leg, person->text);
  }
}

static void name_party(EsRecordedCall *recorded, const EsRsMember *member, gboolean caller) {
  EsCall *row = recorded->call->row;
  char **fields[] = {caller ? &row->caller : &row->callee, caller ? &row->caller_uri : &row->callee_uri,
                     caller ? &row->caller_name : &row->callee_name};
  const char *values[] = {member->user, member->aor, member->name};
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    g_free(*fields[i]);
    *fields[i] = g_strdup(values[i]);
  }
  char **address = caller ? &recorded->caller : &recorded->callee;
  g_free(*address);
  *address = address_of(member);
}

// Some clients name a stand-in of theirs until they know who answers: who comes for one that was never heard
// has been the party from the first.
static void replace_stand_in(EsRecordedCall *recorded, const EsRsMember *member, int leg) {
  guint ever, now;
  count_people(recorded, leg, &ever, &now);
  if (leg <= 1 && recorded->call->n_legs > 1 && member->user && ever > 0 && now == 0 &&
      !recorded->call->legs[leg].heard)
    name_party(recorded, member, leg == 0);
}

static void follow_coming(const EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view,
                          gint64 now_us) {
  gboolean first = recorded->people->len == 0;
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    EsRecordedPerson *person = find_person(recorded, member->id);
    if (member->left_us != ES_UNKNOWN || (person && person->present))
      continue;
    if (recorded->people->len >= ES_RS_MAX_ELEMENTS && !person)
      return;
    int leg = person ? person->leg : leg_for(s, recorded, member);
    replace_stand_in(recorded, member, leg);
    if (person)
      person->present = TRUE;
    else
      add_person(recorded, member, leg);
    person = find_person(recorded, member->id);
    if (!first)
      es_live_call_event(recorded->call, now_us, "participant-joined", person->leg, person->text);
  }
}

// The two of the row first, so that their legs are theirs.
static void place_parties(const EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view) {
  const EsRsMember *caller, *callee;
  gboolean mixed = recorded->call->n_legs == 1;
  choose_parties(view, &caller, &callee);
  if (caller) {
    add_person(recorded, caller, 0);
    name_party(recorded, caller, TRUE);
  }
  if (callee) {
    add_person(recorded, callee, mixed ? 0 : 1);
    name_party(recorded, callee, FALSE);
  }
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    if (member->left_us == ES_UNKNOWN && !find_person(recorded, member->id))
      add_person(recorded, member, leg_for(s, recorded, member));
  }
}

// One side alone was known when the call began.
static void complete_row(EsRecordedCall *recorded, const EsRsView *view) {
  EsCall *row = recorded->call->row;
  for (guint i = 0; i < view->members->len && !row->callee; i++) {
    const EsRsMember *member = view->members->pdata[i];
    if (member->user && g_strcmp0(member->user, row->caller) != 0)
      name_party(recorded, member, row->caller == NULL);
  }
}

// Who is said to send something should be heard.
static void follow_voices(EsRecordedCall *recorded, const EsRsView *view) {
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    const EsRecordedPerson *person = find_person(recorded, member->id);
    if (person && person->present && member->labels->len > 0)
      recorded->call->legs[person->leg].may_send = TRUE;
  }
}

static void follow_hold(EsRecordedCall *recorded, const EsRsView *view, gint64 now_us) {
  guint held = 0, present = 0;
  int leg = -1;
  for (guint i = 0; i < view->members->len; i++) {
    const EsRsMember *member = view->members->pdata[i];
    const EsRecordedPerson *person = find_person(recorded, member->id);
    if (!person || !person->present)
      continue;
    present++;
    if (!member->hears_known || member->hears->len > 0)
      continue;
    held++;
    leg = person->leg;
  }
  gboolean two = recorded->call->n_legs > 1 && held == 1 && present == 2 && leg <= 1;
  if (held == 0)
    es_live_call_resume(recorded->call, now_us);
  else
    es_live_call_hold(recorded->call, two ? 1 - leg : -1,
                      !two       ? NULL
                      : leg == 1 ? "by the caller"
                                 : "by the callee",
                      now_us);
}

// Who works here and has the call, if it is nobody of the two with whom it began.
static gboolean find_connected(EsRecordedCall *recorded, gint64 now_us, GError **error) {
  EsLiveCall *call = recorded->call;
  for (guint i = 0; i < 2 && i < recorded->people->len; i++) {
    const EsRecordedPerson *person = recorded->people->pdata[i];
    gboolean internal;
    if (!es_live_call_is_internal(call, person->user, now_us, &internal, error))
      return FALSE;
    if (internal && person->present)
      return TRUE;
  }
  for (guint i = 2; i < recorded->people->len; i++) {
    const EsRecordedPerson *person = recorded->people->pdata[i];
    gboolean internal = FALSE;
    if (person->present && !es_live_call_is_internal(call, person->user, now_us, &internal, error))
      return FALSE;
    if (!internal)
      continue;
    g_free(recorded->connected);
    recorded->connected = g_strdup(person->user);
    return TRUE;
  }
  return TRUE;
}

gboolean es_recording_people_settle(EsRecordingSession *s, EsRecordedCall *recorded, const EsRsView *view,
                                    gint64 now_us, GError **error) {
  if (recorded->people->len == 0)
    place_parties(s, recorded, view);
  follow_leaving(recorded, view, now_us);
  follow_coming(s, recorded, view, now_us);
  complete_row(recorded, view);
  follow_voices(recorded, view);
  follow_hold(recorded, view, now_us);
  return find_connected(recorded, now_us, error);
}

// ---- rules

static const char *read_metadata(gpointer data, const char *name) {
  const EsRecordedCall *recorded = data;
  const EsRecordingSession *s = recorded->sessions->pdata[0];
  return es_rs_state_extension(s->state, recorded->id, name);
}

gboolean es_recording_calls_read(EsRecordingSession *s, const EsSipMessage *m, gint64 now_us,
                                 GError **error) {
  for (guint i = 0; i < s->calls->len; i++) {
    EsRecordedCall *recorded = s->calls->pdata[i];
    EsLiveCall *call = recorded->call;
    gint64 at_us = es_recording_call_time(recorded, now_us);
    if (call->over || call->skip)
      continue;
    EsMapInput input = {.message = m,
                        .caller = recorded->caller ? recorded->caller : "",
                        .callee = recorded->callee ? recorded->callee : "",
                        .metadata = read_metadata,
                        .user_data = recorded};
    EsMapParties parties = {.connected = recorded->connected};
    es_live_call_consent_by_header(call, m, at_us);
    es_mapping_read(call->settings->mapping, &input, &call->hints);
    if (!es_live_call_map(call, &parties, at_us, error) || !es_live_call_save(call, error))
      return FALSE;
  }
  return TRUE;
}
