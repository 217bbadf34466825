// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// SIP messages (RFC 3261) as a recorder needs them. sofia-sip reads From, To and Via; the start line, every
// other header and the body are ours (see sdp.h for the latter).
#pragma once

#include <glib.h>

typedef struct {
  char *uri; // "sip:bob@example.com:5060;user=phone", without angle brackets and header parameters
  char *
      user; // number or user part, percent-decoded; host if there is no user; tel: numbers without separators
  char *host;    // "" in a tel: URI
  char *display; // display name, unquoted; NULL if none
  char *tag;     // NULL if none
} EsSipParty;

typedef struct EsSipMessage EsSipMessage;

// TRUE if a datagram looks like a SIP message at all; cheap, used on every datagram that is not known media.
gboolean es_sip_looks_like(const guint8 *data, gsize length);
// NULL if it does not parse or lacks what a dialog needs (Call-ID, CSeq, From, To). Nothing of data is kept:
// the message owns its texts and its body.
EsSipMessage *es_sip_parse(const guint8 *data, gsize length);
void es_sip_free(EsSipMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsSipMessage, es_sip_free)

gboolean es_sip_is_request(const EsSipMessage *m);
const char *es_sip_method(const EsSipMessage *m); // of the request, or of CSeq in a response
int es_sip_status(const EsSipMessage *m);         // 0 in a request
guint32 es_sip_cseq(const EsSipMessage *m);
const char *es_sip_call_id(const EsSipMessage *m);
const EsSipParty *es_sip_from(const EsSipMessage *m);
const EsSipParty *es_sip_to(const EsSipMessage *m);
const char *es_sip_request_uri(const EsSipMessage *m);  // NULL in a response
const char *es_sip_branch(const EsSipMessage *m);       // of the topmost Via
const char *es_sip_content_type(const EsSipMessage *m); // "" if none
const guint8 *es_sip_body(const EsSipMessage *m,
                          gsize *length); // raw, as it arrived, limited by Content-Length; NULL if empty
// The whole value of the first line with this name, in either long or compact form, without case; NULL if
// absent. Also unknown headers. Texts from here are valid UTF-8 without control and bidi characters and live
// as long as the message.
const char *es_sip_header(const EsSipMessage *m, const char *name);
// The same of a later line with this name, from 0.
const char *es_sip_header_at(const EsSipMessage *m, const char *name, guint place);
