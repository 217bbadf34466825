// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Packets that this machine shows more than once. Whoever listens on all interfaces sees a packet that is
// bridged or forwarded when it comes in and again when it goes out, within microseconds.
//
// A copy has the bytes of a packet just seen, from the network layer up and but for what a router changes
// (hop limit, checksum), and was seen at another interface or in another direction. The same bytes at the
// same place are a duplicate that was on the wire: those count.
#pragma once

#include "earshot/wire/packet.h"

typedef struct EsCopies EsCopies;

EsCopies *es_copies_new(void);
void es_copies_free(EsCopies *copies);
// TRUE for a copy of a packet given before. Knows packets of Linux cooked captures alone.
gboolean es_copies_seen(EsCopies *copies, const EsPacket *packet);
