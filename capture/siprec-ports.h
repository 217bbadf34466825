// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Pairs of UDP ports for RTP (even) and RTCP (the next), out of a range.
#pragma once

#include "earshot/common/address.h"

typedef struct {
  guint16 first, last;
  guint16 next; // where the search goes on: a port rests before it is used again
} EsSiprecPorts;

void es_siprec_ports_init(EsSiprecPorts *ports, guint16 first, guint16 last);
// Two sockets that do not block, bound to this host, stamped by the kernel and telling what found no room in
// them. FALSE with *error when none is free.
gboolean es_siprec_ports_open(EsSiprecPorts *ports, const EsAddress *host, int fds[2], guint16 *port,
                              GError **error);
