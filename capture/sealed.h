// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Encryption that nobody announced, told from the lengths of packets: codecs of one byte a sample move the
// timestamp on by as many ticks as a packet has bytes, and an authentication tag is beyond that. Plain voice
// shows within two packets that it is plain, and is never looked at again.
#pragma once

#include "earshot/wire/rtp.h"

typedef struct {
  gboolean started, plain;
  guint16 sequence;
  guint32 timestamp;
  gsize length;
  guint votes; // pairs of packets that carry a tag
} EsSealed;

// TRUE if this packet of a codec with one byte a tick looks encrypted; before there is proof, also for a
// length that no whole number of 5 ms gives but one with a tag does.
gboolean es_sealed_look(EsSealed *sealed, const EsRtp *rtp);
