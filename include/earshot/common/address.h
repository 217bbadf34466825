// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A transport address. IPv4 is held as IPv4-mapped IPv6, so that one comparison serves both. Plain value,
// hashable.
#pragma once

#include <glib.h>

typedef struct {
  guint8 ip[16];
  guint16 port; // host order
} EsAddress;

#define ES_ADDRESS_TEXT_SIZE 56

void es_address_from_ipv4(EsAddress *address, const guint8 ip[4], guint16 port);
void es_address_from_ipv6(EsAddress *address, const guint8 ip[16], guint16 port);
// Reads a literal "192.0.2.1" or "2001:db8::1" (no brackets, no names).
gboolean es_address_from_text(EsAddress *address, const char *ip, guint16 port);
// Reads what es_address_format writes.
gboolean es_address_parse(EsAddress *address, const char *text);
// "192.0.2.1:5060", "[2001:db8::1]:5060". Returns text.
char *es_address_format(const EsAddress *address, char text[ES_ADDRESS_TEXT_SIZE]);
// 0.0.0.0 or ::, which meant hold before RFC 3264 (its section 8.4).
gboolean es_address_is_any(const EsAddress *address);
guint es_address_hash(gconstpointer address);                // for GHashTable
gboolean es_address_equal(gconstpointer a, gconstpointer b); // for GHashTable
