// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What names of Asterisk's channels say: "PJSIP/2001-0000001a" is the phone 2001, "SIP/trunk-00000001" a line
// to outside, "Local/2001@from-queue-0000000b;1" a way to phone 2001 within the telephone system.
#pragma once

#include <glib.h>

// The part between the technology and the number that makes the channel unique: "2001", "trunk". Interfaces
// of queue members ("Local/2001@from-queue/n") are read as well. NULL if there is none; caller frees.
char *es_channel_endpoint(const char *channel);
// TRUE for endpoints that are phones inside: two to six digits.
gboolean es_endpoint_is_extension(const char *endpoint);
// What the two halves of a Local channel have in common: "Local/2001@from-queue-0000000b"; NULL for any other
// channel. Caller frees.
char *es_channel_local(const char *channel);
