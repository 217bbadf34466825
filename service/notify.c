// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The protocol is one datagram of "NAME=value" lines (sd_notify(3)), which a dozen lines write; libsystemd
// would bring four libraries into every command.
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A name that begins with "@" is of the abstract kind, which begins with a zero byte.
static socklen_t fill_address(struct sockaddr_un *address, const char *name) {
  gsize length = strlen(name);
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if ((*name != '/' && *name != '@') || length >= sizeof address->sun_path)
    return 0;
  memcpy(address->sun_path, name, length);
  if (*name == '@')
    address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void es_notify(const char *state) {
  const char *name = g_getenv("NOTIFY_SOCKET");
  struct sockaddr_un address;
  socklen_t length = name ? fill_address(&address, name) : 0;
  int fd = length ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
  if (fd < 0)
    return;
  if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, length) < 0)
    g_debug("%s: %s", name, g_strerror(errno));
  close(fd);
}

gint64 es_notify_watchdog_us(void) {
  const char *length = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
  guint64 us, of;
  if (!length || !g_ascii_string_to_unsigned(length, 10, 1, G_MAXINT64, &us, NULL))
    return 0;
  if (pid && (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &of, NULL) || (pid_t)of != getpid()))
    return 0;
  return (gint64)us;
}
