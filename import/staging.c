// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "staging.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "earshot/encode/file.h"

#define PREFIX "import-"
#define JOURNAL_MAX (16 * 1024 * 1024)

struct EsStaging {
  char *library, *directory;
  int lock_fd;
};

static int lock(const char *directory) {
  g_autofree char *path = g_build_filename(directory, "lock", NULL);
  int fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static void remove_directory(const char *directory) {
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_unlink(path);
  }
  g_rmdir(directory);
}

// ---- behind killed imports

// Only what such a journal may name: recordings/…/<id>.opus.
static char *id_of_path(const char *relative) {
  g_autofree char *name = g_path_get_basename(relative);
  if (!g_str_has_prefix(relative, "recordings/") || strstr(relative, "/../") ||
      !g_str_has_suffix(name, ".opus"))
    return NULL;
  name[strlen(name) - strlen(".opus")] = '\0';
  return es_id_is_whole(name) ? g_steal_pointer(&name) : NULL;
}

static gboolean undo(const char *library, EsIndex *index, const char *relative, GError **error) {
  g_autofree char *id = id_of_path(relative);
  g_autoptr(GError) absent = NULL;
  if (!id)
    return TRUE;
  g_autoptr(EsCall) call = es_index_get_call(index, id, &absent);
  if (!call && !g_error_matches(absent, ES_ERROR, ES_ERROR_NOT_FOUND)) {
    g_propagate_error(error, g_steal_pointer(&absent));
    return FALSE;
  }
  g_autofree char *path = g_build_filename(library, relative, NULL);
  if (!call || !call->file) // a row of a log that still waits for its recording
    g_unlink(path);
  return TRUE;
}

static gboolean recover(const char *library, EsIndex *index, const char *directory, GError **error) {
  int fd = lock(directory);
  if (fd < 0) // it runs
    return TRUE;
  g_autofree char *journal = g_build_filename(directory, "journal", NULL), *text = NULL;
  gsize length = 0;
  gboolean ok = TRUE;
  if (g_file_get_contents(journal, &text, &length, NULL) && length < JOURNAL_MAX) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; ok && *line; line++)
      ok = undo(library, index, *line, error);
  }
  if (ok)
    remove_directory(directory);
  close(fd);
  return ok;
}

static gboolean recover_all(const char *library, EsIndex *index, const char *spool, GError **error) {
  g_autoptr(GDir) dir = g_dir_open(spool, 0, error);
  if (!dir)
    return FALSE;
  const char *name;
  while ((name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(spool, name, NULL);
    if (g_str_has_prefix(name, PREFIX) && g_file_test(path, G_FILE_TEST_IS_DIR) &&
        !recover(library, index, path, error))
      return FALSE;
  }
  return TRUE;
}

// ---- this import

EsStaging *es_staging_open(const char *library, EsIndex *index, GError **error) {
  char id[ES_ID_SIZE];
  es_id_new(g_get_real_time(), id);
  g_autofree char *spool = g_build_filename(library, "spool", NULL);
  g_autoptr(EsStaging) staging = g_new0(EsStaging, 1);
  staging->lock_fd = -1;
  staging->library = g_strdup(library);
  g_autofree char *directory = g_strdup_printf("%s/" PREFIX "%s", spool, id);
  if (g_mkdir_with_parents(spool, 0700) != 0) {
    es_set_errno(error, errno, "%s", spool);
    return NULL;
  }
  if (!recover_all(library, index, spool, error))
    return NULL;
  if (g_mkdir(directory, 0700) != 0 || (staging->lock_fd = lock(directory)) < 0) {
    es_set_errno(error, errno, "%s", directory);
    return NULL;
  }
  staging->directory = g_steal_pointer(&directory);
  return g_steal_pointer(&staging);
}

static gboolean has_journal(const EsStaging *staging) {
  g_autofree char *path = g_build_filename(staging->directory, "journal", NULL);
  return g_file_test(path, G_FILE_TEST_EXISTS);
}

void es_staging_close(EsStaging *staging) {
  if (!staging)
    return;
  if (staging->directory && !has_journal(staging))
    remove_directory(staging->directory);
  if (staging->lock_fd >= 0)
    close(staging->lock_fd);
  g_free(staging->directory);
  g_free(staging->library);
  g_free(staging);
}

char *es_staging_path(const EsStaging *staging, const char *id) {
  return g_build_filename(staging->directory, id, NULL);
}

static gboolean write_journal(EsStaging *staging, const GPtrArray *calls, GError **error) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < calls->len; i++) {
    const EsCall *call = calls->pdata[i];
    if (call->file)
      g_string_append_printf(text, "%s\n", call->file);
  }
  g_autofree char *path = g_build_filename(staging->directory, "journal", NULL);
  return text->len == 0 ||
         g_file_set_contents_full(path, text->str, (gssize)text->len,
                                  G_FILE_SET_CONTENTS_DURABLE | G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static gboolean move(EsStaging *staging, const EsCall *call, GError **error) {
  g_autofree char *from = es_staging_path(staging, call->id);
  g_autofree char *to = g_build_filename(staging->library, call->file, NULL);
  g_autofree char *directory = g_path_get_dirname(to);
  if (g_mkdir_with_parents(directory, 0700) != 0)
    return es_set_errno(error, errno, _("Cannot create %s"), directory);
  return g_rename(from, to) == 0 || es_set_errno(error, errno, _("Cannot move %s to %s"), from, to);
}

gboolean es_staging_place(EsStaging *staging, const GPtrArray *calls, GError **error) {
  if (!write_journal(staging, calls, error))
    return FALSE;
  for (guint i = 0; i < calls->len; i++)
    if (((EsCall *)calls->pdata[i])->file && !move(staging, calls->pdata[i], error))
      return FALSE;
  return es_flush_directory(staging->directory, error);
}

void es_staging_committed(EsStaging *staging) {
  g_autofree char *path = g_build_filename(staging->directory, "journal", NULL);
  g_unlink(path);
}
