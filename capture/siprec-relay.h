// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Requests that come to one recorder and are meant for another of this machine, while that takes its place,
// or the other way round: in a dialog that the other has, or of a new session over a connection that this one
// has. They go to the other by loopback with a Via of ours on top; its answers go back as our own. The Via
// tells by a secret that a request comes from here, and from which client.
#pragma once

#include "earshot/common/address.h"
#include "siprec-sofia.h"

typedef struct EsSiprecRelay EsSiprecRelay;

// NULL if there is no port for it.
EsSiprecRelay *es_siprec_relay_new(void);
void es_siprec_relay_free(EsSiprecRelay *relay);
// What others must know to bring requests here.
const char *es_siprec_relay_secret(const EsSiprecRelay *relay);
// Whether a request was brought by one who knows it; *peer is then the client's address.
gboolean es_siprec_relay_brought(const EsSiprecRelay *relay, const sip_t *sip, EsAddress *peer);
// Brings a request, which it takes, to a port of loopback.
void es_siprec_relay_request(EsSiprecRelay *relay, nta_agent_t *agent, msg_t *msg, sip_t *sip,
                             const EsAddress *peer, guint16 port, const char *secret);
// Brings an answer to something that the other has asked; takes it.
void es_siprec_relay_answer(EsSiprecRelay *relay, msg_t *msg, guint16 port);
// The other is gone: clients that wait for its answers are told to try again.
void es_siprec_relay_give_up(EsSiprecRelay *relay);
// Passes on what has come back.
void es_siprec_relay_read(EsSiprecRelay *relay);
