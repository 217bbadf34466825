// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-own.h"
#include "siprec-listener.h"
#include <unistd.h>

// Only an address of this machine can be bound.
static gboolean is_of_this_machine(EsAddress address) {
  struct sockaddr_storage own;
  address.port = 0;
  socklen_t length = es_address_to_socket(&address, &own);
  int fd = socket(own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean bound = fd >= 0 && bind(fd, (struct sockaddr *)&own, length) == 0;
  if (fd >= 0)
    close(fd);
  return bound;
}

gboolean es_siprec_is_own(const char *const *places, const EsAddress *to) {
  EsAddress every;
  gboolean own = FALSE;
  es_address_from_text(&every, "0.0.0.0", to->port);
  for (guint i = 0; !own && places && places[i]; i++) {
    EsSiprecPlace place;
    if (!es_siprec_place_parse(places[i], &place, NULL))
      continue;
    own = es_address_equal(&place.address, to) ||
          (es_address_equal(&place.address, &every) && is_of_this_machine(*to));
    es_siprec_place_clear(&place);
  }
  return own;
}
