// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the metadata of one recording session has said so far: complete documents replace, partial ones add
// and change (RFC 7866 section 9.2, RFC 7865), and what follows from it: which communication sessions there
// are, who takes part in each, whose voice a label is.
//
// A label is the voice of whom an association says to send its stream, never by the order of labels. Where
// nothing is said: a mixed stream, or the only stream of several participants, is everybody's; streams go to
// the participants of whom nothing was said in the order in which both were named; one stream and one
// participant left over belong together. A participant of whom no association names a session takes part in
// those whose streams it sends, else in every one of the document; participants without any session take part
// in one with the id "".
//
// Ids that nobody declared are kept and mean something as soon as they are. What is kept is bounded: of more
// than ES_RS_MAX_SESSIONS the oldest that stopped are forgotten.
#pragma once

#include "earshot/wire/rs-metadata.h"

#define ES_RS_MAX_SESSIONS 256

typedef struct EsRsState EsRsState;

typedef enum { ES_RS_ROLE_UNKNOWN, ES_RS_CALLER, ES_RS_CALLEE } EsRsRole;

// One participant in one session. Borrowed until the next document.
typedef struct {
  const char *id, *aor, *name; // aor and name may be NULL
  const char *user;            // of the aor, or the aor itself where it is no URI
  GPtrArray *labels;           // of const char *: of the streams it sends; of one who left, those that it
                               // sent last and nobody else does now
  GPtrArray *hears;            // of const char *: of the streams it receives
  gboolean hears_known;        // it was said what it receives, by a client that says so: nothing means hold
  EsRsRole role;               // if a vendor's elements tell: callingParty, or the number of who calls
  gint64 joined_us;            // ES_UNKNOWN
  gint64 left_us;              // ES_UNKNOWN while it takes part
} EsRsMember;

typedef struct {
  const char *id;
  const char *group;        // NULL
  GPtrArray *sip_sessions;  // of const char *
  gint64 start_us, stop_us; // ES_UNKNOWN
  gboolean stopped;         // stop-time, or everybody has left, or a complete document without it
  GPtrArray *members;       // of EsRsMember, in the order in which they were first named
} EsRsView;

typedef struct {
  gboolean
      needs_snapshot; // a partial document before any complete one, or one that names what nobody declared
  gboolean changed;
} EsRsChange;

EsRsState *es_rs_state_new(void);
void es_rs_state_free(EsRsState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsRsState, es_rs_state_free)
void es_rs_state_take(EsRsState *state, const EsRsMetadata *document, gint64 now_us, EsRsChange *change);
// All sessions that were ever named, in that order; of EsRsView, borrowed until the next document.
const GPtrArray *es_rs_state_sessions(const EsRsState *state);
// The value of a vendor's element of the session (NULL: any), of one of its participants or of the recording;
// NULL if none. The name may leave out parents: "acdName" finds "broadWorksRecordingMetadata/acd/acdName".
const char *es_rs_state_extension(const EsRsState *state, const char *session, const char *name);
