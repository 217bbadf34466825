// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A document is put into the model (rs-model.h); then what follows from the whole is worked out anew
// (rs-voices.c) and shown as views. A session that has stopped stays as it was.
#include "rs-state.h"

#include <string.h>

#include "earshot/common/clock.h"
#include "rs-model.h"

#define MAX_EXTENSIONS 512
#define MAX_SIP_SESSIONS 64 // of one session

static void replace(char **text, const char *with) {
  if (!with || g_strcmp0(*text, with) == 0)
    return;
  g_free(*text);
  *text = g_strdup(with);
}

// ---- putting a document into the model

static void take_participant(EsRsState *state, const EsRsParticipant *from) {
  EsRsPerson *person = es_rs_need_person(state, from->id);
  if (!person)
    return;
  person->declared = TRUE;
  replace(&person->name, from->name);
  if (!from->aor || g_strcmp0(person->aor, from->aor) == 0)
    return;
  replace(&person->aor, from->aor);
  g_free(person->user);
  person->user = es_rs_user_of(from->aor);
}

static void take_stream(EsRsState *state, const EsRsStream *from) {
  EsRsVoice *voice = es_rs_need_voice(state, from->id);
  if (!voice)
    return;
  replace(&voice->session, from->session);
  replace(&voice->label, from->label);
  voice->mixed = from->mixed;
}

static void add_sip_session(EsRsTalk *talk, const char *id) {
  if (talk->sip_sessions->len < MAX_SIP_SESSIONS &&
      !g_ptr_array_find_with_equal_func(talk->sip_sessions, id, g_str_equal, NULL))
    g_ptr_array_add(talk->sip_sessions, g_strdup(id));
}

static void stop(EsRsTalk *talk, gint64 stop_us, gint64 now_us) {
  talk->stopped = TRUE;
  if (stop_us != ES_UNKNOWN)
    talk->stop_us = stop_us;
  for (guint i = 0; i < talk->presences->len; i++) {
    EsRsPresence *presence = g_ptr_array_index(talk->presences, i);
    if (presence->left_us == ES_UNKNOWN)
      presence->left_us = talk->stop_us != ES_UNKNOWN ? talk->stop_us : now_us;
  }
}

static void take_session(EsRsState *state, const EsRsSession *from) {
  EsRsTalk *talk = es_rs_need_talk(state, from->id);
  if (!talk)
    return;
  talk->declared = TRUE;
  replace(&talk->group, from->group);
  for (guint i = 0; i < from->sip_sessions->len; i++)
    add_sip_session(talk, g_ptr_array_index(from->sip_sessions, i));
  if (from->start_us != ES_UNKNOWN)
    talk->start_us = from->start_us;
  talk->stopping = from->stopped;
  if (from->stop_us != ES_UNKNOWN)
    talk->stop_us = from->stop_us;
}

static void take_recording_assoc(EsRsState *state, const EsRsSessionAssoc *from) {
  EsRsTalk *talk = es_rs_need_talk(state, from->session);
  if (!talk)
    return;
  if (talk->start_us == ES_UNKNOWN)
    talk->start_us = from->associate_us;
  if (from->ended) {
    talk->stopping = TRUE;
    talk->stop_us = talk->stop_us == ES_UNKNOWN ? from->disassociate_us : talk->stop_us;
  }
}

static void join(EsRsTalk *talk, EsRsPresence *presence, gint64 joined_us) {
  if (presence->left_us != ES_UNKNOWN)
    presence->joined_us = ES_UNKNOWN;
  presence->left_us = ES_UNKNOWN;
  if (joined_us != ES_UNKNOWN)
    presence->joined_us = joined_us;
}

static void take_participant_assoc(EsRsState *state, const EsRsSessionAssoc *from, gint64 now_us) {
  EsRsTalk *talk = es_rs_need_talk(state, from->session);
  EsRsPerson *person = es_rs_need_person(state, from->participant);
  EsRsPresence *presence = talk && person ? es_rs_need_presence(state, talk, person) : NULL;
  if (!presence)
    return;
  state->dangling = state->dangling || !talk->declared || !person->declared;
  if (!from->ended) {
    join(talk, presence, from->associate_us);
    return;
  }
  if (from->associate_us != ES_UNKNOWN)
    presence->joined_us = from->associate_us;
  presence->left_us = from->disassociate_us != ES_UNKNOWN ? from->disassociate_us : now_us;
}

static void replace_ids(EsRsState *state, GPtrArray *ids, const GPtrArray *with, gboolean add) {
  if (!add)
    g_ptr_array_set_size(ids, 0);
  for (guint i = 0; i < with->len && ids->len < ES_RS_MAX_STREAMS; i++) {
    const char *id = g_ptr_array_index(with, i);
    g_ptr_array_add(ids, g_strdup(id));
    state->dangling = state->dangling || !es_rs_find_voice(state, id);
  }
}

// One association replaces what was said before; several in one document are one.
static void take_stream_assoc(EsRsState *state, const EsRsStreamAssoc *from) {
  static const GPtrArray none;
  EsRsPerson *person = es_rs_need_person(state, from->participant);
  if (!person)
    return;
  gboolean add = person->said && person->said_in == state->document;
  replace_ids(state, person->send, from->ended ? &none : from->send, add);
  replace_ids(state, person->recv, from->ended ? &none : from->recv, add);
  person->said = TRUE;
  person->said_in = state->document;
  state->dangling = state->dangling || !person->declared;
  state->says_recv = state->says_recv || from->recv->len > 0;
}

static EsRsExtension *find_extension(EsRsState *state, const EsRsExtension *like) {
  for (guint i = 0; i < state->extensions->len; i++) {
    EsRsExtension *extension = g_ptr_array_index(state->extensions, i);
    if (g_strcmp0(extension->owner, like->owner) == 0 && strcmp(extension->name, like->name) == 0)
      return extension;
  }
  return NULL;
}

static void take_extension(EsRsState *state, const EsRsExtension *from) {
  EsRsExtension *extension = find_extension(state, from);
  if (!extension) {
    if (state->extensions->len == MAX_EXTENSIONS)
      g_ptr_array_remove_index(state->extensions, 0);
    extension = g_new0(EsRsExtension, 1);
    extension->owner = g_strdup(from->owner);
    extension->name = g_strdup(from->name);
    g_ptr_array_add(state->extensions, extension);
  }
  replace(&extension->value, from->value);
}

// ---- what follows from it

static gboolean is_named(const EsRsState *state, const EsRsTalk *talk) {
  return talk->named_in == state->document;
}

static gboolean is_any(const EsRsState *state, gboolean (*is)(const EsRsState *, const EsRsTalk *)) {
  for (guint i = 0; i < state->talks->len; i++)
    if (is(state, g_ptr_array_index(state->talks, i)))
      return TRUE;
  return FALSE;
}

static gboolean is_live(const EsRsState *state, const EsRsTalk *talk) {
  return !talk->stopped;
}

static GHashTable *people_with_a_place(const EsRsState *state, gboolean by_this_document) {
  GHashTable *placed = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < state->talks->len; i++) {
    const EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    for (guint j = 0; j < talk->presences->len; j++) {
      const EsRsPresence *presence = g_ptr_array_index(talk->presences, j);
      if (!by_this_document || presence->named_in == state->document)
        g_hash_table_add(placed, presence->person);
    }
  }
  return placed;
}

static void place_in(EsRsState *state, EsRsTalk *talk, EsRsPerson *person) {
  EsRsPresence *presence = es_rs_need_presence(state, talk, person);
  if (presence)
    join(talk, presence, ES_UNKNOWN);
}

static gboolean place_by_streams(EsRsState *state, EsRsPerson *person) {
  gboolean any = FALSE;
  for (guint i = 0; i < person->send->len; i++) {
    const EsRsVoice *voice = es_rs_find_voice(state, g_ptr_array_index(person->send, i));
    EsRsTalk *talk = voice && voice->session ? es_rs_find_talk(state, voice->session) : NULL;
    if (talk && !talk->stopped)
      place_in(state, talk, person);
    any = any || talk;
  }
  return any;
}

static void place_by_document(EsRsState *state, EsRsPerson *person) {
  gboolean named = is_any(state, is_named);
  for (guint i = 0; i < state->talks->len; i++) {
    EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (named ? is_named(state, talk) : is_live(state, talk))
      place_in(state, talk, person);
  }
}

// Participants whom no association puts into a session.
static void place_the_rest(EsRsState *state, const EsRsMetadata *document) {
  g_autoptr(GHashTable) placed = people_with_a_place(state, !document->partial);
  if (document->participants->len && !is_any(state, is_named) &&
      (!document->partial || !is_any(state, is_live)))
    es_rs_need_talk(state, "");
  for (guint i = 0; i < document->participants->len; i++) {
    const EsRsParticipant *from = g_ptr_array_index(document->participants, i);
    EsRsPerson *person = es_rs_need_person(state, from->id);
    if (person && !g_hash_table_contains(placed, person) && !place_by_streams(state, person))
      place_by_document(state, person);
  }
}

// A complete document is all there is: who or what it does not name has gone.
static void drop_unnamed(EsRsState *state, gint64 now_us) {
  for (guint i = 0; i < state->talks->len; i++) {
    EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (!is_named(state, talk)) {
      if (!talk->stopped)
        stop(talk, ES_UNKNOWN, now_us);
      continue;
    }
    talk->stopped = FALSE;
    for (guint j = 0; j < talk->presences->len; j++) {
      EsRsPresence *presence = g_ptr_array_index(talk->presences, j);
      if (presence->named_in != state->document && presence->left_us == ES_UNKNOWN)
        presence->left_us = now_us;
    }
  }
}

static gboolean everybody_left(const EsRsTalk *talk) {
  for (guint i = 0; i < talk->presences->len; i++)
    if (((EsRsPresence *)g_ptr_array_index(talk->presences, i))->left_us == ES_UNKNOWN)
      return FALSE;
  return talk->presences->len > 0;
}

// Who joins a session that was over begins it again.
static void revive(EsRsState *state) {
  for (guint i = 0; i < state->talks->len; i++) {
    EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (talk->stopped && !everybody_left(talk) && talk->presences->len)
      talk->stopped = FALSE;
  }
}

static void stop_what_is_over(EsRsState *state, gint64 now_us) {
  for (guint i = 0; i < state->talks->len; i++) {
    EsRsTalk *talk = g_ptr_array_index(state->talks, i);
    if (talk->stopping || (!talk->stopped && everybody_left(talk)))
      stop(talk, ES_UNKNOWN, now_us);
    talk->stopping = FALSE;
  }
}

// ---- views

static void show_texts(GPtrArray *to, const GPtrArray *from, GString *shown) {
  for (guint i = 0; i < from->len; i++) {
    g_ptr_array_add(to, g_ptr_array_index(from, i));
    g_string_append_printf(shown, " %s", (char *)g_ptr_array_index(from, i));
  }
  g_string_append_c(shown, '\n');
}

static const char *or_none(const char *text) {
  return text ? text : "-";
}

static void show_member(const EsRsState *state, EsRsView *view, const EsRsPresence *presence,
                        GString *shown) {
  const EsRsPerson *person = presence->person;
  EsRsMember *member = es_rs_add_member(view);
  member->id = person->id;
  member->aor = person->aor;
  member->name = person->name;
  member->user = person->user;
  member->joined_us = presence->joined_us;
  member->left_us = presence->left_us;
  member->hears_known = person->said && state->says_recv;
  g_string_append_printf(shown, "%s %s %s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", person->id,
                         or_none(person->aor), or_none(person->name), member->hears_known,
                         presence->joined_us, presence->left_us);
  show_texts(member->labels, presence->labels, shown);
  show_texts(member->hears, presence->hears, shown);
}

static void show_talk(EsRsState *state, const EsRsTalk *talk, GString *shown) {
  EsRsView *view = es_rs_add_view(state);
  view->id = talk->id;
  view->group = talk->group;
  view->start_us = talk->start_us;
  view->stop_us = talk->stop_us;
  view->stopped = talk->stopped;
  g_string_append_printf(shown, "= %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n", talk->id,
                         or_none(talk->group), talk->start_us, talk->stop_us, talk->stopped);
  show_texts(view->sip_sessions, talk->sip_sessions, shown);
  for (guint i = 0; i < talk->presences->len; i++)
    show_member(state, view, g_ptr_array_index(talk->presences, i), shown);
  es_rs_find_roles(state, view);
  for (guint i = 0; i < view->members->len; i++)
    g_string_append_printf(shown, " %d", ((EsRsMember *)g_ptr_array_index(view->members, i))->role);
}

static gboolean show(EsRsState *state) {
  GString *shown = g_string_new(NULL);
  g_ptr_array_set_size(state->views, 0);
  for (guint i = 0; i < state->talks->len; i++)
    show_talk(state, g_ptr_array_index(state->talks, i), shown);
  gboolean changed = strcmp(shown->str, state->shown) != 0;
  g_free(state->shown);
  state->shown = g_string_free(shown, FALSE);
  return changed;
}

static void take_all(EsRsState *state, const EsRsMetadata *document, gint64 now_us) {
  for (guint i = 0; i < document->sessions->len; i++)
    take_session(state, g_ptr_array_index(document->sessions, i));
  for (guint i = 0; i < document->streams->len; i++)
    take_stream(state, g_ptr_array_index(document->streams, i));
  for (guint i = 0; i < document->participants->len; i++)
    take_participant(state, g_ptr_array_index(document->participants, i));
  for (guint i = 0; i < document->recording_assocs->len; i++)
    take_recording_assoc(state, g_ptr_array_index(document->recording_assocs, i));
  for (guint i = 0; i < document->participant_assocs->len; i++)
    take_participant_assoc(state, g_ptr_array_index(document->participant_assocs, i), now_us);
  for (guint i = 0; i < document->stream_assocs->len; i++)
    take_stream_assoc(state, g_ptr_array_index(document->stream_assocs, i));
  for (guint i = 0; i < document->extensions->len; i++)
    take_extension(state, g_ptr_array_index(document->extensions, i));
}

void es_rs_state_take(EsRsState *state, const EsRsMetadata *document, gint64 now_us, EsRsChange *change) {
  state->document++;
  state->dangling = FALSE;
  es_rs_forget_old(state, !document->partial);
  take_all(state, document, now_us);
  place_the_rest(state, document);
  if (!document->partial)
    drop_unnamed(state, now_us);
  revive(state);
  es_rs_settle_voices(state);
  stop_what_is_over(state, now_us);
  change->changed = show(state);
  change->needs_snapshot = document->partial && (!state->complete || state->dangling);
  state->complete = state->complete || !document->partial;
}

const GPtrArray *es_rs_state_sessions(const EsRsState *state) {
  return state->views;
}

// ---- vendors' elements

static gboolean is_called(const EsRsExtension *extension, const char *name) {
  gsize length = strlen(extension->name), tail = strlen(name);
  if (tail > length || g_ascii_strcasecmp(extension->name + length - tail, name) != 0)
    return FALSE;
  return tail == length || extension->name[length - tail - 1] == '/';
}

const char *es_rs_find_value(const EsRsState *state, const char *owner, const char *name) {
  for (guint i = 0; i < state->extensions->len; i++) {
    const EsRsExtension *extension = g_ptr_array_index(state->extensions, i);
    if (g_strcmp0(extension->owner, owner) == 0 && is_called(extension, name))
      return extension->value;
  }
  return NULL;
}

static const char *find_any_value(const EsRsState *state, const char *name) {
  for (guint i = 0; i < state->extensions->len; i++) {
    const EsRsExtension *extension = g_ptr_array_index(state->extensions, i);
    if (is_called(extension, name))
      return extension->value;
  }
  return NULL;
}

const char *es_rs_state_extension(const EsRsState *state, const char *session, const char *name) {
  if (!session)
    return find_any_value(state, name);
  const EsRsTalk *talk = es_rs_find_talk(state, session);
  const char *value = es_rs_find_value(state, session, name);
  for (guint i = 0; talk && !value && i < talk->presences->len; i++)
    value =
        es_rs_find_value(state, ((EsRsPresence *)g_ptr_array_index(talk->presences, i))->person->id, name);
  return value ? value : es_rs_find_value(state, NULL, name);
}
