// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From and To of a SIP message as EsSipParty.
#pragma once

#include "earshot/wire/sip.h"

// Reads a From or To value ("Bob" <sip:bob@example.com>;tag=1). FALSE when it holds no URI.
gboolean es_sip_party_parse(const char *value, EsSipParty *party);
void es_sip_party_clear(EsSipParty *party);
// The branch parameter of a Via value (its topmost entry); NULL if none. Caller frees.
char *es_sip_via_branch(const char *value);
// Who wrote the message: sent-by of its last Via, value is the last line of them. *branch: that of it, NULL
// if it has none. NULL if it cannot be read.
char *es_sip_via_writer(const char *value, char **branch);
