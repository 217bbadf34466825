// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "spool.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/timed-wait.h"
#include "earshot/encode/file.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_EVERY_MS 1000

struct EsSpool {
  char *directory;
  int lock_fd;
  gint64 run;
  EsJournal *journal; // NULL for files
  GThread *flusher;   // NULL when it does not run
  // Between the owner and the flusher:
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  gboolean stop;
};

static gboolean open_lock(EsSpool *spool, GError **error) {
  g_autofree char *path = g_build_filename(spool->directory, "lock", NULL);
  spool->lock_fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return spool->lock_fd >= 0 || es_set_errno(error, errno, "%s", path);
}

// Locks of the open file, not of the process: they end with it however it ends, and nobody cleans up.
static struct flock bytes(short type, gint64 from, gint64 count) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = count};
}

static gboolean lock_byte_0(EsSpool *spool, short type, GError **error) {
  struct flock byte = bytes(type, 0, 1);
  while (fcntl(spool->lock_fd, F_OFD_SETLKW, &byte) != 0)
    if (errno != EINTR)
      return es_set_errno(error, errno, "%s/lock", spool->directory);
  return TRUE;
}

// Whether no other recorder has locked one of these bytes; count 0: all from there on.
static gboolean are_free(const EsSpool *spool, gint64 from, gint64 count) {
  struct flock others = bytes(F_WRLCK, from, count);
  return fcntl(spool->lock_fd, F_OFD_GETLK, &others) == 0 && others.l_type == F_UNLCK;
}

static gboolean take_number(EsSpool *spool, GError **error) {
  for (;;) {
    spool->run = 1 + (gint64)g_random_int();
    struct flock own = bytes(F_WRLCK, spool->run, 1);
    if (fcntl(spool->lock_fd, F_OFD_SETLK, &own) == 0)
      return TRUE;
    if (errno != EAGAIN && errno != EACCES)
      return es_set_errno(error, errno, "%s/lock", spool->directory);
  }
}

// A recording goes to its place by a rename, which the kernel refuses between file systems before it asks for
// the file.
static gboolean can_move(const char *library, const char *directory, GError **error) {
  g_autofree char *recordings = g_build_filename(library, "recordings", NULL);
  const char *target = g_file_test(recordings, G_FILE_TEST_EXISTS) ? recordings : library;
  g_autofree char *from = g_build_filename(directory, "none", NULL),
                  *to = g_build_filename(target, "none", NULL);
  if (g_rename(from, to) == 0 || errno != EXDEV)
    return TRUE;
  g_set_error(
      error, ES_ERROR, ES_ERROR_INVALID,
      _("%s and %s lie on different file systems: recordings could not be moved from one to the other"),
      directory, target);
  return FALSE;
}

EsSpool *es_spool_open(const char *library, gboolean *alone, GError **error) {
  g_autoptr(EsSpool) spool = g_new0(EsSpool, 1);
  pthread_mutex_init(&spool->mutex, NULL);
  es_timed_wait_init(&spool->wake);
  spool->lock_fd = -1;
  spool->directory = g_build_filename(library, "spool", NULL);
  if (g_mkdir_with_parents(spool->directory, 0700) != 0) {
    es_set_errno(error, errno, "%s", spool->directory);
    return NULL;
  }
  if (!can_move(library, spool->directory, error) || !open_lock(spool, error) ||
      !lock_byte_0(spool, F_WRLCK, error))
    return NULL;
  *alone = are_free(spool, 1, 0);
  return take_number(spool, error) ? g_steal_pointer(&spool) : NULL;
}

gboolean es_spool_share(EsSpool *spool, GError **error) {
  return lock_byte_0(spool, F_UNLCK, error);
}

gint64 es_spool_run(const EsSpool *spool) {
  return spool->run;
}

gboolean es_spool_run_is_over(const EsSpool *spool, gint64 run) {
  return run > 0 && run != spool->run && are_free(spool, run, 1);
}

gboolean es_spool_claim_run(EsSpool *spool, gint64 run) {
  struct flock byte = bytes(F_WRLCK, run, 1);
  return run > 0 && run != spool->run && fcntl(spool->lock_fd, F_OFD_SETLK, &byte) == 0;
}

void es_spool_release_run(EsSpool *spool, gint64 run) {
  struct flock byte = bytes(F_UNLCK, run, 1);
  fcntl(spool->lock_fd, F_OFD_SETLK, &byte);
}

// What cannot be flushed now can be flushed a second later; a disk that is full or broken shows itself when
// the recording writes.
static gpointer flush_every_second(gpointer data) {
  EsSpool *spool = data;
  pthread_mutex_lock(&spool->mutex);
  while (!spool->stop) {
    es_timed_wait(&spool->wake, &spool->mutex, FLUSH_EVERY_MS);
    pthread_mutex_unlock(&spool->mutex);
    es_flush_directory(spool->directory, NULL);
    pthread_mutex_lock(&spool->mutex);
  }
  pthread_mutex_unlock(&spool->mutex);
  return NULL;
}

void es_spool_start_flushing(EsSpool *spool) {
  spool->flusher = g_thread_new("flush", flush_every_second, spool);
}

gboolean es_spool_start_journal(EsSpool *spool, const EsJournalSettings *settings, GError **error) {
  spool->journal = es_journal_open(spool->directory, spool->run, settings, error);
  return spool->journal != NULL;
}

EsJournal *es_spool_journal(const EsSpool *spool) {
  return spool->journal;
}

const char *es_spool_audio(const EsSpool *spool) {
  return spool->journal ? es_journal_directory(spool->journal) : spool->directory;
}

void es_spool_close(EsSpool *spool) {
  if (!spool)
    return;
  es_journal_close(spool->journal);
  if (spool->flusher) {
    pthread_mutex_lock(&spool->mutex);
    spool->stop = TRUE;
    pthread_cond_signal(&spool->wake);
    pthread_mutex_unlock(&spool->mutex);
    g_thread_join(spool->flusher);
  }
  if (spool->lock_fd >= 0)
    close(spool->lock_fd); // gives the locks back
  pthread_mutex_destroy(&spool->mutex);
  pthread_cond_destroy(&spool->wake);
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

typedef struct {
  gint64 number;
  gint64 born_us;
} LeftRun;

// When the oldest file of its journal was last written; G_MAXINT64 of an empty one.
static gint64 born(const char *directory) {
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  gint64 born_us = G_MAXINT64;
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    GStatBuf status;
    if (g_str_has_suffix(name, ".journal") && g_stat(path, &status) == 0)
      born_us = MIN(born_us, status.st_mtim.tv_sec * ES_US_PER_S + status.st_mtim.tv_nsec / 1000);
  }
  return born_us;
}

// Numbers are random.
static gint by_birth(gconstpointer a, gconstpointer b) {
  const LeftRun *x = a, *y = b;
  return x->born_us != y->born_us ? (x->born_us < y->born_us ? -1 : 1)
                                  : (x->number > y->number) - (x->number < y->number);
}

GArray *es_spool_list_runs(const EsSpool *spool) {
  g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(LeftRun));
  g_autofree char *journals = g_build_filename(es_spool_directory(spool), "journal", NULL);
  g_autoptr(GDir) dir = g_dir_open(journals, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(journals, name, NULL);
    LeftRun run = {.born_us = born(path)};
    if (g_ascii_string_to_signed(name, 10, 1, G_MAXINT64, &run.number, NULL) &&
        run.number != es_spool_run(spool))
      g_array_append_val(runs, run);
  }
  g_array_sort(runs, by_birth);
  GArray *numbers = g_array_sized_new(FALSE, FALSE, sizeof(gint64), runs->len);
  for (guint i = 0; i < runs->len; i++)
    g_array_append_val(numbers, g_array_index(runs, LeftRun, i).number);
  return numbers;
}
