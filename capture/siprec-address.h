// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// EsAddress as the sockets of the system have it.
#pragma once

#include "earshot/common/address.h"
#include <sys/socket.h>

// Returns the length of it.
socklen_t es_address_to_socket(const EsAddress *address, struct sockaddr_storage *out);
gboolean es_address_from_socket(EsAddress *address, const struct sockaddr *in);
gboolean es_address_is_ipv4(const EsAddress *address);
// Without port and brackets. Returns text.
char *es_address_host(const EsAddress *address, char text[ES_ADDRESS_TEXT_SIZE]);
// The address of ours from which packets go to that peer. FALSE when there is no way there.
gboolean es_address_towards(const EsAddress *peer, EsAddress *own);
