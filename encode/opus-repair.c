// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a killed run leaves is a file that ends anywhere: in a page, or at a page without the end-of-stream
// flag. What a power failure leaves may besides have a stretch of zeros at its end, and a comment header half
// old and half new. Repair cuts behind the last whole page, sets the flag there (the granule position stays)
// and empties such a comment header. Audio behind a damaged stretch is kept.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "opus-repair.h"

static gboolean empty_tags(EsOpusWalk *walk, GError **error) {
  g_autofree EsOggPage *page = g_new(EsOggPage, 1);
  if (!es_opus_read_head(walk->fd, walk->path, page, &walk->head, error))
    return FALSE;
  es_ogg_page_read(page, walk->fd, (gint64)page->length);
  g_autoptr(GByteArray) packet = es_opus_tags_pack(NULL, (gsize)page->og.body_len, error);
  if (!packet)
    return FALSE;
  memcpy(page->og.body, packet->data, packet->len);
  return es_ogg_page_write(page, walk->fd, walk->path, error);
}

static gboolean set_end(EsOpusWalk *walk, gint64 offset, GError **error) {
  if (es_ogg_page_read(&walk->page, walk->fd, offset) != ES_OGG_PAGE_WHOLE) {
    g_set_error(error, ES_ERROR, ES_ERROR_IO, _("%s: changed while it was being repaired"), walk->path);
    return FALSE;
  }
  es_ogg_page_set_end(&walk->page);
  return es_ogg_page_write(&walk->page, walk->fd, walk->path, error);
}

static gboolean cut_behind(EsOpusWalk *walk, gint64 whole, gint64 *cut_bytes, GError **error) {
  struct stat status;
  if (fstat(walk->fd, &status) < 0)
    return es_set_errno(error, errno, _("Cannot read %s"), walk->path);
  *cut_bytes = status.st_size - whole;
  if (*cut_bytes > 0 && ftruncate(walk->fd, whole) < 0)
    return es_set_errno(error, errno, _("Cannot shorten %s"), walk->path);
  return TRUE;
}

gboolean es_opus_repair_fd(int fd, const char *path, EsRepair *repair, GError **error) {
  g_autofree EsOpusWalk *walk = g_new(EsOpusWalk, 1);
  EsOpusExtent extent;
  gboolean tags_damaged;
  if (!es_opus_walk_start(walk, fd, path, &tags_damaged, error) || !es_opus_measure(walk, &extent, error))
    return FALSE;
  *repair = (EsRepair){.audio_ms = es_opus_extent_samples(&extent, &walk->head) / 48,
                       .damaged_bytes = extent.damaged_bytes,
                       .rate_hz = walk->head.rate_hz,
                       .channels = walk->head.channels};
  return cut_behind(walk, extent.whole, &repair->cut_bytes, error) &&
         (extent.ended || set_end(walk, extent.last_page, error)) &&
         (!tags_damaged || empty_tags(walk, error));
}

gboolean es_opus_repair(const char *path, EsRepair *repair, GError **error) {
  *repair = (EsRepair){0};
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot open %s"), path);
  gboolean repaired = es_opus_repair_fd(fd, path, repair, error);
  close(fd);
  return repaired;
}
