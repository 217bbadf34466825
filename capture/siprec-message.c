// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-message.h"
#include "siprec-address.h"
#include <string.h>

EsSipMessage *es_siprec_message(msg_t *message) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  size_t length = 0;
  char *text = message ? msg_as_string(home, message, NULL, 0, &length) : NULL;
  EsSipMessage *parsed = text ? es_sip_parse((const guint8 *)text, length) : NULL;
  su_home_deinit(home);
  return parsed;
}

char *es_siprec_contact(const EsAddress *own, const char *address, const char *transport,
                        const sip_t *request) {
  char host[ES_ADDRESS_TEXT_SIZE];
  gboolean sips = request->sip_request->rq_url->url_type == url_sips;
  address = address ? address : es_address_host(own, host);
  gboolean ipv6 = strchr(address, ':') != NULL;
  return g_strdup_printf("<%s:earshot@%s%s%s:%u;transport=%s>;+sip.srs", sips ? "sips" : "sip",
                         ipv6 ? "[" : "", address, ipv6 ? "]" : "", own->port, transport);
}
