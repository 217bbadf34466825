// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What messages say of the conversation that their call is part of: Session-ID (RFC 7989, and the form of
// RFC 7329 with one id), the Reason of a CANCEL (RFC 3326), a Contact that is a conference's focus (RFC
// 4579).
#pragma once

#include "earshot/wire/sip.h"

#define ES_SESSION_UUID_SIZE 33

typedef struct {
  char local[ES_SESSION_UUID_SIZE];  // of who sent the message; lower case; "" for the nil UUID
  char remote[ES_SESSION_UUID_SIZE]; // of the other end; "" while it is not known
  gboolean single;                   // RFC 7329: one id for the session, the same from both ends
} EsSessionId;

// FALSE for a value that is not a Session-ID.
gboolean es_session_id_parse(const char *value, EsSessionId *id);
// TRUE if this CANCEL (or BYE) says that the call was taken somewhere else: SIP status 200, or Q.850 cause
// 26.
gboolean es_sip_says_elsewhere(const EsSipMessage *message);
// The conference whose focus sent this message: "user@host" of its Contact with isfocus; NULL if it is none.
// Caller frees.
char *es_sip_focus(const EsSipMessage *message);
