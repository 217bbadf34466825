// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Who one side of a call says it is, when that changes: P-Asserted-Identity (RFC 3325), Remote-Party-ID, the
// From or To of RFC 4916, or a Contact with another user than before.
#pragma once

#include "earshot/wire/sip.h"

#define ES_IDENTITY_MAX 4

typedef struct {
  char *contact; // user of the latest Contact
} EsIdentity;

void es_identity_clear(EsIdentity *identity);
// Users that this message of the side names, the most trustworthy first; own is the user that the call began
// with. Returns how many; caller frees each.
guint es_identity_read(EsIdentity *identity, const EsSipMessage *message, const char *own,
                       char *users[ES_IDENTITY_MAX]);
