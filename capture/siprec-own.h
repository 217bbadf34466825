// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A recorder that listens on an interface and takes recording sessions sees the latter twice: as their
// server, and as packets that pass by.
#pragma once

#include "siprec-address.h"

// Whether one of the places (NULL: none) is this address: what comes there, the server records.
gboolean es_siprec_is_own(const char *const *places, const EsAddress *to);
