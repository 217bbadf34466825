// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a recorder listens stands in the state with which it answers (control.h), in "name": its interface
// and its places.
#include "predecessors.h"
#include "control.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "recorders.h"
#include "spool-socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8
#define MOST_STATE_BYTES 16384
#define PATIENCE_US (2 * G_USEC_PER_SEC)

typedef struct {
  const char *interface;
  const char *const *siprec;
} Wanted;

static gboolean is_place(const char *word) {
  return g_ascii_strncasecmp(word, "udp:", 4) == 0 || g_ascii_strncasecmp(word, "tcp:", 4) == 0 ||
         g_ascii_strncasecmp(word, "tls:", 4) == 0;
}

static gboolean has_place(const Wanted *wanted, const char *word) {
  for (const char *const *place = wanted->siprec; place && *place; place++)
    if (g_ascii_strcasecmp(*place, word) == 0)
      return TRUE;
  return FALSE;
}

// Whether the new one hears all that is heard there, and whether it hears some of it.
static gboolean covers(const Wanted *wanted, const char *word) {
  return is_place(word) ? has_place(wanted, word)
                        : wanted->interface &&
                              (strcmp(wanted->interface, word) == 0 || strcmp(wanted->interface, "any") == 0);
}

static gboolean meets(const Wanted *wanted, const char *word) {
  return covers(wanted, word) || (!is_place(word) && wanted->interface && strcmp(word, "any") == 0);
}

static JsonObject *read_state(int fd) {
  g_autoptr(GString) text = g_string_new(NULL);
  gint64 until_us = g_get_monotonic_time() + PATIENCE_US, left_us;
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  while (!strchr(text->str, '\n') && text->len < MOST_STATE_BYTES &&
         (left_us = until_us - g_get_monotonic_time()) > 0) {
    char some[4096];
    ssize_t n = recv(fd, some, sizeof some, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      break;
    if (n > 0)
      g_string_append_len(text, some, n);
    else
      poll(&ready, 1, (int)(left_us / 1000) + 1);
  }
  return es_recorder_parse(text);
}

static gboolean refuse(gint64 pid, const char *word, GError **error) {
  if (word)
    g_set_error(
        error, ES_ERROR, ES_ERROR_USAGE,
        _("the recorder with process %d also listens at %s: name that too, or nobody takes its calls"),
        (int)pid, word);
  else
    g_set_error(error, ES_ERROR, ES_ERROR_BUSY, _("the recorder with process %d does not answer"), (int)pid);
  return FALSE;
}

// *ours: it listens where the new one will, and nowhere else.
static gboolean look_at(const Wanted *wanted, int fd, gint64 pid, gboolean *ours, GError **error) {
  g_autoptr(JsonObject) state = read_state(fd);
  *ours = FALSE;
  if (!state)
    return refuse(pid, NULL, error);
  const char *name = es_recorder_text(state, "name");
  if (g_strcmp0(es_recorder_text(state, "source"), "live") != 0 || !name)
    return TRUE;
  g_auto(GStrv) words = g_strsplit(name, " ", -1);
  for (char **word = words; *word; word++)
    *ours |= meets(wanted, *word);
  for (char **word = words; *word && *ours; word++)
    if (!covers(wanted, *word))
      return refuse(pid, *word, error);
  return TRUE;
}

static gboolean try_socket(const Wanted *wanted, int folder, const char *name, GArray *found,
                           GError **error) {
  gint64 pid = es_spool_socket_pid(name);
  gboolean ours;
  int fd = es_spool_socket_connect(folder, name);
  if (fd < 0)
    return errno != EAGAIN || refuse(pid, NULL, error);
  gboolean ok = look_at(wanted, fd, pid, &ours, error);
  if (!ok || !ours || found->len >= MOST ||
      send(fd, ES_CONTROL_TAKE_OVER, strlen(ES_CONTROL_TAKE_OVER), MSG_NOSIGNAL) < 0) {
    close(fd);
    return ok;
  }
  g_array_append_val(found, fd);
  return TRUE;
}

GArray *es_predecessors_find(const char *library, const char *interface, const char *const *siprec,
                             GError **error) {
  const Wanted wanted = {interface, siprec};
  GArray *found = g_array_new(FALSE, FALSE, sizeof(int));
  int folder = es_spool_folder_open(library);
  if (folder < 0)
    return found;
  g_autoptr(GPtrArray) names = es_spool_socket_list(folder);
  gboolean ok = TRUE;
  for (guint i = 0; ok && i < names->len; i++)
    ok = try_socket(&wanted, folder, names->pdata[i], found, error);
  close(folder);
  if (ok)
    return found;
  for (guint i = 0; i < found->len; i++)
    close(g_array_index(found, int, i));
  g_array_unref(found);
  return NULL;
}
