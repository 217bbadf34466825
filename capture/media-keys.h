// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The SRTP keys under which one voice may come: those of every description that its sender has sent, since a
// re-INVITE leaves packets of the old key under way, a proxy has other keys on each hop, and of several
// answers any may be the one. Which fits is told by the packet's authentication tag, so nobody has to know.
//
// Who drives a call keeps one of these for each voice (zero is empty) and adds what the m-lines of its sender
// say. Keys are secrets: they are in no log, no row and no file.
#pragma once

#include "earshot/wire/rtp.h"
#include "earshot/wire/sdp.h"

#define ES_MEDIA_MAX_KEYS 16

typedef struct {
  EsSrtpKey key;
  EsSrtp *srtp; // opened by the first packet
} EsMediaKey;

typedef struct {
  GArray *list;     // of EsMediaKey, the latest that fitted or came first; NULL before the first
  gboolean useless; // a key came that cannot be used
  gboolean dtls;    // the sender offers DTLS, which tells keys to nobody
  guint misses;     // packets in a row that nothing fitted
} EsMediaKeys;

void es_media_keys_clear(EsMediaKeys *keys);
// What an m-line says of the voice of who sends it.
void es_media_keys_add(EsMediaKeys *keys, const EsSdpMedia *media);

typedef enum {
  ES_OPENED,
  ES_OPENED_BEFORE, // the same packet again
  ES_NO_KEY,
  ES_USELESS_KEY,
  ES_WRONG_KEY,
  ES_NO_KEY_BUT_DTLS,
} EsOpened;

// With ES_OPENED plain is the packet in clear, in scratch. keys may be NULL.
EsOpened es_media_keys_open(EsMediaKeys *keys, const EsRtp *rtp, guint8 scratch[ES_SRTP_MAX_PACKET],
                            EsRtp *plain);
