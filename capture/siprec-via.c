// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The body is extracted when the header is whole and before anything looks at it, so that is the moment.
#include "siprec-via.h"
#include <glib.h>
#include <sofia-sip/msg_mclass.h>

static issize_t extract_body(msg_t *msg, msg_pub_t *pub, char *bytes, isize_t size, int at_end) {
  sip_t *sip = (sip_t *)pub;
  if (sip->sip_request && sip->sip_via && sip->sip_via->v_protocol == sip_transport_tcp)
    sip->sip_via->v_protocol = sip_transport_tls;
  return sip_default_mclass()->mc_extract_body(msg, pub, bytes, size, at_end);
}

msg_mclass_t const *es_siprec_via_mclass(void) {
  static msg_mclass_t *made;
  if (g_once_init_enter(&made)) {
    msg_mclass_t *copy = msg_mclass_clone(sip_default_mclass(), 0, msg_mclass_copy);
    copy->mc_extract_body = extract_body;
    g_once_init_leave(&made, copy);
  }
  return made;
}
