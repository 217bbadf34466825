// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What recording-*.c share: a session is a dialog with its lines and its metadata (recording-session.c), of
// which calls are made and kept (recording-calls.c); who is who in them is settled by recording-people.c;
// recording-headers.c makes metadata where only SIP headers tell.
#pragma once

#include "recording-session.h"
#include "rs-state.h"

typedef struct EsRecordedCall EsRecordedCall;

// One m-line as client and recorder agreed on it.
typedef struct {
  char label[64];     // never "": without a=label one that cannot come from a client
  gboolean accepted;  // audio that the recorder takes
  gboolean sends;     // not paused
  gboolean encrypted; // SRTP
  guint n_formats;    // the recorder's, then the client's
  EsSdpFormat *formats;
  gboolean has_source, has_target;
  EsAddress source, target; // of the client, of the recorder
  EsRecordedCall *call;     // whose voice it carries now; NULL if nobody knows
  int leg;
} EsRecordedLine;

struct EsRecordingSession {
  EsWorker *worker;
  char *call_id, *opener_tag;
  char *source;         // where it was opened
  gboolean by_recorder; // the recorder opened it
  gboolean joined;      // its beginning was not seen
  gboolean served;      // ours; otherwise one beside which we listen
  gboolean left;        // one beside which we listen, and which our server records
  gboolean up, ended;   // answered; over
  gboolean cancelled;
  int sip_status; // final status of its first INVITE
  gint64 opened_us, last_us, ended_us;
  char *side;     // which voice a built-in bridge sends in it, "near" or "far"; NULL for all others
  char *pair;     // what both of its dialogs say alike
  gboolean asked; // a request of the client that negotiates was seen
  guint32 cseq;   // of the newest one
  char *method;
  gboolean fresh;        // offer has no answer yet
  gboolean has_metadata; // or what the headers tell instead
  char *headers;         // that, while nobody knows whether metadata comes
  gboolean wish;         // for a snapshot
  EsSdp *offer, *answer; // newest of the client; of the recorder, while it waits for the client's
  EsRsState *state;
  EsRecordedLine *lines;
  guint n_lines;
  GPtrArray *calls; // of EsRecordedCall, borrowed: those that are open
  GHashTable *done; // ids of sessions whose calls are over
};

// Somebody in a call.
typedef struct {
  char *id, *user, *text; // text: name and user, for people
  int leg;
  gboolean present;
} EsRecordedPerson;

struct EsRecordedCall {
  EsLiveCall *call;
  char *id;            // of the communication session
  GPtrArray *sessions; // of EsRecordingSession: those that send its voices
  GPtrArray *people;   // of EsRecordedPerson, as they came
  struct {
    EsRecordingSession *session; // NULL before the first line
    guint line;
    gboolean live;    // the line carries it now
    EsMediaKeys keys; // of SRTP
  } legs[ES_CALL_MAX_LEGS];
  char *caller, *callee; // as in From and To, for the mapping rules; NULL
  char *connected;       // internal user who has the call after the one it began with
  gboolean paused;       // all of it
  gboolean crowded;      // one call too many
  gboolean cut;          // ended by the server, for this reason
  EsEnd end;
  gint64 ended_us;
};

// Line i of the client's description by label; -1 if there is none.
int es_recording_line(const EsRecordingSession *session, const char *label);

// Calls as the metadata has them now.
gboolean es_recording_calls_settle(EsRecordingSession *session, gint64 now_us, GError **error);
// Lines to legs, after a negotiation or a change of the metadata.
void es_recording_calls_assign(EsRecordingSession *session, gint64 now_us);
// The session was accepted.
void es_recording_calls_answer(EsRecordingSession *session, gint64 now_us);
// What the message says to the rules of consent and mapping.
gboolean es_recording_calls_read(EsRecordingSession *session, const EsSipMessage *message, gint64 now_us,
                                 GError **error);
void es_recording_call_stop(EsRecordedCall *recorded, EsEnd end, gint64 at_us);
gint64 es_recording_call_time(const EsRecordedCall *recorded, gint64 now_us);

// TRUE if one m-line carries all of them.
gboolean es_recording_is_mixed(const EsRsView *view);
// Who came, who went, and who has the call now.
gboolean es_recording_people_settle(EsRecordingSession *session, EsRecordedCall *recorded,
                                    const EsRsView *view, gint64 now_us, GError **error);
void es_recording_person_free(gpointer person);

// Whether SIP headers alone tell who is recorded, and which voice it is in a session that sends one of two.
gboolean es_recording_headers_tell(const EsSipMessage *invite);
void es_recording_headers_side(const EsSipMessage *invite, char **side, char **pair);
// Metadata made of them; n_lines: how many voices there are. Caller frees.
char *es_recording_headers_metadata(const EsSipMessage *invite, const char *pair, guint n_lines);

void es_recording_session_free(EsRecordingSession *session);
