// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "spool-socket.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX "record-"
#define SUFFIX ".sock"
#define WAITING 16        // connections that wait to be accepted
#define MOST_SOCKETS 1000 // looked at

int es_spool_folder_open(const char *library) {
  g_autofree char *path = g_build_filename(library, "spool", NULL);
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct sockaddr_un address_of(int folder, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name);
  return address;
}

int es_spool_socket_connect(int folder, const char *name) {
  const struct sockaddr_un address = address_of(folder, name);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  int saved_errno = errno;
  close(fd);
  errno = saved_errno;
  return -1;
}

// Whoever looks into the folder finds only sockets that somebody listens to: it gets its name afterwards.
// Root may record into the library of another account, which is then the one that asks.
static gboolean listen_at(int fd, int folder, const char *draft, const char *name) {
  const struct sockaddr_un address = address_of(folder, draft);
  struct stat owner;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
      fchmodat(folder, draft, 0600, 0) != 0)
    return FALSE;
  if (geteuid() == 0 && fstat(folder, &owner) == 0 &&
      fchownat(folder, draft, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;
  return listen(fd, WAITING) == 0 && renameat(folder, draft, folder, name) == 0;
}

int es_spool_socket_listen(int folder, char **name, GError **error) {
  g_autofree char *draft = g_strdup_printf(".record-%d-%08x", (int)getpid(), g_random_int());
  g_autofree char *final = g_strconcat(draft + 1, SUFFIX, NULL);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && listen_at(fd, folder, draft, final)) {
    *name = g_steal_pointer(&final);
    return fd;
  }
  es_set_errno(error, errno, _("cannot listen at spool/%s"), final);
  unlinkat(folder, draft, 0);
  if (fd >= 0)
    close(fd);
  return -1;
}

gint64 es_spool_socket_pid(const char *name) {
  if (!g_str_has_prefix(name, PREFIX) || !g_str_has_suffix(name, SUFFIX))
    return -1;
  gint64 pid = g_ascii_strtoll(name + strlen(PREFIX), NULL, 10);
  return pid > 0 ? pid : -1;
}

GPtrArray *es_spool_socket_list(int folder) {
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // a place of its own to read at
  DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
  const struct dirent *entry;
  while (dir && names->len < MOST_SOCKETS && (entry = readdir(dir)))
    if (es_spool_socket_pid(entry->d_name) > 0)
      g_ptr_array_add(names, g_strdup(entry->d_name));
  if (dir)
    closedir(dir);
  else if (copy >= 0)
    close(copy);
  return names;
}

void es_spool_socket_sweep(int folder) {
  g_autoptr(GPtrArray) names = es_spool_socket_list(folder);
  for (guint i = 0; i < names->len; i++) {
    int fd = es_spool_socket_connect(folder, names->pdata[i]);
    if (fd >= 0)
      close(fd);
    else if (errno == ECONNREFUSED)
      unlinkat(folder, names->pdata[i], 0);
  }
}
