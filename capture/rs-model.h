// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the documents of a recording session have said, by id: sessions with their members, participants with
// the streams they send and hear, streams with their labels. Private to rs-*.c; everything is bounded.
#pragma once

#include "rs-state.h"

typedef struct {
  char *id, *aor, *name, *user;
  gboolean declared;
  GPtrArray *send, *recv; // of char *: stream ids
  gboolean said;          // some association said what it sends and hears
  guint said_in;          // the number of the last document that did
} EsRsPerson;

typedef struct {
  char *id, *session, *label; // session and label may be NULL
  gboolean mixed;
  gboolean session_known; // there is a talk of that id
} EsRsVoice;

// A person in a talk.
typedef struct {
  EsRsPerson *person;
  GPtrArray *labels, *hears; // of char *
  gint64 joined_us, left_us; // left_us ES_UNKNOWN while it takes part
  guint named_in;            // the number of the last document that named it
} EsRsPresence;

// A communication session.
typedef struct {
  char *id, *group;
  GPtrArray *sip_sessions; // of char *
  gint64 start_us, stop_us;
  gboolean stopped;
  gboolean stopping; // the document being taken says that it is over
  gboolean declared;
  GPtrArray *presences; // of EsRsPresence
  guint named_in;
} EsRsTalk;

struct EsRsState {
  GPtrArray *talks;      // of EsRsTalk, as they were first named
  GHashTable *people;    // id to EsRsPerson
  GPtrArray *voices;     // of EsRsVoice, as they were first named
  GHashTable *voice_of;  // id to EsRsVoice of voices
  GPtrArray *extensions; // of EsRsExtension
  gboolean complete;     // there was a complete document
  gboolean says_recv;    // this client says who hears what
  gboolean dangling;     // the document being taken names what nobody declared
  guint document;        // its number
  guint n_presences;     // in all talks, at most
  GPtrArray *views;      // of EsRsView
  char *shown;           // the views as one text, to see changes
};

// The one of this id, made if need be and marked as named by this document; NULL where the bounds allow no
// more.
EsRsTalk *es_rs_need_talk(EsRsState *state, const char *id);
EsRsPerson *es_rs_need_person(EsRsState *state, const char *id);
EsRsPresence *es_rs_need_presence(EsRsState *state, EsRsTalk *talk, EsRsPerson *person);
EsRsVoice *es_rs_need_voice(EsRsState *state, const char *id);

EsRsTalk *es_rs_find_talk(const EsRsState *state, const char *id);
EsRsVoice *es_rs_find_voice(const EsRsState *state, const char *id);
EsRsView *es_rs_add_view(EsRsState *state);
EsRsMember *es_rs_add_member(EsRsView *view);

// Before a document: a complete one replaces all voices and who sends them; when there are many people, those
// of no talk go.
void es_rs_forget_old(EsRsState *state, gboolean complete);

// Whose voice each label is, from what was said and, where nothing was, by the rules of rs-state.h. For the
// members of every session that has not stopped.
void es_rs_settle_voices(EsRsState *state);

// Who calls and who is called in a session, as far as vendors' elements tell.
void es_rs_find_roles(const EsRsState *state, const EsRsView *view);
// "alice" of sip:alice@host and of alice@host; the whole of what is no address. Caller frees.
char *es_rs_user_of(const char *address);
// The value of a vendor's element of this owner (NULL: of the recording); the name may leave out parents.
const char *es_rs_find_value(const EsRsState *state, const char *owner, const char *name);
