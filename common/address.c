// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const guint8 mapped_prefix[12] = {0, 0, 0, 0, 0,    0,
                                         0, 0, 0, 0, 0xff, 0xff}; // RFC 4291 section 2.5.5.2

static gboolean is_ipv4(const EsAddress *address) {
  return memcmp(address->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

void es_address_from_ipv4(EsAddress *address, const guint8 ip[4], guint16 port) {
  memcpy(address->ip, mapped_prefix, sizeof mapped_prefix);
  memcpy(address->ip + 12, ip, 4);
  address->port = port;
}

void es_address_from_ipv6(EsAddress *address, const guint8 ip[16], guint16 port) {
  memcpy(address->ip, ip, 16);
  address->port = port;
}

gboolean es_address_from_text(EsAddress *address, const char *ip, guint16 port) {
  guint8 raw[16];
  if (!ip)
    return FALSE;
  if (inet_pton(AF_INET, ip, raw) == 1) {
    es_address_from_ipv4(address, raw, port);
    return TRUE;
  }
  if (inet_pton(AF_INET6, ip, raw) == 1) {
    es_address_from_ipv6(address, raw, port);
    return TRUE;
  }
  return FALSE;
}

char *es_address_format(const EsAddress *address, char text[ES_ADDRESS_TEXT_SIZE]) {
  char ip[INET6_ADDRSTRLEN];
  if (is_ipv4(address)) {
    inet_ntop(AF_INET, address->ip + 12, ip, sizeof ip);
    snprintf(text, ES_ADDRESS_TEXT_SIZE, "%s:%u", ip, address->port);
  } else {
    inet_ntop(AF_INET6, address->ip, ip, sizeof ip);
    snprintf(text, ES_ADDRESS_TEXT_SIZE, "[%s]:%u", ip, address->port);
  }
  return text;
}

gboolean es_address_is_any(const EsAddress *address) {
  static const guint8 zero[16];
  return memcmp(address->ip, zero, 16) == 0 || (is_ipv4(address) && memcmp(address->ip + 12, zero, 4) == 0);
}

guint es_address_hash(gconstpointer address) {
  const EsAddress *a = address;
  guint32 word[4];
  memcpy(word, a->ip, 16);
  guint32 h = a->port;
  for (int i = 0; i < 4; i++)
    h = (h ^ word[i]) * 0x9e3779b1u;
  return h ^ (h >> 15);
}

gboolean es_address_equal(gconstpointer a, gconstpointer b) {
  const EsAddress *x = a, *y = b;
  return x->port == y->port && memcmp(x->ip, y->ip, 16) == 0;
}

gboolean es_address_parse(EsAddress *address, const char *text) {
  const char *colon = strrchr(text, ':');
  guint64 port;
  if (!colon || colon < text + 2 || !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    return FALSE;
  gboolean brackets = *text == '[' && colon[-1] == ']';
  g_autofree char *host =
      brackets ? g_strndup(text + 1, (gsize)(colon - text) - 2) : g_strndup(text, (gsize)(colon - text));
  return es_address_from_text(address, host, (guint16)port);
}
