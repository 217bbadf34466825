// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The SIP state of one call, from the first INVITE to its end (RFC 3261). One call is one Call-ID, however
// many hops of a proxy the capture saw and however many phones the proxy let ring.
//
// Which final response decides: every hop and every fork has its own topmost Via branch. The INVITE seen
// first is the hop nearest to the caller; only a refusal of that branch refuses the call, and only a CANCEL
// of that branch is the caller's (a proxy cancels the other phones when one answers). A 2xx on any branch
// answers the call.
//
// The last Via of a request, which proxies leave as it is, says who wrote it: the caller its INVITE and the
// ACK of a 2xx, a proxy the ACK of a refusal and the CANCEL of a fork (RFC 3261 sections 13.2.2.4, 17.1.1.3).
//
// A 2xx that was not seen is inferred (docs/decisions/0078): from what only an answered call says, or from
// both voices. What others would still say of an unanswered call (refusal, CANCEL) takes back what is not
// certain, and a 2xx that comes after all says when.
//
// A dialog whose beginning was not seen is joined: a re-INVITE, or the 2xx to an INVITE, shows that it
// exists. It is taken for answered from then on, unless the re-INVITE is refused as of no dialog.
//
// Sides: 0 is the caller (the From of the first INVITE), 1 the callee. Of a joined dialog 0 is who asked
// first; which of them once called cannot be known.
#pragma once

#include "earshot/common/clock.h"
#include "earshot/wire/sip.h"

#define ES_DIALOG_MAX_BRANCHES 16

typedef enum {
  ES_DIALOG_CALLING,  // no final response yet
  ES_DIALOG_REFUSED,  // refused, challenged or redirected; a new INVITE may still follow
  ES_DIALOG_ANSWERED, // 2xx seen
  ES_DIALOG_ENDED,    // BYE seen
} EsDialogState;

// What a message did to the call.
typedef enum {
  ES_DIALOG_NOTHING,
  ES_DIALOG_ANSWER,     // the first 2xx; after an inferred answer it says when that was
  ES_DIALOG_REFUSAL,    // state became REFUSED
  ES_DIALOG_RETRY,      // a new INVITE after a refusal
  ES_DIALOG_CANCEL,     // the caller gave up
  ES_DIALOG_BYE,        // state became ENDED
  ES_DIALOG_BYE_UNDONE, // the BYE was refused: the call goes on
} EsDialogChange;

typedef struct {
  guint32 hash;   // of the topmost Via branch
  guint32 writer; // of the last one: the caller's
  guint32 cseq;
  int status; // final status, 0 while open
  char *user; // user of its Request-URI
} EsDialogBranch;

typedef struct {
  EsDialogState state;
  char *caller_tag;
  char *callee_tag;     // of the 2xx that answered
  gboolean joined;      // its beginning was not seen
  gboolean challenged;  // and what it was joined by may as well be the answer to a challenge
  const char *inferred; // by what its answer is known, whose 2xx was not seen: a method, or "RTP"; else NULL
  gboolean doubtful;    // what is said of an unanswered call takes the inferred answer back
  guint32 proof_cseq;   // of the caller's INVITE that was the proof, 0 if none was
  gboolean early;       // a provisional response named the callee's dialog
  gint64 rung_us;       // latest provisional response but 100; ES_UNKNOWN
  gint64 asked_us;      // the caller's latest INVITE before the answer; ES_UNKNOWN
  gboolean several_answers;
  gboolean cancelled;
  gboolean elsewhere; // somebody else took the call; the CANCEL says so, or the other call shows it
  int sip_status;     // final status of the caller's latest INVITE
  guint32 cseq;       // of the caller's latest INVITE before the answer
  gint64 answered_us, ended_us, cancelled_us;
  gint64 last_us; // latest message
  int ended_by;   // side, -1 if not ended by a BYE
  guint32 bye_cseq;
  gboolean bye_confirmed;
  guint n_branches;
  EsDialogBranch branches[ES_DIALOG_MAX_BRANCHES]; // the first is the caller's own
  char *writer;                                    // sent-by of the caller, NULL if it cannot be read
  char *answered_user; // user of the Request-URI on the branch that answered, NULL if it was not seen
} EsDialog;

// invite is the first INVITE.
void es_dialog_init(EsDialog *dialog, const EsSipMessage *invite);
// message is a re-INVITE or a 2xx to an INVITE: the first message that was seen.
void es_dialog_join(EsDialog *dialog, const EsSipMessage *message, gint64 now_us);
void es_dialog_clear(EsDialog *dialog);
// Which side sent this message.
int es_dialog_sender(const EsDialog *dialog, const EsSipMessage *message);
// Takes every message of the call, also the first INVITE, copies of other hops and retransmissions.
EsDialogChange es_dialog_message(EsDialog *dialog, const EsSipMessage *message, gint64 now_us);
// What the media of the call tell.
typedef struct {
  gboolean described; // the callee has said where it hears
  gboolean both;      // both voices were heard since the INVITE
  gboolean strict; // audio of before the answer must not be kept: nothing is an answer that may be taken back
} EsDialogVoices;

// By what this message proves that the call was answered although no 2xx was seen; NULL if it does not, or
// nothing is to be proved. It is to be taken by es_dialog_message afterwards.
const char *es_dialog_proof(const EsDialog *dialog, const EsSipMessage *message,
                            const EsDialogVoices *voices);
// The call is answered by this proof, since at_us. message: the one that proves it, NULL if none does.
void es_dialog_infer(EsDialog *dialog, const char *proof, const EsSipMessage *message, gint64 at_us);
// TRUE for a status after which user agents try again with another INVITE (401, 407, 3xx, 422, ...).
gboolean es_dialog_status_is_retried(int status);
// TRUE while some fork of a refused INVITE has no final response.
gboolean es_dialog_has_open_branch(const EsDialog *dialog);
// "answered", "missed", "abandoned", "busy" or "failed".
const char *es_dialog_disposition(const EsDialog *dialog);
