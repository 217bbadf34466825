// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-access.h"
#include <string.h>

#define IPV4_OFFSET_BITS 96 // of an IPv4 address in an IPv6 one

gboolean es_network_parse(const char *text, EsNetwork *network) {
  g_auto(GStrv) parts = g_strsplit(text, "/", 2);
  EsAddress address;
  guint64 bits = 0;
  if (!parts[0] || !es_address_from_text(&address, parts[0], 0))
    return FALSE;
  gboolean ipv4 = strchr(parts[0], ':') == NULL;
  guint most = ipv4 ? 128 - IPV4_OFFSET_BITS : 128;
  if (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 0, most, &bits, NULL))
    return FALSE;
  memcpy(network->ip, address.ip, sizeof network->ip);
  network->bits = (parts[1] ? (guint)bits : most) + (ipv4 ? IPV4_OFFSET_BITS : 0);
  return TRUE;
}

static gboolean holds(const EsNetwork *network, const guint8 ip[16]) {
  guint whole = network->bits / 8, rest = network->bits % 8;
  if (memcmp(network->ip, ip, whole) != 0)
    return FALSE;
  return rest == 0 || (network->ip[whole] ^ ip[whole]) >> (8 - rest) == 0;
}

gboolean es_networks_hold(const GArray *networks, const EsAddress *address) {
  for (guint i = 0; i < networks->len; i++)
    if (holds(&g_array_index(networks, EsNetwork, i), address->ip))
      return TRUE;
  return FALSE;
}

gboolean es_address_same_host(const EsAddress *a, const EsAddress *b) {
  return memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}
