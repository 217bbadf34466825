// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// [siprec] of earshot.conf: who may send recordings here, how many, and where their media comes in.
#pragma once

#include "earshot/common/config.h"
#include "siprec-access.h"

typedef struct {
  GArray *allow;      // of EsNetwork: who may send anything; empty: everybody
  GArray *lenient;    // of EsNetwork: whose INVITEs need not say that they open a recording session
  char **subjects;    // names of client certificates that are let in; empty: every certificate of the CA
  char *certificate;  // file of our certificate and its key, NULL
  char *authority;    // file of the CA certificates of clients, NULL
  char *address;      // what we call ourselves in Contact and SDP; NULL: the address that was reached
  guint16 first_port; // of the range for RTP and RTCP, even
  guint16 last_port;
  guint max_sessions;
  guint max_connections; // over TCP and TLS, besides those that sessions use
  guint min_session_s;   // shortest session timer that a client may ask for
} EsSiprecSettings;

gboolean es_siprec_settings_read(EsSiprecSettings *settings, const EsConfig *config, GError **error);
void es_siprec_settings_clear(EsSiprecSettings *settings);
