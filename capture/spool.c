// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "spool.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct EsSpool {
  char *directory;
  int lock_fd;
  GThread *flusher; // NULL when it does not run
  // Between the owner and the flusher:
  GMutex mutex;
  GCond wake;
  gboolean stop;
};

static gboolean open_lock(EsSpool *spool, GError **error) {
  g_autofree char *path = g_build_filename(spool->directory, "lock", NULL);
  spool->lock_fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return spool->lock_fd >= 0 || es_set_errno(error, errno, "%s", path);
}

EsSpool *es_spool_open(const char *library, gboolean *alone, GError **error) {
  g_autoptr(EsSpool) spool = g_new0(EsSpool, 1);
  g_mutex_init(&spool->mutex);
  g_cond_init(&spool->wake);
  spool->lock_fd = -1;
  spool->directory = g_build_filename(library, "spool", NULL);
  if (g_mkdir_with_parents(spool->directory, 0700) != 0) {
    es_set_errno(error, errno, "%s", spool->directory);
    return NULL;
  }
  if (!open_lock(spool, error))
    return NULL;
  *alone = flock(spool->lock_fd, LOCK_EX | LOCK_NB) == 0;
  return g_steal_pointer(&spool);
}

gboolean es_spool_share(EsSpool *spool, GError **error) {
  while (flock(spool->lock_fd, LOCK_SH) != 0)
    if (errno != EINTR)
      return es_set_errno(error, errno, "%s/lock", spool->directory);
  return TRUE;
}

// What cannot be flushed now can be flushed a second later; a disk that is full or broken shows itself when
// the recording writes.
static gpointer flush_every_second(gpointer data) {
  EsSpool *spool = data;
  g_mutex_lock(&spool->mutex);
  while (!spool->stop) {
    gint64 until = g_get_monotonic_time() + G_TIME_SPAN_SECOND;
    while (!spool->stop && g_cond_wait_until(&spool->wake, &spool->mutex, until))
      ;
    g_mutex_unlock(&spool->mutex);
    es_flush_directory(spool->directory, NULL);
    g_mutex_lock(&spool->mutex);
  }
  g_mutex_unlock(&spool->mutex);
  return NULL;
}

void es_spool_start_flushing(EsSpool *spool) {
  spool->flusher = g_thread_new("flush", flush_every_second, spool);
}

void es_spool_close(EsSpool *spool) {
  if (!spool)
    return;
  if (spool->flusher) {
    g_mutex_lock(&spool->mutex);
    spool->stop = TRUE;
    g_cond_signal(&spool->wake);
    g_mutex_unlock(&spool->mutex);
    g_thread_join(spool->flusher);
  }
  if (spool->lock_fd >= 0)
    close(spool->lock_fd); // gives the lock back
  g_mutex_clear(&spool->mutex);
  g_cond_clear(&spool->wake);
  g_free(spool->directory);
  g_free(spool);
}

const char *es_spool_directory(const EsSpool *spool) {
  return spool->directory;
}

char *es_spool_path(const EsSpool *spool, const char *id, const char *suffix) {
  return g_strdup_printf("%s/%s%s", spool->directory, id, suffix);
}

void es_spool_forget(EsSpool *spool, const char *id) {
  g_autofree char *path = es_spool_path(spool, id, ".meta");
  g_unlink(path);
}
