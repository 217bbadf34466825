// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A gateway that puts TLS around what a client sends over TCP leaves the client's Via as it was. sofia-sip
// drops a request whose topmost Via names another transport than the one it came by, without a word.
#pragma once

#include "siprec-sofia.h"

// How messages of TLS listeners are parsed: a topmost Via that says TCP is taken for one that says TLS.
msg_mclass_t const *es_siprec_via_mclass(void);
