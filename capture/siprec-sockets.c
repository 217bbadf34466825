// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip keeps its sockets to itself and can be given none. They are found by their addresses, and how it
// waits for them is what the kernel tells of its epoll (proc(5), fdinfo).
#include "siprec-sockets.h"
#include "earshot/common/descriptors.h"
#include "siprec-address.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// ---- finding

static gboolean is_socket_at(int fd, const char *protocol, const char *name) {
  struct sockaddr_storage storage;
  socklen_t size = sizeof storage, int_size = sizeof(int);
  int type = 0, listens = 0;
  EsAddress address;
  char text[ES_ADDRESS_TEXT_SIZE];
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &int_size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &int_size) != 0 ||
      getsockname(fd, (struct sockaddr *)&storage, &size) != 0 ||
      !es_address_from_socket(&address, (struct sockaddr *)&storage))
    return FALSE;
  gboolean udp = strcmp(protocol, "udp") == 0;
  return (udp ? type == SOCK_DGRAM : type == SOCK_STREAM && listens) &&
         strcmp(es_address_format(&address, text), name) == 0;
}

typedef struct {
  const char *protocol, *name;
} Wanted;

static gboolean is_wanted(int fd, gpointer data) {
  const Wanted *wanted = data;
  return is_socket_at(fd, wanted->protocol, wanted->name);
}

void es_siprec_sockets_list(nta_agent_t *agent, GArray *sockets) {
  for (tport_t *t = tport_primaries(nta_agent_tports(agent)); t; t = tport_next(t)) {
    const tp_name_t *name = tport_name(t);
    gboolean ipv6 = strchr(name->tpn_canon, ':') && *name->tpn_canon != '[';
    g_autofree char *at =
        g_strdup_printf("%s%s%s:%s", ipv6 ? "[" : "", name->tpn_canon, ipv6 ? "]" : "", name->tpn_port);
    Wanted wanted = {name->tpn_proto, at};
    EsSiprecSocket found = {.fd = es_descriptors_find(is_wanted, &wanted)};
    g_snprintf(found.name, sizeof found.name, "%s %s", name->tpn_proto, at);
    if (found.fd >= 0)
      g_array_append_val(sockets, found);
  }
}

// ---- waiting

typedef struct {
  int fd;
  EsSiprecPause *pause;
} Sought;

static gboolean waits_for(int epoll, gpointer data) {
  Sought *sought = data;
  g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", epoll);
  g_autofree char *kind = g_file_read_link(link, NULL);
  g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", epoll);
  g_autofree char *info = NULL;
  es_descriptors_make_room(1);
  if (g_strcmp0(kind, "anon_inode:[eventpoll]") != 0 || !g_file_get_contents(path, &info, NULL, NULL))
    return FALSE;
  g_auto(GStrv) lines = g_strsplit(info, "\n", -1);
  for (char **line = lines; *line; line++) {
    int fd;
    unsigned events;
    unsigned long long number;
    if (sscanf(*line, "tfd: %d events: %x data: %llx", &fd, &events, &number) != 3 || fd != sought->fd)
      continue;
    *sought->pause = (EsSiprecPause){epoll, events, number};
    return TRUE;
  }
  return FALSE;
}

void es_siprec_socket_pause(int fd, EsSiprecPause *pause) {
  Sought sought = {fd, pause};
  *pause = (EsSiprecPause){.epoll = -1};
  if (es_descriptors_find(waits_for, &sought) >= 0)
    epoll_ctl(pause->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void es_siprec_socket_resume(int fd, EsSiprecPause *pause) {
  struct epoll_event event = {.events = pause->events, .data.u64 = pause->data};
  if (pause->epoll >= 0)
    epoll_ctl(pause->epoll, EPOLL_CTL_ADD, fd, &event);
  pause->epoll = -1;
}

gboolean es_siprec_socket_replace(int fd, int other, EsSiprecPause *pause) {
  es_siprec_socket_pause(fd, pause);
  return pause->epoll >= 0 && dup3(other, fd, O_CLOEXEC) == fd;
}
