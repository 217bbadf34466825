// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/encode/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "earshot/common/descriptors.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "opus-tags.h"

char **es_opus_read_tags(const char *path, GError **error) {
  g_autofree EsOggPage *page = g_new(EsOggPage, 1);
  EsOpusHead head;
  int fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) {
    es_set_errno(error, errno, _("Cannot open %s"), path);
    return NULL;
  }
  gboolean read = es_opus_read_headers(fd, path, page, &head, error);
  es_descriptors_close(fd);
  if (!read)
    return NULL;
  char **tags = es_opus_tags_unpack(page->og.body, (gsize)page->og.body_len, error);
  if (!tags)
    g_prefix_error(error, "%s: ", path);
  return tags;
}

gboolean es_opus_write_tags(const char *path, const char *const *tags, GError **error) {
  int fd = es_descriptors_open(path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot open %s"), path);
  gboolean written = es_opus_rewrite_tags(fd, path, tags, error);
  es_descriptors_close(fd);
  return written;
}

gboolean es_flush_directory(const char *directory, GError **error) {
  int fd = es_descriptors_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot open %s"), directory);
  int result = syncfs(fd), saved_errno = errno;
  es_descriptors_close(fd);
  return result == 0 || es_set_errno(error, saved_errno, _("Cannot flush %s"), directory);
}

static gboolean hash_file(GChecksum *checksum, int fd) {
  guint8 block[32768];
  for (;;) {
    gssize n = read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    g_checksum_update(checksum, block, n);
  }
}

char *es_file_sha256(const char *path, GError **error) {
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  int fd = es_descriptors_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) {
    es_set_errno(error, errno, _("Cannot open %s"), path);
    return NULL;
  }
  gboolean hashed = hash_file(checksum, fd);
  int saved_errno = errno;
  es_descriptors_close(fd);
  if (!hashed) {
    es_set_errno(error, saved_errno, _("Cannot read %s"), path);
    return NULL;
  }
  return g_strdup(g_checksum_get_string(checksum));
}
