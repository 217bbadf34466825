// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// pthread primitives: ThreadSanitizer knows them, and not GLib's.
#include "siprec.h"
#include "clock-step.h"
#include "earshot/common/error.h"
#include "run-stats.h"
#include "siprec-server.h"
#include "siprec-sockets.h"
#include <pthread.h>

#define PUBLISH_EVERY_US (100 * 1000)

typedef enum { OPENING, OPEN, BEGUN, CLOSING } State;

// What another thread wants of the server.
typedef void (*Wish)(EsSiprecServer *server, gpointer data);

struct EsSiprec {
  const EsCaptureOptions *options;
  const GArray *inherited; // only while it is opened
  GArray *sockets;         // of EsSiprecSocket, once it is open
  pthread_t thread;
  // Behind the mutex:
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  State state;
  EsEnd end;
  gboolean failed;
  GError *error;
  EsSpool *spool;
  EsShedding *shedding;
  EsRecovery *recovery;
  const EsCaptureSink *sink;
  EsCaptureSettings *next; // waits to be taken
  Wish wish;               // NULL: none
  gpointer wish_data;
  guint own; // published
  EsCaptureStats published;
};

// Of the thread alone.
typedef struct {
  EsSiprec *siprec;
  EsCaptureSettings *settings;
  EsSiprecServer *server;
  EsWorker *worker;
  EsCaptureStats stats;
  EsClockStep clock;
  gint64 published_us;
} Loop;

// ---- between the threads

static void publish(Loop *loop) {
  loop->published_us = g_get_monotonic_time();
  pthread_mutex_lock(&loop->siprec->mutex);
  loop->siprec->published = loop->stats;
  loop->siprec->own = (guint)loop->stats.sessions_open + es_worker_count_own(loop->worker);
  pthread_mutex_unlock(&loop->siprec->mutex);
}

static void tell_state(EsSiprec *s, State state) {
  pthread_mutex_lock(&s->mutex);
  s->state = MAX(s->state, state);
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->mutex);
}

static void tell_failure(EsSiprec *s, GError *error) {
  pthread_mutex_lock(&s->mutex);
  s->failed = TRUE;
  if (!s->error)
    s->error = error;
  else
    g_clear_error(&error);
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->mutex);
}

// FALSE when it is to close before it began.
static gboolean wait_to_begin(EsSiprec *s) {
  pthread_mutex_lock(&s->mutex);
  while (s->state == OPEN)
    pthread_cond_wait(&s->changed, &s->mutex);
  gboolean begun = s->state == BEGUN;
  pthread_mutex_unlock(&s->mutex);
  return begun;
}

// The one that wishes waits.
static void fulfil(Loop *loop) {
  EsSiprec *s = loop->siprec;
  s->wish(loop->server, s->wish_data);
  s->wish = NULL;
  s->own = (guint)loop->stats.sessions_open + es_worker_count_own(loop->worker);
  pthread_cond_broadcast(&s->changed);
}

static gboolean look_around(Loop *loop) {
  EsSiprec *s = loop->siprec;
  pthread_mutex_lock(&s->mutex);
  if (s->wish)
    fulfil(loop);
  EsCaptureSettings *next = g_steal_pointer(&s->next);
  gboolean goes_on = s->state == BEGUN;
  pthread_mutex_unlock(&s->mutex);
  if (next) {
    es_worker_set_settings(loop->worker, next);
    es_siprec_server_set_settings(loop->server, next);
    es_capture_settings_unref(loop->settings);
    loop->settings = next;
  }
  return goes_on;
}

// ---- the thread

// A clock that is set would end calls or make all that follows late.
static void follow_clock(Loop *loop) {
  gint64 leap_us, set_us = 0, now_us = g_get_real_time();
  if (es_clock_step_leaps(&loop->clock, now_us, &leap_us))
    set_us = es_clock_step_find(&loop->clock, leap_us, now_us, g_get_monotonic_time());
  if (set_us != 0)
    es_worker_clock_set(loop->worker, set_us);
}

static gboolean run_loop(Loop *loop, GError **error) {
  es_clock_step_init(&loop->clock, g_get_real_time(), g_get_monotonic_time());
  while (look_around(loop)) {
    follow_clock(loop);
    if (!es_siprec_server_step(loop->server, error))
      return FALSE;
    if (g_get_monotonic_time() - loop->published_us > PUBLISH_EVERY_US)
      publish(loop);
  }
  return TRUE;
}

static EsEnd end_of(EsSiprec *s, const GError *failed) {
  if (failed)
    return g_error_matches(failed, ES_ERROR, ES_ERROR_NO_SPACE) ? ES_END_DISK_FULL : ES_END_FAILED;
  pthread_mutex_lock(&s->mutex);
  EsEnd end = s->end;
  pthread_mutex_unlock(&s->mutex);
  return end;
}

static void serve(Loop *loop) {
  EsSiprec *s = loop->siprec;
  GError *failed = NULL, *closing = NULL;
  g_autoptr(EsIndex) index = es_index_open(s->options->library, ES_INDEX_WRITE, &failed);
  if (!index) {
    tell_failure(s, failed);
    return;
  }
  loop->worker = es_worker_new(loop->settings, s->options, index, s->spool, s->sink, &loop->stats);
  es_worker_set_shedding(loop->worker, s->shedding);
  es_worker_set_recovery(loop->worker, s->recovery);
  es_worker_set_source(loop->worker, "siprec", FALSE);
  es_siprec_server_set_worker(loop->server, loop->worker);
  run_loop(loop, &failed);
  EsEnd end = end_of(s, failed);
  gboolean ended = es_siprec_server_end_all(loop->server, end, &closing);
  ended = es_worker_finish_all(loop->worker, end, closing ? NULL : &closing) && ended;
  publish(loop);
  if (failed)
    tell_failure(s, failed);
  if (!ended)
    tell_failure(s, closing);
  es_worker_free(loop->worker);
}

static gpointer run_thread(gpointer data) {
  EsSiprec *s = data;
  GError *error = NULL;
  Loop loop = {.siprec = s};
  es_run_stats_init(&loop.stats);
  loop.settings = es_capture_settings_new(s->options->config, &error);
  if (loop.settings)
    loop.server = es_siprec_server_new(s->options->siprec, s->inherited, loop.settings, &loop.stats, &error);
  if (!loop.server)
    tell_failure(s, error);
  else {
    es_siprec_server_list_sockets(loop.server, s->sockets);
    tell_state(s, OPEN);
    if (wait_to_begin(s))
      serve(&loop);
  }
  es_siprec_server_free(loop.server);
  g_clear_pointer(&loop.settings, es_capture_settings_unref);
  return NULL;
}

// ---- for the one that runs

static void free_siprec(EsSiprec *s) {
  pthread_mutex_destroy(&s->mutex);
  pthread_cond_destroy(&s->changed);
  g_clear_error(&s->error);
  g_clear_pointer(&s->next, es_capture_settings_unref);
  g_array_unref(s->sockets);
  g_free(s);
}

EsSiprec *es_siprec_open(const EsCaptureOptions *options, const GArray *inherited, GError **error) {
  EsSiprec *s = g_new0(EsSiprec, 1);
  s->options = options;
  s->inherited = inherited;
  s->sockets = g_array_new(FALSE, FALSE, sizeof(EsSiprecSocket));
  es_run_stats_init(&s->published);
  pthread_mutex_init(&s->mutex, NULL);
  pthread_cond_init(&s->changed, NULL);
  pthread_create(&s->thread, NULL, run_thread, s);
  pthread_mutex_lock(&s->mutex);
  while (s->state == OPENING && !s->failed)
    pthread_cond_wait(&s->changed, &s->mutex);
  gboolean failed = s->failed;
  pthread_mutex_unlock(&s->mutex);
  if (!failed)
    return s;
  es_siprec_close(s, ES_END_FAILED, NULL, error);
  return NULL;
}

void es_siprec_begin(EsSiprec *s, EsSpool *spool, EsShedding *shedding, EsRecovery *recovery,
                     const EsCaptureSink *sink) {
  pthread_mutex_lock(&s->mutex);
  s->spool = spool;
  s->shedding = shedding;
  s->recovery = recovery;
  s->sink = sink;
  pthread_mutex_unlock(&s->mutex);
  tell_state(s, BEGUN);
}

// ---- one recorder takes the place of another

const GArray *es_siprec_sockets(const EsSiprec *s) {
  return s->sockets;
}

static void wish(EsSiprec *s, Wish what, gpointer data) {
  pthread_mutex_lock(&s->mutex);
  s->wish = what;
  s->wish_data = data;
  while (s->wish && !s->failed)
    pthread_cond_wait(&s->changed, &s->mutex);
  s->wish = NULL;
  pthread_mutex_unlock(&s->mutex);
}

static void leave(EsSiprecServer *server, gpointer own) {
  es_siprec_server_leave(server, own);
}

void es_siprec_leave(EsSiprec *s, EsSiprecPeer *own) {
  wish(s, leave, own);
}

static void set_heir(EsSiprecServer *server, gpointer heir) {
  es_siprec_server_set_heir(server, heir);
}

void es_siprec_set_heir(EsSiprec *s, EsSiprecPeer *heir) {
  wish(s, set_heir, heir);
}

typedef struct {
  GPtrArray *elders;
  EsSiprecPeer *own;
} Taking;

static void take(EsSiprecServer *server, gpointer data) {
  const Taking *taking = data;
  es_siprec_server_take(server, taking->elders, taking->own);
}

void es_siprec_take(EsSiprec *s, GPtrArray *elders, EsSiprecPeer *own) {
  Taking taking = {elders, own};
  wish(s, take, &taking);
}

static void forget_elder(EsSiprecServer *server, gpointer elder) {
  es_siprec_server_forget_elder(server, GPOINTER_TO_UINT(elder));
}

void es_siprec_forget_elder(EsSiprec *s, guint elder) {
  wish(s, forget_elder, GUINT_TO_POINTER(elder));
}

guint es_siprec_count_own(EsSiprec *s) {
  pthread_mutex_lock(&s->mutex);
  guint own = s->own;
  pthread_mutex_unlock(&s->mutex);
  return own;
}

void es_siprec_set_settings(EsSiprec *s, EsCaptureSettings *settings) {
  pthread_mutex_lock(&s->mutex);
  g_clear_pointer(&s->next, es_capture_settings_unref);
  s->next = settings;
  pthread_mutex_unlock(&s->mutex);
}

void es_siprec_add_stats(EsSiprec *s, EsCaptureStats *sum) {
  pthread_mutex_lock(&s->mutex);
  es_run_stats_add(sum, &s->published);
  pthread_mutex_unlock(&s->mutex);
}

gboolean es_siprec_has_failed(EsSiprec *s) {
  pthread_mutex_lock(&s->mutex);
  gboolean failed = s->failed;
  pthread_mutex_unlock(&s->mutex);
  return failed;
}

gboolean es_siprec_close(EsSiprec *s, EsEnd end, EsCaptureStats *sum, GError **error) {
  pthread_mutex_lock(&s->mutex);
  s->end = end;
  pthread_mutex_unlock(&s->mutex);
  tell_state(s, CLOSING);
  pthread_join(s->thread, NULL);
  gboolean ok = !s->failed;
  if (sum)
    es_run_stats_add(sum, &s->published);
  if (s->error)
    g_propagate_error(error, g_steal_pointer(&s->error));
  free_siprec(s);
  return ok;
}
