// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "rs-model.h"

#include <string.h>

#include "earshot/common/clock.h"

#define MAX_PEOPLE 1024
#define MAX_VOICES 1024
#define MAX_PRESENCES 2048

// ---- ownership

static void free_person(EsRsPerson *person) {
  g_free(person->id);
  g_free(person->aor);
  g_free(person->name);
  g_free(person->user);
  g_ptr_array_unref(person->send);
  g_ptr_array_unref(person->recv);
  g_free(person);
}

static void free_voice(EsRsVoice *voice) {
  g_free(voice->id);
  g_free(voice->session);
  g_free(voice->label);
  g_free(voice);
}

static void free_presence(EsRsPresence *presence) {
  g_ptr_array_unref(presence->labels);
  g_ptr_array_unref(presence->hears);
  g_free(presence);
}

static void free_talk(EsRsTalk *talk) {
  g_free(talk->id);
  g_free(talk->group);
  g_ptr_array_unref(talk->sip_sessions);
  g_ptr_array_unref(talk->presences);
  g_free(talk);
}

static void free_extension(EsRsExtension *extension) {
  g_free(extension->owner);
  g_free(extension->name);
  g_free(extension->value);
  g_free(extension);
}

static void free_member(EsRsMember *member) {
  g_ptr_array_unref(member->labels);
  g_ptr_array_unref(member->hears);
  g_free(member);
}

static void free_view(EsRsView *view) {
  g_ptr_array_unref(view->sip_sessions);
  g_ptr_array_unref(view->members);
  g_free(view);
}

EsRsState *es_rs_state_new(void) {
  EsRsState *state = g_new0(EsRsState, 1);
  state->talks = g_ptr_array_new_with_free_func((GDestroyNotify)free_talk);
  state->people = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)free_person);
  state->voices = g_ptr_array_new_with_free_func((GDestroyNotify)free_voice);
  state->voice_of = g_hash_table_new(g_str_hash, g_str_equal);
  state->extensions = g_ptr_array_new_with_free_func((GDestroyNotify)free_extension);
  state->views = g_ptr_array_new_with_free_func((GDestroyNotify)free_view);
  state->shown = g_strdup("");
  return state;
}

void es_rs_state_free(EsRsState *state) {
  if (!state)
    return;
  g_ptr_array_unref(state->views);
  g_ptr_array_unref(state->talks);
  g_hash_table_unref(state->people);
  g_hash_table_unref(state->voice_of);
  g_ptr_array_unref(state->voices);
  g_ptr_array_unref(state->extensions);
  g_free(state->shown);
  g_free(state);
}

EsRsMember *es_rs_add_member(EsRsView *view) {
  EsRsMember *member = g_new0(EsRsMember, 1);
  member->labels = g_ptr_array_new();
  member->hears = g_ptr_array_new();
  g_ptr_array_add(view->members, member);
  return member;
}

EsRsView *es_rs_add_view(EsRsState *state) {
  EsRsView *view = g_new0(EsRsView, 1);
  view->sip_sessions = g_ptr_array_new();
  view->members = g_ptr_array_new_with_free_func((GDestroyNotify)free_member);
  g_ptr_array_add(state->views, view);
  return view;
}

// ---- finding and making

EsRsTalk *es_rs_find_talk(const EsRsState *state, const char *id) {
  for (guint i = 0; i < state->talks->len; i++) {
    EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (strcmp(talk->id, id) == 0)
      return talk;
  }
  return NULL;
}

static gboolean forget_stopped_talk(EsRsState *state) {
  for (guint i = 0; i < state->talks->len; i++)
    if (((EsRsTalk *)g_ptr_array_index(state->talks, i))->stopped) {
      g_ptr_array_remove_index(state->talks, i);
      return TRUE;
    }
  return FALSE;
}

EsRsTalk *es_rs_need_talk(EsRsState *state, const char *id) {
  EsRsTalk *talk = es_rs_find_talk(state, id);
  if (!talk) {
    if (state->talks->len >= ES_RS_MAX_SESSIONS && !forget_stopped_talk(state))
      return NULL;
    talk = g_new0(EsRsTalk, 1);
    talk->id = g_strdup(id);
    talk->sip_sessions = g_ptr_array_new_with_free_func(g_free);
    talk->presences = g_ptr_array_new_with_free_func((GDestroyNotify)free_presence);
    talk->start_us = talk->stop_us = ES_UNKNOWN;
    g_ptr_array_add(state->talks, talk);
  }
  talk->named_in = state->document;
  return talk;
}

EsRsPerson *es_rs_need_person(EsRsState *state, const char *id) {
  EsRsPerson *person = g_hash_table_lookup(state->people, id);
  if (person || g_hash_table_size(state->people) >= MAX_PEOPLE)
    return person;
  person = g_new0(EsRsPerson, 1);
  person->id = g_strdup(id);
  person->send = g_ptr_array_new_with_free_func(g_free);
  person->recv = g_ptr_array_new_with_free_func(g_free);
  g_hash_table_insert(state->people, person->id, person);
  return person;
}

static EsRsPresence *find_presence(const EsRsTalk *talk, const EsRsPerson *person) {
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    if (presence->person == person)
      return presence;
  }
  return NULL;
}

EsRsPresence *es_rs_need_presence(EsRsState *state, EsRsTalk *talk, EsRsPerson *person) {
  EsRsPresence *presence = find_presence(talk, person);
  if (!presence) {
    if (state->n_presences == MAX_PRESENCES)
      return NULL;
    state->n_presences++;
    presence = g_new0(EsRsPresence, 1);
    presence->person = person;
    presence->labels = g_ptr_array_new_with_free_func(g_free);
    presence->hears = g_ptr_array_new_with_free_func(g_free);
    presence->joined_us = presence->left_us = ES_UNKNOWN;
    g_ptr_array_add(talk->presences, presence);
  }
  presence->named_in = state->document;
  return presence;
}

EsRsVoice *es_rs_find_voice(const EsRsState *state, const char *id) {
  return g_hash_table_lookup(state->voice_of, id);
}

EsRsVoice *es_rs_need_voice(EsRsState *state, const char *id) {
  EsRsVoice *voice = es_rs_find_voice(state, id);
  if (voice || state->voices->len >= MAX_VOICES)
    return voice;
  voice = g_new0(EsRsVoice, 1);
  voice->id = g_strdup(id);
  g_ptr_array_add(state->voices, voice);
  g_hash_table_insert(state->voice_of, voice->id, voice);
  return voice;
}

// ---- forgetting

static void forget_voices(EsRsState *state) {
  GHashTableIter iter;
  gpointer person;
  g_hash_table_iter_init(&iter, state->people);
  while (g_hash_table_iter_next(&iter, NULL, &person)) {
    ((EsRsPerson *)person)->said = FALSE;
    g_ptr_array_set_size(((EsRsPerson *)person)->send, 0);
    g_ptr_array_set_size(((EsRsPerson *)person)->recv, 0);
  }
  g_hash_table_remove_all(state->voice_of);
  g_ptr_array_set_size(state->voices, 0);
}

static gboolean is_stranger(gpointer id, gpointer person, gpointer known) {
  return !g_hash_table_contains(known, person);
}

static void forget_strangers(EsRsState *state) {
  g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
  state->n_presences = 0;
  for (guint i = 0; i < state->talks->len; i++) {
    const EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    state->n_presences += talk->presences->len;
    for (guint j = 0; j < talk->presences->len; j++)
      g_hash_table_add(known, ((EsRsPresence *)g_ptr_array_index(talk->presences, j))->person);
  }
  g_hash_table_foreach_remove(state->people, is_stranger, known);
}

static gboolean is_crowded(const EsRsState *state) {
  return g_hash_table_size(state->people) >= MAX_PEOPLE / 2 || state->n_presences >= MAX_PRESENCES / 2;
}

// Clients that stay for days send partial documents only; what is over makes room for what comes.
void es_rs_forget_old(EsRsState *state, gboolean complete) {
  if (complete || state->voices->len >= MAX_VOICES)
    forget_voices(state);
  if (is_crowded(state))
    forget_strangers(state);
  if (!is_crowded(state))
    return;
  for (guint n = state->talks->len / 2; n && forget_stopped_talk(state); n--)
    ;
  forget_strangers(state);
}
