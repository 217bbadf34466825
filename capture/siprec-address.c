// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

gboolean es_address_is_ipv4(const EsAddress *address) {
  return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address->ip);
}

socklen_t es_address_to_socket(const EsAddress *address, struct sockaddr_storage *out) {
  memset(out, 0, sizeof *out);
  if (es_address_is_ipv4(address)) {
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    memcpy(&in->sin_addr, address->ip + 12, 4);
    return sizeof *in;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(address->port);
  memcpy(&in6->sin6_addr, address->ip, 16);
  return sizeof *in6;
}

gboolean es_address_from_socket(EsAddress *address, const struct sockaddr *in) {
  if (in->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;
    es_address_from_ipv4(address, (const guint8 *)&v4->sin_addr, ntohs(v4->sin_port));
    return TRUE;
  }
  if (in->sa_family != AF_INET6)
    return FALSE;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;
  es_address_from_ipv6(address, (const guint8 *)&v6->sin6_addr, ntohs(v6->sin6_port));
  return TRUE;
}

char *es_address_host(const EsAddress *address, char text[ES_ADDRESS_TEXT_SIZE]) {
  if (es_address_is_ipv4(address))
    inet_ntop(AF_INET, address->ip + 12, text, ES_ADDRESS_TEXT_SIZE);
  else
    inet_ntop(AF_INET6, address->ip, text, ES_ADDRESS_TEXT_SIZE);
  return text;
}

gboolean es_address_towards(const EsAddress *peer, EsAddress *own) {
  struct sockaddr_storage address;
  socklen_t length = es_address_to_socket(peer, &address);
  int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  gboolean found = connect(fd, (struct sockaddr *)&address, length) == 0 &&
                   getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
                   es_address_from_socket(own, (struct sockaddr *)&address);
  close(fd);
  return found;
}
