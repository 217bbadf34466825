// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "durable.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/timed-wait.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define PARENTS 5 // recordings/client/year/month/day: any of them may be new
#define WAIT_MS 1000
#define AGAIN_US (50 * 1000)
#define PATIENCE_US (10 * G_USEC_PER_SEC) // for a descriptor
#define KNOWN_FOLDERS 100                 // that are durable themselves

struct EsDurable {
  GThread *thread;       // NULL before the first file
  guint64 given;         // tickets, the owner's
  GHashTable *folders;   // the thread's: whose parents are flushed
  gint64 patience_us;    // the thread's, for a descriptor
  pthread_mutex_t mutex; // of the rest
  pthread_cond_t more, less;
  GQueue paths;
  guint64 done;
  GHashTable *failed; // errno by ticket
  gboolean stop;
};

EsDurable *es_durable_new(void) {
  EsDurable *d = g_new0(EsDurable, 1);
  d->patience_us = PATIENCE_US;
  pthread_mutex_init(&d->mutex, NULL);
  es_timed_wait_init(&d->more);
  es_timed_wait_init(&d->less);
  g_queue_init(&d->paths);
  d->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  d->failed = g_hash_table_new(NULL, NULL);
  return d;
}

// Calls that end give theirs back. Where there is none for so long, the next need not wait for that again.
static int open_when_it_can_be(EsDurable *d, const char *path, int flags) {
  gint64 until_us = g_get_monotonic_time() + d->patience_us;
  for (;;) {
    int fd = es_descriptors_open(path, flags, 0);
    gboolean lacking = fd < 0 && (errno == EMFILE || errno == ENFILE);
    if (!lacking || g_get_monotonic_time() >= until_us) {
      d->patience_us = lacking ? 0 : PATIENCE_US;
      return fd;
    }
    g_usleep(AGAIN_US);
  }
}

// 0 or errno. Of two recordings of one conversation the one that is not kept may be gone by now.
static int flush(EsDurable *d, const char *path, int flags) {
  int fd = open_when_it_can_be(d, path, flags | O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? 0 : errno;
  int failed = fsync(fd) == 0 ? 0 : errno;
  es_descriptors_close(fd);
  return failed;
}

static int flush_folders(EsDurable *d, const char *path) {
  g_autofree char *folder = g_path_get_dirname(path);
  int failed = flush(d, folder, O_DIRECTORY);
  if (failed || g_hash_table_contains(d->folders, folder))
    return failed;
  g_autofree char *parent = g_strdup(folder);
  for (guint i = 0; i < PARENTS && !failed; i++) {
    g_autofree char *below = parent;
    parent = g_path_get_dirname(below);
    failed = flush(d, parent, O_DIRECTORY);
  }
  if (g_hash_table_size(d->folders) >= KNOWN_FOLDERS)
    g_hash_table_remove_all(d->folders);
  if (!failed)
    g_hash_table_add(d->folders, g_steal_pointer(&folder));
  return failed;
}

static gpointer flush_all(gpointer data) {
  EsDurable *d = data;
  pthread_mutex_lock(&d->mutex);
  while (!d->stop || d->paths.length) {
    g_autofree char *path = g_queue_pop_head(&d->paths);
    if (!path) {
      es_timed_wait(&d->more, &d->mutex, WAIT_MS);
      continue;
    }
    pthread_mutex_unlock(&d->mutex);
    int failed = flush(d, path, 0);
    failed = failed ? failed : flush_folders(d, path);
    pthread_mutex_lock(&d->mutex);
    d->done++;
    if (failed)
      g_hash_table_insert(d->failed, GSIZE_TO_POINTER(d->done), GINT_TO_POINTER(failed));
    pthread_cond_signal(&d->less);
  }
  pthread_mutex_unlock(&d->mutex);
  return NULL;
}

guint64 es_durable_add(EsDurable *d, const char *path) {
  pthread_mutex_lock(&d->mutex);
  g_queue_push_tail(&d->paths, g_strdup(path));
  pthread_cond_signal(&d->more);
  pthread_mutex_unlock(&d->mutex);
  if (!d->thread)
    d->thread = g_thread_new("durable", flush_all, d);
  return ++d->given;
}

guint64 es_durable_done(EsDurable *d, guint64 least) {
  pthread_mutex_lock(&d->mutex);
  while (d->done < least)
    es_timed_wait(&d->less, &d->mutex, WAIT_MS);
  guint64 done = d->done;
  pthread_mutex_unlock(&d->mutex);
  return done;
}

int es_durable_failed(EsDurable *d, guint64 ticket) {
  gpointer failed = NULL;
  pthread_mutex_lock(&d->mutex);
  g_hash_table_steal_extended(d->failed, GSIZE_TO_POINTER(ticket), NULL, &failed);
  pthread_mutex_unlock(&d->mutex);
  return GPOINTER_TO_INT(failed);
}

void es_durable_free(EsDurable *d) {
  if (!d)
    return;
  pthread_mutex_lock(&d->mutex);
  d->stop = TRUE;
  pthread_cond_signal(&d->more);
  pthread_mutex_unlock(&d->mutex);
  if (d->thread)
    g_thread_join(d->thread);
  g_hash_table_unref(d->folders);
  g_hash_table_unref(d->failed);
  pthread_mutex_destroy(&d->mutex);
  pthread_cond_destroy(&d->more);
  pthread_cond_destroy(&d->less);
  g_free(d);
}
