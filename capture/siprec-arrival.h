// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// When a request of a client arrived. A server that is held up comes to it late, while the voices bear the
// kernel's stamps: what it says holds from its arrival on, not from its reading.
#pragma once

#include "siprec-listener.h"

// The socket of a place that was opened, from now on with stamps, and with room for what comes while the
// server is held up; -1 for a place of connections.
int es_siprec_arrival_socket(const EsSiprecPlace *place);

typedef struct {
  gint64 at_us;    // wall clock
  gboolean latest; // a connection tells no more than when it was heard last: it came then or before
} EsSiprecArrival;

// Of the message that was read last, which came after the latest look at the sockets: from this one, or from
// a connection of peer if it is -1. *connection is that of the time before, -1 if unknown.
EsSiprecArrival es_siprec_arrival(int socket, const EsAddress *peer, gint64 looked_us, int *connection);
