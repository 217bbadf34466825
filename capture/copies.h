// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Packets that are seen more than once: two mirror ports show the same conversation, a router's packet is
// mirrored before it and behind it, a machine that listens on all interfaces sees what it forwards come in
// and go out.
//
// What comes again within some milliseconds with the same addresses, identification and payload is the same
// packet. Seen another way (EsDatagram.way), it was shown by another mirror point: a copy. The same way, it
// is a duplicate that was on the wire and belongs into the call's ledger; unless more than a quarter of all
// packets come again: no network does that, but a mirror that shows what enters and what leaves a port.
#pragma once

#include "earshot/wire/packet.h"

typedef struct EsCopies EsCopies;

typedef enum {
  ES_COPIES_NEW,
  ES_COPIES_COPY,
  ES_COPIES_AGAIN, // a duplicate
} EsCopiesResult;

EsCopies *es_copies_new(gint64 window_us); // 0: none is looked for
void es_copies_free(EsCopies *copies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsCopies, es_copies_free)
// What follows are the same packets a second time, on purpose.
void es_copies_forget(EsCopies *copies);
// Of a UDP datagram or TCP segment; one without payload is always new.
EsCopiesResult es_copies_look(EsCopies *copies, const EsDatagram *datagram);
