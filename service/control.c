// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The thread that answers (see control.h). Clients may be anybody of the library's account, so nothing of
// theirs grows or waits: at most MOST_CLIENTS, the oldest gives way to a new one; of what one writes sixteen
// bytes are kept; what it does not read is kept up to one line, further lines are left out, and after a while
// it is sent away. All sockets are non-blocking. The only thing shared with the recorder is the state behind
// the mutex.
#include "control.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "spool-socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_CLIENTS 16
#define FOLLOW "follow\n"
#define LONGEST_WISH 16
#define PATIENCE_US (5 * G_USEC_PER_SEC) // with a client that neither asks nor reads
#define PAUSE_US (G_USEC_PER_SEC / 10)   // when the system has no room for another connection
#define DROP_MINUTES 10                  // what counts as dropped recently

typedef struct {
  int fd;
  gboolean follows;
  gboolean deaf;            // it has closed its side
  gint64 until_us;          // monotonic: sent away then, unless it follows and reads
  gint64 next_us;           // monotonic: its next line
  char asked[LONGEST_WISH]; // so far
  guint n_asked;
  GString *out; // not yet read by it
} Client;

typedef struct {
  EsCaptureStats stats;
  gint64 updated_us, packet_us, call_us;
  gint64 minute;                            // the present one, monotonic
  guint64 dropped_before[DROP_MINUTES + 1]; // at the beginning of a minute
} State;

struct EsControl {
  char *source, *name, *socket; // these and started_us never change
  gint64 started_us;
  int folder, listener, wake, successors;
  pthread_t thread;
  uid_t owner; // of the library
  gboolean serving;
  // The thread's own:
  Client clients[MOST_CLIENTS]; // the oldest first
  guint n_clients;
  // Behind the mutex:
  pthread_mutex_t mutex;
  State state;
};

// ---- the state

static void count_drops(State *state, gint64 minute) {
  gint64 steps = MIN(minute - state->minute, DROP_MINUTES + 1);
  for (gint64 i = 0; i < steps; i++)
    state->dropped_before[(minute - i) % (DROP_MINUTES + 1)] = state->stats.dropped;
  state->minute = minute;
}

static guint64 finished(const EsCaptureStats *stats) {
  return stats->calls_recorded + stats->calls_partial + stats->calls_none;
}

void es_control_update(EsControl *control, const EsCaptureStats *stats) {
  gint64 now_us = g_get_real_time();
  State *state = &control->state;
  pthread_mutex_lock(&control->mutex);
  count_drops(state, g_get_monotonic_time() / (60 * G_USEC_PER_SEC));
  if (stats->packets > state->stats.packets)
    state->packet_us = now_us;
  if (finished(stats) > finished(&state->stats))
    state->call_us = now_us;
  if (stats->last_packet_us > 0)
    state->packet_us = stats->last_packet_us;
  state->stats = *stats;
  state->updated_us = now_us;
  pthread_mutex_unlock(&control->mutex);
}

static guint64 recently_dropped(const State *state) {
  return state->stats.dropped - state->dropped_before[(state->minute + 1) % (DROP_MINUTES + 1)];
}

static void write_state(EsControl *control, GString *out) {
  pthread_mutex_lock(&control->mutex);
  const State state = control->state;
  pthread_mutex_unlock(&control->mutex);
  g_autoptr(JsonObject) o = json_object_new();
  json_object_set_int_member(o, "pid", getpid());
  es_json_set_text(o, "source", control->source);
  es_json_set_text(o, "name", control->name);
  es_json_set_time(o, "started_at", control->started_us);
  es_json_set_time(o, "updated_at", state.updated_us);
  es_json_set_time(o, "last_packet_at", state.packet_us);
  es_json_set_time(o, "last_call_at", state.call_us);
  es_json_set_stats(o, &state.stats);
  json_object_set_int_member(o, "recently_dropped", (gint64)recently_dropped(&state));
  g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o);
  g_autofree char *line = json_to_string(node, FALSE);
  g_string_append(out, line);
  g_string_append_c(out, '\n');
}

// ---- clients

static void drop_client(EsControl *control, guint i) {
  if (control->clients[i].fd >= 0)
    es_descriptors_close(control->clients[i].fd);
  g_string_free(control->clients[i].out, TRUE);
  control->n_clients--;
  memmove(&control->clients[i], &control->clients[i + 1], (control->n_clients - i) * sizeof(Client));
}

// FALSE when it is gone.
static gboolean flush(Client *client, gint64 now_us) {
  ssize_t n = 0;
  while (client->out->len && (n = send(client->fd, client->out->str, client->out->len, MSG_NOSIGNAL)) > 0) {
    g_string_erase(client->out, 0, n);
    client->until_us = now_us + PATIENCE_US;
  }
  return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static gboolean say(EsControl *control, Client *client, gint64 now_us) {
  client->next_us = now_us + G_USEC_PER_SEC;
  if (client->out->len == 0) // it has read the line before
    write_state(control, client->out);
  return flush(client, now_us);
}

static gboolean may_become(const Client *client, const char *wish) {
  return strncmp(client->asked, wish, MIN(client->n_asked, strlen(wish))) == 0;
}

// FALSE when it asks for something that there is not.
static gboolean hear(Client *client) {
  char text[LONGEST_WISH];
  ssize_t n = recv(client->fd, text, sizeof text - client->n_asked, 0);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  client->deaf = n == 0;
  if (n > 0 && client->follows)
    return FALSE;
  memcpy(client->asked + client->n_asked, text, (size_t)n);
  client->n_asked += (guint)n;
  if (may_become(client, ES_CONTROL_TAKE_OVER))
    return client->n_asked <= strlen(ES_CONTROL_TAKE_OVER);
  client->follows = may_become(client, FOLLOW) && client->n_asked == strlen(FOLLOW);
  return may_become(client, FOLLOW) && client->n_asked <= strlen(FOLLOW);
}

// From then on the capture speaks with it. It has read its state, or it would not have asked.
static void pass_on(EsControl *control, Client *client) {
  if (control->successors >= 0 && client->out->len == 0 &&
      write(control->successors, &client->fd, sizeof client->fd) == sizeof client->fd)
    client->fd = -1;
}

// The account that the library belongs to, and root.
static gboolean may_ask(const EsControl *control, int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == control->owner);
}

static void take_client(EsControl *control, gint64 now_us) {
  int fd;
  while ((fd = accept4(control->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0 &&
         es_descriptors_lend())
    ;
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
      g_usleep(PAUSE_US); // it goes on waiting, and poll would say so at once
    return;
  }
  if (!may_ask(control, fd)) {
    es_descriptors_close(fd);
    return;
  }
  if (control->n_clients == MOST_CLIENTS)
    drop_client(control, 0);
  Client *client = &control->clients[control->n_clients++];
  *client = (Client){.fd = fd, .until_us = now_us + PATIENCE_US, .out = g_string_new(NULL)};
  if (!say(control, client, now_us))
    drop_client(control, control->n_clients - 1);
}

// What has happened to a client, and what is due. FALSE: it goes.
static gboolean serve_client(EsControl *control, Client *client, short events, gint64 now_us) {
  if ((events & POLLIN) && !hear(client))
    return FALSE;
  if (client->n_asked == strlen(ES_CONTROL_TAKE_OVER)) {
    pass_on(control, client);
    return FALSE;
  }
  if ((events & (POLLERR | POLLHUP)) || ((events & POLLOUT) && !flush(client, now_us)))
    return FALSE;
  if (client->follows && now_us >= client->next_us && !say(control, client, now_us))
    return FALSE;
  if (client->deaf && !client->follows && client->out->len == 0)
    return FALSE;
  return now_us < client->until_us || (client->follows && client->out->len == 0);
}

// ---- the thread

static void serve_clients(EsControl *control, const struct pollfd *polled, gint64 now_us) {
  for (guint i = control->n_clients; i-- > 0;)
    if (!serve_client(control, &control->clients[i], polled[i].revents, now_us))
      drop_client(control, i);
}

static int wait_ms(const EsControl *control, gint64 now_us) {
  gint64 until_us = G_MAXINT64;
  for (guint i = 0; i < control->n_clients; i++) {
    const Client *client = &control->clients[i];
    if (client->follows)
      until_us = MIN(until_us, client->next_us);
    if (!client->follows || client->out->len)
      until_us = MIN(until_us, client->until_us);
  }
  return until_us == G_MAXINT64 ? -1 : (int)(CLAMP(until_us - now_us, 0, PATIENCE_US) / 1000) + 1;
}

static void *serve(void *data) {
  EsControl *control = data;
  for (;;) {
    struct pollfd fds[2 + MOST_CLIENTS] = {{control->wake, POLLIN, 0}, {control->listener, POLLIN, 0}};
    guint n = control->n_clients;
    for (guint i = 0; i < n; i++) {
      const Client *client = &control->clients[i];
      short events = (short)((client->deaf ? 0 : POLLIN) | (client->out->len ? POLLOUT : 0));
      fds[2 + i] = (struct pollfd){client->fd, events, 0};
    }
    if (poll(fds, 2 + n, wait_ms(control, g_get_monotonic_time())) < 0 && errno != EINTR)
      break;
    if (fds[0].revents)
      break;
    gint64 now_us = g_get_monotonic_time();
    serve_clients(control, fds + 2, now_us);
    if (fds[1].revents)
      take_client(control, now_us);
  }
  while (control->n_clients)
    drop_client(control, control->n_clients - 1);
  return NULL;
}

// ---- beginning and end

// The recorder makes it too; whoever comes first.
static gboolean make_spool(const char *library, GError **error) {
  g_autofree char *path = g_build_filename(library, "spool", NULL);
  struct stat owner;
  if (g_mkdir(path, 0700) == 0) {
    if (geteuid() == 0 && stat(library, &owner) == 0 && chown(path, owner.st_uid, owner.st_gid) != 0)
      return es_set_errno(error, errno, "%s", path);
    return TRUE;
  }
  return errno == EEXIST || es_set_errno(error, errno, "%s", path);
}

static gboolean start(EsControl *control, const char *library, GError **error) {
  if (!make_spool(library, error))
    return FALSE;
  control->folder = es_spool_folder_open(library);
  control->wake = eventfd(0, EFD_CLOEXEC);
  struct stat owner;
  if (control->folder < 0 || control->wake < 0 || fstat(control->folder, &owner) != 0)
    return es_set_errno(error, errno, "%s/spool", library);
  control->owner = owner.st_uid;
  es_spool_socket_sweep(control->folder);
  control->listener = es_spool_socket_listen(control->folder, &control->socket, error);
  if (control->listener < 0)
    return FALSE;
  int failed = pthread_create(&control->thread, NULL, serve, control);
  control->serving = failed == 0;
  return !failed || es_set_errno(error, failed, _("cannot start a thread"));
}

EsControl *es_control_start(const char *library, const char *source, const char *name, int successors,
                            GError **error) {
  g_autoptr(EsControl) control = g_new0(EsControl, 1);
  control->folder = control->listener = control->wake = -1;
  control->successors = successors;
  control->source = g_strdup(source);
  control->name = g_strdup(name);
  control->started_us = g_get_real_time();
  control->state = (State){.stats = {.capture_us = ES_UNKNOWN},
                           .updated_us = control->started_us,
                           .packet_us = ES_UNKNOWN,
                           .call_us = ES_UNKNOWN,
                           .minute = g_get_monotonic_time() / (60 * G_USEC_PER_SEC)};
  pthread_mutex_init(&control->mutex, NULL);
  return start(control, library, error) ? g_steal_pointer(&control) : NULL;
}

void es_control_stop(EsControl *control) {
  if (!control)
    return;
  if (control->serving) {
    eventfd_write(control->wake, 1);
    pthread_join(control->thread, NULL);
  }
  if (control->socket)
    unlinkat(control->folder, control->socket, 0);
  const int fds[] = {control->listener, control->wake, control->folder};
  for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
    if (fds[i] >= 0)
      close(fds[i]);
  pthread_mutex_destroy(&control->mutex);
  g_free(control->source);
  g_free(control->name);
  g_free(control->socket);
  g_free(control);
}
