// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-ports.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "siprec-address.h"
#include <errno.h>
#include <unistd.h>

void es_siprec_ports_init(EsSiprecPorts *ports, guint16 first, guint16 last) {
  *ports = (EsSiprecPorts){.first = first, .last = last, .next = first};
}

static int open_one(const EsAddress *host, guint16 port) {
  EsAddress own = *host;
  struct sockaddr_storage address;
  const int on = 1;
  own.port = port;
  socklen_t length = es_address_to_socket(&own, &address);
  int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  if (bind(fd, (struct sockaddr *)&address, length) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0)
    return fd;
  int saved_errno = errno;
  close(fd);
  errno = saved_errno;
  return -1;
}

static gboolean open_pair(const EsAddress *host, guint16 port, int fds[2]) {
  if ((fds[0] = open_one(host, port)) < 0)
    return FALSE;
  if ((fds[1] = open_one(host, port + 1)) >= 0)
    return TRUE;
  int saved_errno = errno;
  close(fds[0]);
  errno = saved_errno;
  return FALSE;
}

gboolean es_siprec_ports_open(EsSiprecPorts *ports, const EsAddress *host, int fds[2], guint16 *port,
                              GError **error) {
  for (guint tries = (ports->last - ports->first + 1) / 2; tries > 0; tries--) {
    *port = ports->next;
    ports->next = ports->last - ports->next < 3 ? ports->first : ports->next + 2;
    if (open_pair(host, *port, fds))
      return TRUE;
    if (errno != EADDRINUSE)
      return es_set_errno(error, errno, _("cannot open a port for media"));
  }
  g_set_error(error, ES_ERROR, ES_ERROR_BUSY, _("all ports from %u to %u are in use"), ports->first,
              ports->last);
  return FALSE;
}
