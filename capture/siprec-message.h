// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Messages as sofia-sip has them and as the rest of the recorder reads them.
#pragma once

#include "earshot/common/address.h"
#include "earshot/wire/sip.h"
#include "siprec-sofia.h"

// How we call ourselves towards a client: address may be NULL for own. Caller frees.
char *es_siprec_contact(const EsAddress *own, const char *address, const char *transport,
                        const sip_t *request);

// A message of sofia-sip as the sniffer reads it; NULL if it does not.
EsSipMessage *es_siprec_message(msg_t *message);
