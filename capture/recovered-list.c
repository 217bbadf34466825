// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "recovered-list.h"
#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/id.h"
#include "earshot/index/index.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define WHOLE "all"

struct EsRecoveredList {
  char *path;
  GHashTable *ids;
  gboolean whole;
};

EsRecoveredList *es_recovered_list_new(const char *directory) {
  EsRecoveredList *list = g_new0(EsRecoveredList, 1);
  g_autofree char *text = NULL;
  list->path = g_build_filename(directory, "recovered", NULL);
  list->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (!g_file_get_contents(list->path, &text, NULL, NULL))
    return list;
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (es_id_is_whole(*line))
      g_hash_table_add(list->ids, g_strdup(*line));
    list->whole |= strcmp(*line, WHOLE) == 0;
  }
  return list;
}

void es_recovered_list_free(EsRecoveredList *list) {
  g_hash_table_unref(list->ids);
  g_free(list->path);
  g_free(list);
}

gboolean es_recovered_list_has(const EsRecoveredList *list, const char *id) {
  return g_hash_table_contains(list->ids, id);
}

gboolean es_recovered_list_is_whole(const EsRecoveredList *list) {
  return list->whole;
}

// Begins a line of its own: what was written before may have been cut off when the disk was full.
static gboolean append(const EsRecoveredList *list, const char *lines, GError **error) {
  g_autofree char *text = g_strconcat("\n", lines, "\n", NULL);
  gssize length = (gssize)strlen(text);
  int fd = es_descriptors_open(list->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return es_set_errno(error, errno, "%s", list->path);
  gssize n = write(fd, text, (gsize)length);
  gboolean cut = n >= 0 && n < length, written = n == length && fsync(fd) == 0;
  int failed = cut ? ENOSPC : errno;
  es_descriptors_close(fd);
  return written || es_set_errno(error, failed, "%s", list->path);
}

gboolean es_recovered_list_add(EsRecoveredList *list, const GPtrArray *calls, GError **error) {
  g_autoptr(GString) lines = g_string_new(NULL);
  for (guint i = 0; i < calls->len; i++)
    g_string_append_printf(lines, "\n%s", ((const EsCall *)calls->pdata[i])->id);
  return append(list, lines->str, error);
}

gboolean es_recovered_list_end(EsRecoveredList *list, GError **error) {
  return list->whole || append(list, WHOLE, error);
}

void es_recovered_list_remove(EsRecoveredList *list) {
  g_unlink(list->path);
}
