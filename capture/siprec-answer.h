// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the recording server says in SDP: answers that keep every m-line in its place with its label and take
// each voice that can be decoded, and the offer to a client that sent none (RFC 7866 section 7.2).
#pragma once

#include "earshot/wire/sdp.h"

#define ES_SIPREC_CRYPTO_SIZE 160

// One m-line of ours.
typedef struct {
  guint16 port; // 0: refused
  guint16 rtcp_port;
  gboolean inactive;                  // nothing is to come for now
  gboolean mux;                       // RTCP comes to port as well
  char crypto[ES_SIPREC_CRYPTO_SIZE]; // value of a=crypto with a key of ours; "" where nothing is encrypted
} EsSiprecLine;

typedef struct {
  const char *address; // literal, IPv4 or IPv6
  guint64 id, version; // of o=
} EsSiprecOrigin;

// Whether an m-line of an offer can be taken: a voice over RTP, plain or encrypted with a key in the offer,
// that something here decodes.
gboolean es_siprec_can_take(const EsSdpMedia *media);
// The key with which the client encrypts that line: the first in the offer that can be used. NULL for a plain
// line.
const EsSrtpKey *es_siprec_key(const EsSdpMedia *media);
// A key of ours, of the same suite and tag, as the value of a=crypto.
void es_siprec_make_key(const EsSrtpKey *theirs, char *crypto, gsize size);
// lines: as many as the offer has. Caller frees.
char *es_siprec_answer(const EsSdp *offer, const EsSiprecLine *lines, const EsSiprecOrigin *origin);
// Two voices or more, every codec with a static number, and Opus.
char *es_siprec_offer(const EsSiprecLine *lines, guint n, const EsSiprecOrigin *origin);
// How many m-lines a session description has, those included that EsSdp has no room for.
guint es_siprec_count_lines(const guint8 *sdp, gsize length);
