// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "dialog.h"
#include "earshot/wire/relation.h"
#include "earshot/wire/sip-address.h"
#include <string.h>

static guint32 branch_hash(const EsSipMessage *message) {
  const char *branch = es_sip_branch(message);
  return branch ? g_str_hash(branch) : 0;
}

// The user that an INVITE rings; NULL if it cannot be read.
static char *invited_user(const EsSipMessage *invite) {
  const char *uri = es_sip_request_uri(invite);
  EsSipParty party = {0};
  if (!uri || !es_sip_party_parse(uri, &party))
    return NULL;
  char *user = g_steal_pointer(&party.user);
  es_sip_party_clear(&party);
  return user;
}

#define COOKIE "z9hG4bK" // a branch that begins with it is that of one transaction (RFC 3261 section 8.1.1.7)
#define MOST_VIAS 70     // as many as Max-Forwards lets there be

// Sent-by of the last Via; *branch: hash of its branch, 0 if that tells nothing. NULL if it cannot be read.
static char *writer_of(const EsSipMessage *m, guint32 *branch) {
  const char *last = NULL, *line;
  g_autofree char *text = NULL;
  for (guint i = 0; i < MOST_VIAS && (line = es_sip_header_at(m, "Via", i)); i++)
    last = line;
  char *writer = last ? es_sip_via_writer(last, &text) : NULL;
  *branch = text && g_ascii_strncasecmp(text, COOKIE, strlen(COOKIE)) == 0 ? g_str_hash(text) : 0;
  return writer;
}

// On a hop that shows itself by its INVITE, or by the response to it.
static void add_branch(EsDialog *d, const EsSipMessage *m) {
  guint32 hash = branch_hash(m), cseq = es_sip_cseq(m), written;
  for (guint i = 0; i < d->n_branches; i++)
    if (d->branches[i].hash == hash && d->branches[i].cseq == cseq)
      return; // a retransmission
  if (d->n_branches == ES_DIALOG_MAX_BRANCHES)
    return;
  g_autofree char *writer = writer_of(m, &written);
  if (d->n_branches == 0) {
    g_free(d->writer);
    d->writer = g_steal_pointer(&writer);
  }
  d->branches[d->n_branches++] =
      (EsDialogBranch){.hash = hash, .writer = written, .cseq = cseq, .user = invited_user(m)};
}

static void clear_branches(EsDialog *d) {
  for (guint i = 0; i < d->n_branches; i++)
    g_clear_pointer(&d->branches[i].user, g_free);
  d->n_branches = 0;
}

// n_branches if it is on none that was seen.
static guint place_of(const EsDialog *d, const EsSipMessage *message) {
  guint32 hash = branch_hash(message);
  guint i = 0;
  while (i < d->n_branches && (d->branches[i].hash != hash || d->branches[i].cseq != es_sip_cseq(message)))
    i++;
  return i;
}

static EsDialogBranch *find_branch(EsDialog *d, const EsSipMessage *message) {
  guint i = place_of(d, message);
  return i < d->n_branches ? &d->branches[i] : NULL;
}

// No proxy has touched the INVITE that was seen first: what refuses that refuses the call.
static gboolean sees_caller(const EsDialog *d) {
  return d->n_branches > 0 && d->branches[0].writer != 0 && d->branches[0].hash == d->branches[0].writer;
}

static gboolean is_written_by_caller(const EsDialog *d, const EsSipMessage *m, guint32 *branch) {
  g_autofree char *writer = writer_of(m, branch);
  return writer && d->writer && g_ascii_strcasecmp(writer, d->writer) == 0;
}

static gboolean answers_challenge(const EsSipMessage *m) {
  return es_sip_header(m, "Authorization") || es_sip_header(m, "Proxy-Authorization");
}

void es_dialog_init(EsDialog *d, const EsSipMessage *invite) {
  *d = (EsDialog){.answered_us = ES_UNKNOWN,
                  .ended_us = ES_UNKNOWN,
                  .cancelled_us = ES_UNKNOWN,
                  .last_us = ES_UNKNOWN,
                  .rung_us = ES_UNKNOWN,
                  .asked_us = ES_UNKNOWN,
                  .ended_by = -1,
                  .cseq = es_sip_cseq(invite),
                  .caller_tag = g_strdup(es_sip_from(invite)->tag)};
}

void es_dialog_join(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  es_dialog_init(d, m);
  d->joined = TRUE;
  d->challenged = es_sip_is_request(m) && answers_challenge(m);
  d->state = ES_DIALOG_ANSWERED;
  d->answered_us = now_us;
  d->sip_status = es_sip_status(m);
  d->callee_tag = g_strdup(es_sip_to(m)->tag);
}

void es_dialog_clear(EsDialog *d) {
  clear_branches(d);
  g_clear_pointer(&d->caller_tag, g_free);
  g_clear_pointer(&d->callee_tag, g_free);
  g_clear_pointer(&d->answered_user, g_free);
  g_clear_pointer(&d->writer, g_free);
}

int es_dialog_sender(const EsDialog *d, const EsSipMessage *m) {
  int requester = g_strcmp0(es_sip_from(m)->tag, d->caller_tag) == 0 ? 0 : 1;
  return es_sip_is_request(m) ? requester : 1 - requester;
}

gboolean es_dialog_status_is_retried(int status) {
  return status == 401 || status == 407 || (status >= 300 && status < 400) || status == 422 ||
         status == 421 || status == 494 || status == 488 || status == 491;
}

gboolean es_dialog_has_open_branch(const EsDialog *d) {
  for (guint i = 0; i < d->n_branches; i++)
    if (d->branches[i].status == 0)
      return TRUE;
  return FALSE;
}

// An INVITE of the caller before the answer: the first one, another hop, a fork, or another try.
static EsDialogChange take_invite(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  if (d->state >= ES_DIALOG_ANSWERED || es_dialog_sender(d, m) != 0)
    return ES_DIALOG_NOTHING;
  guint32 cseq = es_sip_cseq(m);
  if (cseq < d->cseq)
    return ES_DIALOG_NOTHING;
  gboolean retry = cseq > d->cseq;
  if (retry) {
    clear_branches(d);
    d->cseq = cseq;
    d->state = ES_DIALOG_CALLING;
    d->sip_status = 0;
    d->early = d->cancelled = d->elsewhere = FALSE;
    d->ended_us = d->cancelled_us = ES_UNKNOWN;
  }
  if (retry || d->n_branches == 0)
    d->asked_us = now_us;
  add_branch(d, m);
  return retry ? ES_DIALOG_RETRY : ES_DIALOG_NOTHING;
}

static EsDialogChange take_answer(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  const char *tag = es_sip_to(m)->tag;
  gboolean confirms = d->state == ES_DIALOG_ANSWERED && d->doubtful && es_sip_cseq(m) == d->cseq;
  if (d->state >= ES_DIALOG_ANSWERED && !confirms) {
    d->several_answers |= g_strcmp0(tag, d->callee_tag) != 0;
    d->sip_status = d->sip_status ? d->sip_status : es_sip_status(m);
    return ES_DIALOG_NOTHING;
  }
  EsDialogBranch *branch = find_branch(d, m);
  if (branch) {
    branch->status = es_sip_status(m);
    g_free(d->answered_user);
    d->answered_user = g_strdup(branch->user);
  }
  d->state = ES_DIALOG_ANSWERED;
  d->inferred = NULL;
  d->doubtful = FALSE;
  d->sip_status = es_sip_status(m);
  d->answered_us = now_us;
  d->ended_us = ES_UNKNOWN;
  g_free(d->callee_tag);
  d->callee_tag = g_strdup(tag);
  return ES_DIALOG_ANSWER;
}

// ---- an answer that was not seen

// The ACK of a 2xx is written by the caller, with a branch of its own. That of a refusal is written by
// whoever was refused on that hop, and repeats the INVITE's branch, which need not have been seen.
static gboolean acknowledges_answer(const EsDialog *d, const EsSipMessage *m, int side) {
  guint32 branch;
  if (side != 0 || es_sip_cseq(m) != d->cseq || place_of(d, m) < d->n_branches ||
      d->n_branches == ES_DIALOG_MAX_BRANCHES || !is_written_by_caller(d, m, &branch) || branch == 0)
    return FALSE;
  for (guint i = 0; i < d->n_branches; i++)
    if (d->branches[i].writer == branch || d->branches[i].writer == 0)
      return FALSE; // of a refusal that a proxy without a memory has passed on
  return TRUE;
}

// Only an INVITE that was accepted is followed by another within its dialog; one that answers a challenge may
// carry the tag of the challenge.
static gboolean is_reinvite(const EsDialog *d, const EsSipMessage *m, int side) {
  return (side == 1 || es_sip_cseq(m) > d->cseq) && !answers_challenge(m);
}

// A callee hangs up answered calls alone (RFC 3261 section 15), a caller may leave an early dialog so.
static gboolean hangs_up(const EsDialog *d, int side, const EsDialogVoices *voices) {
  return !d->cancelled && (side == 1 || !d->early || voices->both);
}

// Within early dialogs these are rare, and hardly without a description that made them possible.
static gboolean is_within(const char *method) {
  return strcmp(method, "UPDATE") == 0 || strcmp(method, "INFO") == 0 || strcmp(method, "REFER") == 0;
}

// Another fork may still be answered. That is told apart only where the refusal was not the caller's own.
static gboolean rings_elsewhere(const EsDialog *d) {
  return d->state == ES_DIALOG_REFUSED && !d->cancelled && !sees_caller(d) && es_dialog_has_open_branch(d);
}

const char *es_dialog_proof(const EsDialog *d, const EsSipMessage *m, const EsDialogVoices *voices) {
  int side = es_dialog_sender(d, m);
  const char *method = es_sip_method(m), *own = es_sip_from(m)->tag, *other = es_sip_to(m)->tag;
  if ((d->state != ES_DIALOG_CALLING && !rings_elsewhere(d)) || !es_sip_is_request(m) || !own || !other ||
      g_strcmp0(side == 0 ? own : other, d->caller_tag) != 0)
    return NULL;
  if (strcmp(method, "ACK") == 0)
    return acknowledges_answer(d, m, side) ? "ACK" : NULL;
  if (d->state != ES_DIALOG_CALLING && (side == 0 || strcmp(method, "BYE") != 0))
    return NULL;
  if (strcmp(method, "INVITE") == 0)
    return is_reinvite(d, m, side) ? "INVITE" : NULL;
  if (strcmp(method, "BYE") == 0)
    return hangs_up(d, side, voices) ? "BYE" : NULL;
  gboolean within = is_within(method) && !d->cancelled && !voices->described && !voices->strict;
  return within ? g_intern_string(method) : NULL;
}

void es_dialog_infer(EsDialog *d, const char *proof, const EsSipMessage *m, gint64 at_us) {
  gboolean caller = !m || es_dialog_sender(d, m) == 0;
  d->state = ES_DIALOG_ANSWERED;
  d->sip_status = 0; // of a fork, if any
  d->answered_us = at_us;
  d->ended_us = ES_UNKNOWN;
  d->inferred = proof;
  d->proof_cseq = caller && strcmp(proof, "INVITE") == 0 ? es_sip_cseq(m) : 0;
  d->doubtful =
      strcmp(proof, "ACK") != 0 && strcmp(proof, "INVITE") != 0 && (strcmp(proof, "BYE") != 0 || caller);
  g_free(d->callee_tag);
  d->callee_tag = m ? g_strdup(caller ? es_sip_to(m)->tag : es_sip_from(m)->tag) : NULL;
  if (d->n_branches == 1 && !d->answered_user)
    d->answered_user = g_strdup(d->branches[0].user);
}

// The answer was none.
static void take_back(EsDialog *d) {
  if (d->state == ES_DIALOG_ENDED && d->ended_by == 0 && !d->cancelled) {
    d->cancelled = TRUE; // hanging up an early dialog is giving up
    d->cancelled_us = d->ended_us;
  }
  d->state = ES_DIALOG_CALLING;
  d->inferred = NULL;
  d->proof_cseq = 0;
  d->doubtful = FALSE;
  d->answered_us = d->ended_us = ES_UNKNOWN;
  d->ended_by = -1;
}

// ---- refusals and ends

// What somebody says who knows of no dialog: then there was none to join.
static gboolean refuses_dialog(int status) {
  return status == 481 || status == 404 || status == 403;
}

// What is said of a call, and hardly of a change to one.
static gboolean refuses_call(int status) {
  return refuses_dialog(status) || status == 410 || status == 480 || status == 484 || status == 486 ||
         status == 487 || status == 600 || status == 603 || status == 604;
}

static void doubt_join(EsDialog *d, const EsSipMessage *m) {
  int status = es_sip_status(m);
  if (!d->joined || d->state != ES_DIALOG_ANSWERED || d->sip_status != 0 || es_sip_cseq(m) != d->cseq ||
      !(refuses_dialog(status) || (d->challenged && refuses_call(status))))
    return;
  d->answered_us = ES_UNKNOWN;
  d->state = ES_DIALOG_CALLING;
}

// The INVITE that was the proof was another try, by a phone that keeps the tag of a refusal nobody saw.
static void doubt_proof(EsDialog *d, const EsSipMessage *m) {
  if (!d->proof_cseq || es_sip_cseq(m) != d->proof_cseq || d->state < ES_DIALOG_ANSWERED ||
      !refuses_call(es_sip_status(m)))
    return;
  take_back(d);
  clear_branches(d);
  d->cseq = es_sip_cseq(m);
}

static EsDialogBranch *refused_branch(EsDialog *d, const EsSipMessage *m) {
  EsDialogBranch *branch = find_branch(d, m);
  if (!branch && d->n_branches > 0 && d->state < ES_DIALOG_ANSWERED && es_sip_cseq(m) == d->cseq) {
    add_branch(d, m); // its INVITE was not seen
    branch = find_branch(d, m);
  }
  if (branch)
    branch->status = es_sip_status(m);
  return branch;
}

static EsDialogChange take_refusal(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  doubt_join(d, m);
  doubt_proof(d, m);
  EsDialogBranch *branch = refused_branch(d, m);
  gboolean decides = branch == &d->branches[0] || d->n_branches == 0;
  if ((d->doubtful || (d->inferred && sees_caller(d))) && decides && es_sip_cseq(m) == d->cseq)
    take_back(d);
  if (d->state != ES_DIALOG_CALLING || es_sip_cseq(m) != d->cseq || !decides)
    return ES_DIALOG_NOTHING;
  d->state = ES_DIALOG_REFUSED;
  d->sip_status = es_sip_status(m);
  d->ended_us = now_us;
  return ES_DIALOG_REFUSAL;
}

static EsDialogChange take_cancel(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  gboolean rings = d->state == ES_DIALOG_CALLING || (d->state == ES_DIALOG_ANSWERED && d->doubtful);
  if (!rings || d->cancelled || es_sip_cseq(m) != d->cseq)
    return ES_DIALOG_NOTHING;
  EsDialogBranch *branch = find_branch(d, m);
  guint32 written;
  if (branch ? branch != &d->branches[0] : d->writer && !is_written_by_caller(d, m, &written))
    return ES_DIALOG_NOTHING; // a proxy's
  if (d->doubtful)
    take_back(d);
  d->cancelled = TRUE;
  d->cancelled_us = now_us;
  d->elsewhere |= es_sip_says_elsewhere(m);
  return ES_DIALOG_CANCEL;
}

// TRUE if the BYE belongs to the fork that answered; told apart only when several did.
static gboolean bye_is_ours(const EsDialog *d, const EsSipMessage *m, int side) {
  const char *tag = side == 0 ? es_sip_to(m)->tag : es_sip_from(m)->tag;
  return !d->several_answers || !tag || !d->callee_tag || strcmp(tag, d->callee_tag) == 0;
}

static EsDialogChange take_bye(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  int side = es_dialog_sender(d, m);
  if (d->state == ES_DIALOG_CALLING && side == 0 && !d->cancelled) {
    d->cancelled = TRUE; // hanging up an early dialog is giving up
    d->cancelled_us = now_us;
    return ES_DIALOG_CANCEL;
  }
  if (d->state != ES_DIALOG_ANSWERED || !bye_is_ours(d, m, side))
    return ES_DIALOG_NOTHING;
  d->state = ES_DIALOG_ENDED;
  d->ended_us = now_us;
  d->ended_by = side;
  d->bye_cseq = es_sip_cseq(m);
  d->bye_confirmed = FALSE;
  return ES_DIALOG_BYE;
}

// A BYE that is refused has ended nothing, unless the other side knows no such call any more (481) or does
// not answer at all (408): RFC 3261 section 15.
static EsDialogChange take_bye_response(EsDialog *d, const EsSipMessage *m) {
  int status = es_sip_status(m);
  if (d->state != ES_DIALOG_ENDED || d->bye_confirmed || status < 200 || es_sip_cseq(m) != d->bye_cseq ||
      es_dialog_sender(d, m) == d->ended_by)
    return ES_DIALOG_NOTHING;
  if (status < 300 || status == 481 || status == 408) {
    d->bye_confirmed = TRUE;
    return ES_DIALOG_NOTHING;
  }
  d->state = ES_DIALOG_ANSWERED;
  d->ended_us = ES_UNKNOWN;
  d->ended_by = -1;
  return ES_DIALOG_BYE_UNDONE;
}

static void take_ringing(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  if (es_sip_status(m) == 100 || es_sip_cseq(m) != d->cseq)
    return;
  d->early |= es_sip_to(m)->tag != NULL;
  d->rung_us = now_us;
}

EsDialogChange es_dialog_message(EsDialog *d, const EsSipMessage *m, gint64 now_us) {
  const char *method = es_sip_method(m);
  d->last_us = now_us;
  if (es_sip_is_request(m)) {
    if (strcmp(method, "INVITE") == 0)
      return take_invite(d, m, now_us);
    if (strcmp(method, "CANCEL") == 0)
      return take_cancel(d, m, now_us);
    if (strcmp(method, "BYE") == 0)
      return take_bye(d, m, now_us);
    return ES_DIALOG_NOTHING;
  }
  int status = es_sip_status(m);
  if (strcmp(method, "BYE") == 0)
    return take_bye_response(d, m);
  if (strcmp(method, "INVITE") != 0 || es_dialog_sender(d, m) != 1)
    return ES_DIALOG_NOTHING;
  if (status < 200) {
    take_ringing(d, m, now_us);
    return ES_DIALOG_NOTHING;
  }
  return status < 300 ? take_answer(d, m, now_us) : take_refusal(d, m, now_us);
}

const char *es_dialog_disposition(const EsDialog *d) {
  if (d->answered_us != ES_UNKNOWN)
    return "answered";
  if (d->cancelled)
    return d->elsewhere ? "missed" : "abandoned";
  switch (d->sip_status) {
  case 0:
  case 408:
  case 480:
  case 487:
    return "missed";
  case 486:
  case 600:
  case 603: // "declined": a person pressed the red button, which callers hear as busy
    return "busy";
  default:
    return "failed";
  }
}
