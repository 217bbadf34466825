// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// sofia-sip does not read a connection any further once a broken message came over it, so it never sees that
// the client closed it, and it can list only some of its connections. So they are found among our
// descriptors. When both directions are shut down, poll tells it whatever it waits for, and sofia-sip closes.
#include "siprec-connections.h"
#include "earshot/common/descriptors.h"
#include "siprec-address.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define SILENT_MS (60 * 1000)
#define CLOSED_MS 2000 // for answers to a client that closed only its own side

typedef struct {
  int fd;
  guint32 silent_ms;
} Connection;

static gboolean is_over(const struct tcp_info *info) {
  return info->tcpi_last_data_recv > SILENT_MS ||
         (info->tcpi_state == TCP_CLOSE_WAIT && info->tcpi_last_data_recv > CLOSED_MS);
}

// Whether it is a client's that no session uses.
static gboolean is_unused(int fd, GHashTable *ports, GHashTable *used, struct tcp_info *info) {
  struct sockaddr_storage own, client;
  socklen_t size = sizeof *info, own_size = sizeof own, client_size = sizeof client;
  EsAddress address, peer;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) != 0 || info->tcpi_state == TCP_LISTEN ||
      getsockname(fd, (struct sockaddr *)&own, &own_size) != 0 ||
      !es_address_from_socket(&address, (struct sockaddr *)&own) ||
      !g_hash_table_contains(ports, GUINT_TO_POINTER(address.port)))
    return FALSE;
  return getpeername(fd, (struct sockaddr *)&client, &client_size) == 0 &&
         es_address_from_socket(&peer, (struct sockaddr *)&client) && !g_hash_table_contains(used, &peer);
}

static int by_silence(const void *a, const void *b) {
  const Connection *one = a, *other = b;
  return (one->silent_ms < other->silent_ms) - (one->silent_ms > other->silent_ms);
}

typedef struct {
  GHashTable *ports, *used;
  GArray *unused; // of Connection
} Sweep;

static gboolean sweep_one(int fd, gpointer data) {
  const Sweep *sweep = data;
  struct tcp_info info;
  if (!is_unused(fd, sweep->ports, sweep->used, &info))
    return FALSE;
  if (is_over(&info))
    shutdown(fd, SHUT_RDWR);
  else
    g_array_append_val(sweep->unused, ((Connection){fd, info.tcpi_last_data_recv}));
  return FALSE;
}

void es_siprec_connections_sweep(GHashTable *ports, GHashTable *used, guint most, gboolean fewer) {
  if (g_hash_table_size(ports) == 0)
    return;
  g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(Connection));
  Sweep sweep = {ports, used, unused};
  es_descriptors_find(sweep_one, &sweep);
  most = fewer ? MIN(most, unused->len / 2) : most;
  if (unused->len <= most)
    return;
  g_array_sort(unused, by_silence);
  for (guint i = 0; i < unused->len - most; i++)
    shutdown(g_array_index(unused, Connection, i).fd, SHUT_RDWR);
}
