// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Symbolic links to directories are not followed below the paths given, so that a loop ends.
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/transcode.h"
#include "plan.h"

#define DEPTH_MAX 32

static gboolean walk(GPtrArray *files, const char *directory, int depth, GError **error) {
  g_autoptr(GError) unread = NULL;
  g_autoptr(GDir) dir = g_dir_open(directory, 0, &unread);
  if (!dir) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, "%s", unread->message);
    return FALSE;
  }
  const char *name;
  while ((name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);
    GStatBuf status;
    if (g_lstat(path, &status) != 0 || *name == '.')
      continue;
    if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX && !walk(files, path, depth + 1, error))
      return FALSE;
    if (S_ISLNK(status.st_mode) && g_stat(path, &status) != 0)
      continue;
    if (S_ISREG(status.st_mode) && es_sound_has_ending(name))
      g_ptr_array_add(files, g_steal_pointer(&path));
  }
  return TRUE;
}

static int compare(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void drop_doubles(GPtrArray *files) {
  for (guint i = files->len; i > 1; i--)
    if (strcmp(files->pdata[i - 1], files->pdata[i - 2]) == 0)
      g_ptr_array_remove_index(files, i - 1);
}

GPtrArray *es_import_walk(const char *const *paths, GError **error) {
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
  for (const char *const *path = paths; path && *path; path++) {
    GStatBuf status;
    if (g_stat(*path, &status) != 0) {
      es_set_errno(error, errno, "%s", *path);
      return NULL;
    }
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
      g_set_error(error, ES_ERROR, ES_ERROR_USAGE, _("%s: neither a file nor a directory"), *path);
      return NULL;
    }
    if (S_ISREG(status.st_mode)) // named by hand, whatever its ending
      g_ptr_array_add(files, g_strdup(*path));
    else if (!walk(files, *path, 0, error))
      return NULL;
  }
  g_ptr_array_sort(files, compare);
  drop_doubles(files);
  return g_steal_pointer(&files);
}
