// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One place where recordings may be sent to: "udp:192.0.2.1:5060", "tcp:[2001:db8::1]:5060", "tls:*:5061".
#pragma once

#include "siprec-settings.h"
#include "siprec-sofia.h"

typedef struct {
  char *name;            // as it was given
  const char *transport; // "udp", "tcp", "tls"
  EsAddress address;     // 0.0.0.0 for *
} EsSiprecPlace;

// ES_ERROR_USAGE for what is no such place.
gboolean es_siprec_place_parse(const char *text, EsSiprecPlace *place, GError **error);
void es_siprec_place_clear(EsSiprecPlace *place);

// The agent of sofia-sip that listens there and calls back with magic. NULL with an error that names the
// place and why it cannot be had. elsewhere: at a port that nobody knows, until it gets other sockets.
nta_agent_t *es_siprec_listen(su_root_t *root, const EsSiprecPlace *place, gboolean elsewhere,
                              const EsSiprecSettings *settings, nta_message_f *callback,
                              struct EsSiprecListener *magic, GError **error);
