// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A directory as a ZIP file. Opus does not get smaller, so it is stored as it is; the rest is deflated. Names
// are in order and times are the pack's, so the same pack gives the same bytes.
#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "pack-internal.h"
#include "pack-zip-library.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  const EsArchiveLibrary *la;
  struct archive *archive;
  const char *path; // of the ZIP file
  gint64 now_us;
} Zip;

static gboolean zip_error(const Zip *zip, GError **error) {
  int number = zip->la->archive_errno(zip->archive);
  const char *text = zip->la->archive_error_string(zip->archive);
  g_set_error(error, ES_ERROR, es_error_from_errno(number), "%s: %s", zip->path,
              text ? text : g_strerror(number));
  return FALSE;
}

static gboolean write_body(const Zip *zip, int fd, const char *file, GError **error) {
  char block[65536];
  for (;;) {
    ssize_t n = read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return es_set_errno(error, errno, "%s", file);
    if (n == 0)
      return TRUE;
    if (zip->la->archive_write_data(zip->archive, block, (size_t)n) != n)
      return zip_error(zip, error);
  }
}

static gboolean write_entry(const Zip *zip, int fd, const char *file, const char *name, GError **error) {
  struct stat info;
  if (fstat(fd, &info) < 0)
    return es_set_errno(error, errno, "%s", file);
  struct archive_entry *entry = zip->la->archive_entry_new();
  zip->la->archive_entry_set_pathname(entry, name);
  zip->la->archive_entry_set_filetype(entry, AE_IFREG);
  zip->la->archive_entry_set_perm(entry, 0644);
  zip->la->archive_entry_set_size(entry, info.st_size);
  zip->la->archive_entry_set_mtime(entry, zip->now_us / ES_US_PER_S, 0);
  if (g_str_has_suffix(name, ".opus"))
    zip->la->archive_write_zip_set_compression_store(zip->archive);
  else
    zip->la->archive_write_zip_set_compression_deflate(zip->archive);
  gboolean ok = zip->la->archive_write_header(zip->archive, entry) == ARCHIVE_OK || zip_error(zip, error);
  zip->la->archive_entry_free(entry);
  return ok && write_body(zip, fd, file, error);
}

static gboolean add_file(const Zip *zip, const char *directory, const char *name, GError **error) {
  g_autofree char *file = g_build_filename(directory, name, NULL);
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return es_set_errno(error, errno, "%s", file);
  gboolean ok = write_entry(zip, fd, file, name, error);
  close(fd);
  return ok;
}

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// Names of the files in a directory of the pack, relative to the pack, sorted.
static gboolean list_files(const char *directory, const char *sub, GPtrArray *names, GError **error) {
  g_autofree char *path = g_build_filename(directory, sub, NULL);
  g_autoptr(GDir) dir = g_dir_open(path, 0, error);
  if (!dir)
    return FALSE;
  for (const char *name; (name = g_dir_read_name(dir));) {
    g_autofree char *full = g_build_filename(path, name, NULL);
    if (g_file_test(full, G_FILE_TEST_IS_REGULAR))
      g_ptr_array_add(names, *sub ? g_build_filename(sub, name, NULL) : g_strdup(name));
  }
  return TRUE;
}

static gboolean add_all(const Zip *zip, const char *directory, GError **error) {
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  if (!list_files(directory, "", names, error) || !list_files(directory, "audio", names, error))
    return FALSE;
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (!add_file(zip, directory, names->pdata[i], error))
      return FALSE;
  return TRUE;
}

gboolean pack_zip(const char *directory, const char *zip_path, gint64 now_us, GError **error) {
  Zip zip = {.la = es_archive_library(error), .path = zip_path, .now_us = now_us};
  if (!zip.la)
    return FALSE;
  zip.archive = zip.la->archive_write_new();
  int fd = open(zip_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    zip.la->archive_write_free(zip.archive);
    return es_set_errno(error, errno, _("Cannot create %s"), zip_path);
  }
  gboolean ok = zip.la->archive_write_set_format_zip(zip.archive) == ARCHIVE_OK &&
                zip.la->archive_write_open_fd(zip.archive, fd) == ARCHIVE_OK;
  ok = ok ? add_all(&zip, directory, error) : zip_error(&zip, error);
  if (zip.la->archive_write_close(zip.archive) != ARCHIVE_OK && ok)
    ok = zip_error(&zip, error);
  zip.la->archive_write_free(zip.archive);
  if (ok && fsync(fd) < 0)
    ok = es_set_errno(error, errno, "%s", zip_path);
  close(fd);
  return ok;
}
