// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Whose an entry is stands in the locks: the byte of a run (see spool.h), the lock file of an import's
// folder. They are asked for, never taken.
#include "earshot/capture/spool-look.h"
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "refused.h"
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMPORT "import-"
#define JOURNAL "journal"

typedef struct {
  char *directory;
  int lock_fd; // -1: there is none, so nobody runs
  EsSpoolFunc func;
  gpointer user_data;
} Look;

static gboolean is_locked(const Look *look, gint64 from, gint64 count) {
  struct flock others = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = count};
  return look->lock_fd >= 0 && fcntl(look->lock_fd, F_OFD_GETLK, &others) == 0 && others.l_type != F_UNLCK;
}

static gboolean import_runs(const char *path) {
  g_autofree char *lock = g_build_filename(path, "lock", NULL);
  int fd = open(lock, O_RDONLY | O_CLOEXEC);
  gboolean runs = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
  if (fd >= 0)
    close(fd);
  return runs;
}

// The metadata of a call names the run; a call without any is of whoever runs.
static EsSpoolOwner owner_of_call(const Look *look, const char *id) {
  g_autofree char *meta = g_strdup_printf("%s/%s.meta", look->directory, id);
  EsSpoolMoments moments = {.run = ES_UNKNOWN};
  g_autoptr(EsCall) call = es_spool_load(meta, &moments, NULL);
  gboolean known = call && moments.run > 0;
  return is_locked(look, known ? moments.run : 1, known ? 1 : 0) ? ES_SPOOL_OPEN : ES_SPOOL_LEFT;
}

static char *id_of(const char *name) {
  static const char *const endings[] = {".part", ".meta", ".meta-new"};
  for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
    if (!g_str_has_suffix(name, endings[i]))
      continue;
    g_autofree char *id = g_strndup(name, strlen(name) - strlen(endings[i]));
    return es_id_is_whole(id) ? g_steal_pointer(&id) : NULL;
  }
  return NULL;
}

// The sockets at which recorders answer; one of a killed recorder goes with the next start.
static gboolean is_socket(const char *name, const GStatBuf *status) {
  return S_ISSOCK(status->st_mode) &&
         (g_str_has_prefix(name, "record-") || g_str_has_prefix(name, ".record-"));
}

// journal/<run>/: the run's own number is in its name. What an ended run left empty needs nobody.
static void look_at_journal(const Look *look, const char *run) {
  g_autofree char *name = g_build_filename(JOURNAL, run, NULL);
  g_autofree char *path = g_build_filename(look->directory, name, NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  EsSpoolEntry entry = {name, NULL, ES_SPOOL_FOREIGN};
  guint64 number;
  if (dir && !g_dir_read_name(dir))
    return;
  if (dir && g_ascii_string_to_unsigned(run, 10, 1, G_MAXINT64, &number, NULL))
    entry.owner = is_locked(look, (gint64)number, 1) ? ES_SPOOL_OPEN : ES_SPOOL_LEFT;
  if (g_file_test(path, G_FILE_TEST_EXISTS)) // not gone meanwhile
    look->func(&entry, look->user_data);
}

static void look_at_journals(const Look *look, const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *run;
  while (dir && (run = g_dir_read_name(dir)))
    look_at_journal(look, run);
}

// refused/<id>.json and .opus: told once, by the account or else by the recording.
static void look_at_refused(const Look *look, const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *inner;
  while (dir && (inner = g_dir_read_name(dir))) {
    g_autofree char *id = g_strndup(inner, strcspn(inner, "."));
    g_autofree char *account = g_strdup_printf("%s/%s.json", path, id);
    g_autofree char *name = g_build_filename(ES_REFUSED_FOLDER, inner, NULL);
    gboolean whole = es_id_is_whole(id), second = !g_str_has_suffix(inner, ".json");
    EsSpoolEntry entry = {name, whole ? id : NULL, whole ? ES_SPOOL_REFUSED : ES_SPOOL_FOREIGN};
    if (!whole || !second || !g_file_test(account, G_FILE_TEST_EXISTS))
      look->func(&entry, look->user_data);
  }
}

static void look_at(const Look *look, const char *name) {
  g_autofree char *path = g_build_filename(look->directory, name, NULL), *id = id_of(name);
  GStatBuf status;
  if (g_lstat(path, &status) != 0 || is_socket(name, &status) || strcmp(name, "lock") == 0)
    return; // gone meanwhile, or what every spool has
  if (strcmp(name, JOURNAL) == 0 && S_ISDIR(status.st_mode)) {
    look_at_journals(look, path);
    return;
  }
  if (strcmp(name, ES_REFUSED_FOLDER) == 0 && S_ISDIR(status.st_mode)) {
    look_at_refused(look, path);
    return;
  }
  EsSpoolEntry entry = {name, id, ES_SPOOL_FOREIGN};
  if (id && S_ISREG(status.st_mode))
    entry.owner = owner_of_call(look, id);
  else if (g_str_has_prefix(name, IMPORT) && S_ISDIR(status.st_mode))
    entry.owner = import_runs(path) ? ES_SPOOL_OPEN : ES_SPOOL_LEFT;
  // Its recorder may have finished it while it was looked at.
  if (g_lstat(path, &status) == 0)
    look->func(&entry, look->user_data);
}

gboolean es_spool_look(const char *library, EsSpoolFunc func, gboolean *running, gpointer user_data,
                       GError **error) {
  g_autofree char *directory = g_build_filename(library, "spool", NULL);
  g_autofree char *lock = g_build_filename(directory, "lock", NULL);
  g_autoptr(GError) absent = NULL;
  g_autoptr(GDir) dir = g_dir_open(directory, 0, &absent);
  *running = FALSE;
  if (g_error_matches(absent, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  if (!dir) {
    g_propagate_error(error, g_steal_pointer(&absent));
    return FALSE;
  }
  Look look = {directory, open(lock, O_RDONLY | O_CLOEXEC), func, user_data};
  const char *name;
  while ((name = g_dir_read_name(dir)))
    look_at(&look, name);
  *running = is_locked(&look, 1, 0);
  if (look.lock_fd >= 0)
    close(look.lock_fd);
  return TRUE;
}
