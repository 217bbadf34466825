// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The sockets at which clients reach an agent of sofia-sip. While one recorder takes the place of another
// both have the same sockets, and one of them reads (docs/decisions/0073): what comes in between waits, and
// nothing is refused.
#pragma once

#include "siprec-sofia.h"
#include <glib.h>

#define ES_SIPREC_SOCKET_NAME_SIZE 64

typedef struct {
  char name[ES_SIPREC_SOCKET_NAME_SIZE]; // "udp 192.0.2.1:5060"
  int fd;
} EsSiprecSocket;

// How sofia-sip waits for one, while it does not.
typedef struct {
  int epoll; // -1: it waits
  guint32 events;
  guint64 data;
} EsSiprecPause;

// Adds the sockets of an agent.
void es_siprec_sockets_list(nta_agent_t *agent, GArray *sockets);
// Another one in the place of fd, which is closed; nobody waits for it until it is resumed.
gboolean es_siprec_socket_replace(int fd, int other, EsSiprecPause *pause);
void es_siprec_socket_pause(int fd, EsSiprecPause *pause);
void es_siprec_socket_resume(int fd, EsSiprecPause *pause);
