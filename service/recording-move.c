// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The file has both names (hard links) until the row that says the new one is on the disk; so whenever the
// machine stops, the row's name exists. What may be left is a second name: of a change that was not committed
// the new one, which the next try takes up; of one that was, the old one, which es_recordings_tidy finds by
// the history.
#include "recording-move.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/correction.h"
#include "earshot/index/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// "recordings/<client>/2026/…" with another client; NULL where that is not what the name looks like.
static char *name_for(const char *file, const char *client) {
  g_auto(GStrv) parts = g_strsplit(file, "/", 3);
  if (g_strv_length(parts) < 3 || strcmp(parts[0], "recordings") != 0)
    return NULL;
  g_autofree char *other = es_recording_path(client, 0, "id");
  g_auto(GStrv) other_parts = g_strsplit(other, "/", 3);
  return g_strdup_printf("recordings/%s/%s", other_parts[1], parts[2]);
}

static gboolean is_same_file(const char *a, const char *b) {
  GStatBuf first, second;
  return g_lstat(a, &first) == 0 && g_lstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

static gboolean flush_folder(const char *path, GError **error) {
  g_autofree char *folder = g_path_get_dirname(path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync(fd) == 0;
  int failed = errno;
  if (fd >= 0)
    close(fd);
  return ok || es_set_errno(error, failed, "%s", folder);
}

static gboolean give_name(const char *from, const char *to, GError **error) {
  g_autofree char *folder = g_path_get_dirname(to);
  if (g_mkdir_with_parents(folder, 0700) != 0)
    return es_set_errno(error, errno, "%s", folder);
  if (link(from, to) != 0 && !(errno == EEXIST && is_same_file(from, to)))
    return es_set_errno(error, errno, "%s", to);
  return flush_folder(to, error);
}

gboolean es_recording_move(EsRequest *request, gint64 call, const char *file, const char *client,
                           const char *reason, const char *source, GError **error) {
  g_autofree char *name = file ? name_for(file, client) : NULL;
  if (!name || strcmp(name, file) == 0)
    return TRUE;
  g_autofree char *from = g_build_filename(es_request_library(request), file, NULL);
  g_autofree char *to = g_build_filename(es_request_library(request), name, NULL);
  g_autoptr(GError) failed = NULL;
  if (!give_name(from, to, &failed)) {
    es_request_warning(request, _("the recording stays in the folder of the former client: %s"),
                       failed->message);
    return TRUE;
  }
  return es_index_correct(request->index, call, -1, "file", name, reason, source, es_request_actor(request),
                          request->now_us, error);
}

static void take_away(EsRequest *request, const EsCorrection *moved) {
  g_autofree char *old = g_build_filename(es_request_library(request), moved->old_value, NULL);
  g_autofree char *now = g_build_filename(es_request_library(request), moved->new_value, NULL);
  if (is_same_file(old, now) && g_unlink(old) != 0)
    es_request_warning(request, "%s: %s", old, g_strerror(errno));
}

void es_recordings_tidy(EsRequest *request) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) moved = es_index_list_moved_files(request->index, &error);
  if (!moved)
    es_request_warning(request, "%s", error->message);
  for (guint i = 0; moved && i < moved->len; i++)
    take_away(request, g_ptr_array_index(moved, i));
}
