// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What messages say of transfers: Refer-To (RFC 3515) with its Replaces (RFC 3891), Referred-By (RFC 3892),
// and the status in a NOTIFY's message/sipfrag.
#pragma once

#include "earshot/wire/sip.h"

typedef struct {
  char *user;     // whom to call; NULL if it names nobody
  char *replaces; // Call-ID of the dialog that the new call takes over; NULL in a blind transfer
} EsReferTarget;

// The target in a Refer-To value. FALSE when it holds no URI.
gboolean es_refer_target_parse(const char *value, EsReferTarget *target);
void es_refer_target_clear(EsReferTarget *target);
// Call-ID in a Replaces value ("id;to-tag=1;from-tag=2"); NULL if there is none. Caller frees.
char *es_replaces_call_id(const char *value);
// Status that a NOTIFY tells of the transfer it is about, 100 to 699; 0 if it tells none.
int es_refer_status(const EsSipMessage *notify);
