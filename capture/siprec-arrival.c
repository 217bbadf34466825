// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip keeps its sockets to itself; they are found by their addresses. Of datagrams the kernel knows
// when the one that was read last came; asking for the first time makes it stamp those that follow.
#include "siprec-arrival.h"
#include "earshot/common/clock.h"
#include "siprec-address.h"
#include <dirent.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#define OLDEST_US (60 * ES_US_PER_S) // an older stamp is that of another message
#define ROOM_BYTES (4 * 1024 * 1024) // half a thousand requests of recording clients
#define SOON_US (100 * ES_US_PER_MS) // for so small a difference nobody looks for a connection

typedef gboolean (*Matches)(int fd, const EsAddress *address);

static gboolean has_name(int fd, int (*name)(int, struct sockaddr *, socklen_t *), const EsAddress *address) {
  struct sockaddr_storage storage;
  socklen_t size = sizeof storage;
  EsAddress found;
  return name(fd, (struct sockaddr *)&storage, &size) == 0 &&
         es_address_from_socket(&found, (struct sockaddr *)&storage) && es_address_equal(&found, address);
}

static gboolean is_own_socket(int fd, const EsAddress *own) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
         has_name(fd, getsockname, own);
}

static gboolean is_connection(int fd, const EsAddress *peer) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && has_name(fd, getpeername, peer);
}

static int find(Matches matches, const EsAddress *address) {
  DIR *files = opendir("/proc/self/fd");
  int found = -1;
  for (struct dirent *file; files && found < 0 && (file = readdir(files));)
    if (*file->d_name != '.' && matches(atoi(file->d_name), address))
      found = atoi(file->d_name);
  if (files)
    closedir(files);
  return found;
}

static gint64 stamp_of(int fd, gint64 now_us) {
  struct timespec stamp;
  if (ioctl(fd, SIOCGSTAMPNS, &stamp) != 0)
    return now_us;
  gint64 at_us = (gint64)stamp.tv_sec * ES_US_PER_S + stamp.tv_nsec / 1000;
  return at_us > now_us || now_us - at_us > OLDEST_US ? now_us : at_us;
}

// All sessions of a server share this socket, and what finds no room in it is sent again half a second later
// at the earliest: then a call seems to have ended when its second BYE came.
static void make_room(int fd) {
  const int bytes = ROOM_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); // as much of it as net.core.rmem_max permits
}

int es_siprec_arrival_socket(const EsSiprecPlace *place) {
  int fd = strcmp(place->transport, "udp") == 0 ? find(is_own_socket, &place->address) : -1;
  if (fd >= 0) {
    stamp_of(fd, 0);
    make_room(fd);
  }
  return fd;
}

EsSiprecArrival es_siprec_arrival(int fd, const EsAddress *peer, gint64 looked_us, int *connection) {
  gint64 now_us = g_get_real_time();
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (fd >= 0)
    return (EsSiprecArrival){stamp_of(fd, now_us), FALSE};
  if (ABS(now_us - looked_us) < SOON_US)
    return (EsSiprecArrival){now_us, FALSE};
  if (*connection < 0 || !is_connection(*connection, peer))
    *connection = find(is_connection, peer);
  if (*connection >= 0 && getsockopt(*connection, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
    now_us -= MIN(info.tcpi_last_data_recv * ES_US_PER_MS, OLDEST_US);
  return (EsSiprecArrival){now_us, TRUE};
}
