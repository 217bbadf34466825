// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the two sides of a call agreed to send and hear: offer and answer of session descriptions (RFC 3264),
// as far as a listener needs them. Addresses accumulate, since a packet may come before its description or
// linger after the next one; payload types are those of the newest agreement.
//
// A side is 0 (caller) or 1 (callee). A side's description says where it wants to hear and with which payload
// types; the voice that arrives there is the other side's.
#pragma once

#include "earshot/wire/sdp.h"
#include "earshot/wire/sip.h"
#include "media-keys.h"

typedef struct {
  EsSdpDirection direction;
  gboolean muted; // c=0.0.0.0 or port 0
  gboolean savp;  // RTP/SAVP or RTP/SAVPF
  gboolean crypto;
  gboolean fax;   // T.38 (m=image) in place of a voice
  char video[24]; // codec of an m=video that is wanted, "" if none
  guint n_formats;
  EsSdpFormat formats[]; // audio m-line only
} EsMediaDescription;

typedef struct {
  EsMediaDescription *current; // of the newest agreement
  EsMediaDescription *offered; // waiting for its answer
  guint32 cseq;                // of this side's newest request that may negotiate
  gboolean asked;              // such a request was seen
  gboolean with_offer;         // it carried a description; otherwise its 2xx makes the offer
  gboolean agreed;             // it led to an agreement
  EsMediaKeys keys;            // of its voice
} EsMediaSide;

typedef struct {
  EsMediaSide sides[2];
  guint agreements;   // one for each request that led to one
  gboolean held[2];   // this side holds the other
  gboolean fax;       // both agreed on T.38 in place of voices
  const char *video;  // both agreed on this codec of moving pictures, which nobody keeps; NULL if none
  guint64 generation; // changes whenever payload types may mean something else
} EsMedia;

// What a message did.
typedef struct {
  int side;             // who sent a description, -1 if nobody
  gboolean has_address; // and where it wants to hear
  EsAddress address;
  gboolean agreed; // an agreement was reached, or its answer came again
} EsMediaChange;

void es_media_init(EsMedia *media);
void es_media_clear(EsMedia *media);
// What the caller asked for was accepted, in words that nobody saw.
void es_media_presume(EsMedia *media);
// Whether this side has said where it hears.
gboolean es_media_is_described(const EsMedia *media, int side);
// sender is es_dialog_sender. scratch is a place for a parsed description (they are large).
void es_media_message(EsMedia *media, const EsSipMessage *message, int sender, EsSdp *scratch,
                      EsMediaChange *change);
// What a payload type of the voice of this side means: by the description of who hears it, then of who sends
// it, then the static table. FALSE if nothing says.
gboolean es_media_codec(const EsMedia *media, int voice, guint payload_type, EsCodec *codec);
gboolean es_media_is_encrypted(const EsMedia *media);
// TRUE if the agreement lets this side speak.
gboolean es_media_may_send(const EsMedia *media, int side);
