// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// pthread primitives: ThreadSanitizer knows them, and not GLib's.
#include "successors.h"
#include "hand-over.h"
#include "siprec-sockets.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MOST 8
#define PATIENCE_US (5 * G_USEC_PER_SEC)
#define BEGINNING_US (600 * G_USEC_PER_SEC) // the other one may have much to repair first
#define TURN_US (100 * 1000)
#define AHEAD_US (5 * ES_US_PER_S) // by which its moment may lie before us

typedef enum {
  TALKING, // it has not asked yet
  ASKING,  // it waits to be told
  GIVEN,   // it was told
  TAKEN,   // and said so
  GONE     // the connection is over
} State;

typedef struct {
  pthread_t thread;
  EsTalk talk;           // the thread's
  const GArray *sockets; // of EsSiprecSocket; NULL without a recording server
  int wake;              // an eventfd: something below has changed
  // Behind the mutex:
  pthread_mutex_t mutex;
  State state;
  gint64 since_us;
  GString *lines;     // of what is held, until they are written
  EsSiprecPeer *heir; // its recording server, until that is passed on
  gboolean done, closing;
} Successor;

struct EsSuccessors {
  int pipe;
  GPtrArray *all; // of Successor
  gboolean taken;
};

// ---- the thread of one

static gint64 soon(void) {
  return g_get_monotonic_time() + PATIENCE_US;
}

// Unless this side ends.
static char *hear(Successor *s, gint64 until_us) {
  for (;;) {
    gint64 turn_us = MIN(until_us, g_get_monotonic_time() + TURN_US);
    char *line = es_talk_read(&s->talk, turn_us);
    pthread_mutex_lock(&s->mutex);
    gboolean closing = s->closing;
    pthread_mutex_unlock(&s->mutex);
    if (line || s->talk.over || closing || g_get_monotonic_time() >= until_us)
      return line;
  }
}

static gboolean pass_sockets(Successor *s) {
  guint n = s->sockets ? s->sockets->len : 0;
  for (guint i = 0; i < n; i++) {
    const EsSiprecSocket *socket = &g_array_index(s->sockets, EsSiprecSocket, i);
    g_autofree char *line = g_strdup_printf("socket %s", socket->name);
    if (!es_talk_say_with(&s->talk, line, socket->fd))
      return FALSE;
  }
  g_autofree char *end = g_strdup_printf("passed %u", n);
  return es_talk_say(&s->talk, end, soon());
}

static gboolean hear_request(Successor *s) {
  g_autofree char *hello = g_strdup_printf("hand-over %d", ES_HAND_OVER_VERSION);
  gint64 until_us = g_get_monotonic_time() + BEGINNING_US;
  g_autofree char *line = es_talk_say(&s->talk, hello, soon()) ? hear(s, until_us) : NULL;
  if (g_strcmp0(line, "sockets") == 0) {
    g_free(line);
    line = pass_sockets(s) ? hear(s, until_us) : NULL;
  }
  g_auto(GStrv) words = g_strsplit(line ? line : "", " ", 4);
  gint64 since_us, latest_us = g_get_real_time() + AHEAD_US;
  if (g_strv_length(words) < 3 || strcmp(words[0], "take") != 0 ||
      !g_ascii_string_to_signed(words[2], 10, 1, latest_us, &since_us, NULL))
    return FALSE;
  pthread_mutex_lock(&s->mutex);
  s->since_us = since_us;
  s->state = ASKING;
  pthread_mutex_unlock(&s->mutex);
  return TRUE;
}

// Until the capture has something to say, or the other side: it would only say that it is gone.
static gboolean wait_for_lines(Successor *s, GString **lines) {
  for (;;) {
    pthread_mutex_lock(&s->mutex);
    *lines = g_steal_pointer(&s->lines);
    gboolean closing = s->closing;
    pthread_mutex_unlock(&s->mutex);
    if (*lines || closing)
      return *lines != NULL;
    struct pollfd fds[] = {{s->talk.fd, POLLIN, 0}, {s->wake, POLLIN, 0}};
    eventfd_t count;
    if ((poll(fds, 2, -1) < 0 && errno != EINTR) || fds[0].revents)
      return FALSE;
    if (fds[1].revents)
      eventfd_read(s->wake, &count);
  }
}

static gboolean hear_taken(Successor *s) {
  EsSiprecPeer *heir = es_siprec_peer_new();
  gint64 until_us = soon();
  gboolean taken = FALSE;
  char *line;
  while (!taken && (line = hear(s, until_us))) {
    taken = strcmp(line, "taken") == 0;
    es_siprec_peer_read(heir, line);
    g_free(line);
  }
  pthread_mutex_lock(&s->mutex);
  s->state = taken ? TAKEN : s->state;
  s->heir = taken ? g_steal_pointer(&heir) : NULL;
  pthread_mutex_unlock(&s->mutex);
  es_siprec_peer_free(heir);
  return taken;
}

static gboolean give(Successor *s) {
  GString *lines;
  if (!wait_for_lines(s, &lines))
    return FALSE;
  gboolean ok = es_talk_write(&s->talk, lines->str, lines->len, soon());
  g_string_free(lines, TRUE);
  return ok && hear_taken(s);
}

static void *serve(void *data) {
  Successor *s = data;
  GString *none;
  if (hear_request(s) && give(s))
    wait_for_lines(s, &none); // until one of us ends
  pthread_mutex_lock(&s->mutex);
  gboolean done = s->done;
  s->state = done ? s->state : GONE;
  pthread_mutex_unlock(&s->mutex);
  if (done)
    es_talk_say(&s->talk, "done", soon());
  es_talk_clear(&s->talk);
  return NULL;
}

// ---- for the capture

static void end_successor(Successor *s, gboolean done) {
  pthread_mutex_lock(&s->mutex);
  s->done = done && s->state == TAKEN;
  s->closing = TRUE;
  pthread_mutex_unlock(&s->mutex);
  eventfd_write(s->wake, 1);
  pthread_join(s->thread, NULL);
  if (s->lines)
    g_string_free(s->lines, TRUE);
  es_siprec_peer_free(s->heir);
  pthread_mutex_destroy(&s->mutex);
  close(s->wake);
  g_free(s);
}

static void begin_successor(EsSuccessors *all, const GArray *sockets, int fd) {
  Successor *s = g_new0(Successor, 1);
  pthread_mutex_init(&s->mutex, NULL);
  s->sockets = sockets;
  es_talk_init(&s->talk, fd);
  s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (all->all->len < MOST && s->wake >= 0 && pthread_create(&s->thread, NULL, serve, s) == 0) {
    g_ptr_array_add(all->all, s);
    return;
  }
  es_talk_clear(&s->talk);
  pthread_mutex_destroy(&s->mutex);
  if (s->wake >= 0)
    close(s->wake);
  g_free(s);
}

static void take_connections(EsSuccessors *all, const GArray *sockets) {
  struct pollfd ready = {.fd = all->pipe, .events = POLLIN};
  int fd;
  while (all->pipe >= 0 && poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) &&
         read(all->pipe, &fd, sizeof fd) == sizeof fd)
    begin_successor(all, sockets, fd);
}

static void tell(Successor *s, EsWorker *worker, EsSiprec *siprec) {
  GString *lines = g_string_new(NULL);
  if (!es_border_own(es_worker_border(worker)))
    es_worker_keep_to_own(worker);
  guint n = es_holdings_write(es_border_own(es_worker_border(worker)), lines);
  if (siprec) {
    EsSiprecPeer *own = es_siprec_peer_new();
    es_siprec_leave(siprec, own);
    n += es_siprec_peer_write(own, lines);
    es_siprec_peer_free(own);
  }
  g_string_append_printf(lines, "given %u\n", n);
  s->lines = lines;
  s->state = GIVEN;
  eventfd_write(s->wake, 1);
}

static State look_at(Successor *s, EsWorker *worker, EsSiprec *siprec, gint64 now_us) {
  pthread_mutex_lock(&s->mutex);
  if (s->state == ASKING && now_us >= s->since_us)
    tell(s, worker, siprec);
  State state = s->state;
  EsSiprecPeer *heir = g_steal_pointer(&s->heir);
  pthread_mutex_unlock(&s->mutex);
  if (heir && siprec)
    es_siprec_set_heir(siprec, heir);
  else
    es_siprec_peer_free(heir);
  return state;
}

void es_successors_look(EsSuccessors *all, EsWorker *worker, EsSiprec *siprec, gint64 now_us) {
  gboolean given = FALSE;
  take_connections(all, siprec ? es_siprec_sockets(siprec) : NULL);
  all->taken = FALSE;
  for (guint i = all->all->len; i-- > 0;) {
    Successor *s = all->all->pdata[i];
    State state = look_at(s, worker, siprec, now_us);
    given |= state == GIVEN || state == TAKEN;
    all->taken |= state == TAKEN;
    if (state == GONE) {
      g_ptr_array_remove_index_fast(all->all, i);
      end_successor(s, FALSE);
    }
  }
  if (given || !es_border_own(es_worker_border(worker)))
    return;
  es_border_keep_to(es_worker_border(worker), NULL);
  es_worker_take_back(worker);
  if (siprec)
    es_siprec_set_heir(siprec, NULL);
}

gboolean es_successors_have_taken(const EsSuccessors *all) {
  return all->taken;
}

EsSuccessors *es_successors_new(int pipe) {
  EsSuccessors *all = g_new0(EsSuccessors, 1);
  all->pipe = pipe;
  all->all = g_ptr_array_new();
  return all;
}

void es_successors_free(EsSuccessors *all, gboolean done) {
  if (!all)
    return;
  for (guint i = 0; i < all->all->len; i++)
    end_successor(all->all->pdata[i], done);
  g_ptr_array_unref(all->all);
  g_free(all);
}
