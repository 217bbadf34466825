// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Networks that may do something: "10.0.0.0/8", "2001:db8::/32", or a single address.
#pragma once

#include "earshot/common/address.h"

typedef struct {
  guint8 ip[16]; // IPv4 as EsAddress holds it
  guint bits;    // of ip that count, 0 to 128
} EsNetwork;

// FALSE for what is no address, or has bits that none can have.
gboolean es_network_parse(const char *text, EsNetwork *network);
// of EsNetwork
gboolean es_networks_hold(const GArray *networks, const EsAddress *address);
gboolean es_address_same_host(const EsAddress *a, const EsAddress *b);
