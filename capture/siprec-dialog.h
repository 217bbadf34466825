// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One recording session as SIP sees it: a dialog that a client opened, its requests and our answers, its
// timers, and the ports of its m-lines.
#pragma once

#include "recording-session.h"
#include "siprec-answer.h"
#include "siprec-media.h"
#include "siprec-settings.h"
#include "siprec-sofia.h"

#define ES_SIPREC_ALLOW "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO"
#define ES_SIPREC_ACCEPT                                                                                     \
  "application/sdp, application/rs-metadata+xml, application/rs-metadata, multipart/mixed"
#define ES_SIPREC_SUPPORTED "siprec, timer"

// What dialogs share.
typedef struct {
  const EsSiprecSettings *settings;
  gint64 idle_timeout_us; // nothing at all was heard of a client for so long: it has gone
  EsSiprecPorts ports;
  EsWorker *worker;
  EsCaptureStats *stats;
  EsSiprecMediaStats media; // counted by all lines together
  EsSiprecReader *reader;
  GHashTable *dialogs; // of EsSiprecDialog: those that are open
  GError *failed;      // the library cannot be written: everything ends
  gint64 looked_us;    // wall clock: requests that are at hand now came since then
  gboolean away;       // requests come by another recorder, not by our own sockets
} EsSiprecShared;

// Where requests come in.
typedef struct {
  nta_agent_t *agent;
  const char *transport; // static
  int socket;            // as es_siprec_arrival wants it
} EsSiprecDoor;

typedef struct EsSiprecDialog EsSiprecDialog;

// An INVITE that was let in; message is the same one. Answers it. own: where it was received. Owned by
// shared->dialogs.
void es_siprec_dialog_open(EsSiprecShared *shared, const EsSiprecDoor *door, nta_incoming_t *request,
                           const sip_t *sip, const EsSipMessage *message, const EsAddress *peer,
                           const EsAddress *own);
// Reads what its ports have got.
gboolean es_siprec_dialog_read(EsSiprecDialog *dialog, gboolean with_rtcp, GError **error);
// Once in a while: session timers, reports, requests that waited.
void es_siprec_dialog_tick(EsSiprecDialog *dialog, gint64 now_us);
// Says BYE, ends its calls for this reason and frees it.
void es_siprec_dialog_end(EsSiprecDialog *dialog, EsEnd end);
const EsAddress *es_siprec_dialog_peer(const EsSiprecDialog *dialog);
// Where its latest request came from, which may be another connection than the first.
const EsAddress *es_siprec_dialog_latest(const EsSiprecDialog *dialog);
const char *es_siprec_dialog_call_id(const EsSiprecDialog *dialog);
// TRUE until its first ACK.
gboolean es_siprec_dialog_is_early(const EsSiprecDialog *dialog);
// The dialog of a leg, as Replaces finds it; NULL for none.
EsSiprecDialog *es_siprec_dialog_of(nta_leg_t *leg);
