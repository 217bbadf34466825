// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "ogg-output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

gboolean es_ogg_output_open(EsOggOutput *out, const char *path, mode_t mode, GError **error) {
  *out = (EsOggOutput){.path = g_strdup(path), .fd = -1};
  ogg_stream_init(&out->ogg, (int)g_random_int());
  out->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (out->fd < 0)
    return es_set_errno(error, errno, _("Cannot create %s"), path);
  return TRUE;
}

// One system call; after a short write once more in parts, which tells why.
static gboolean write_at(int fd, const ogg_page *page, gint64 offset) {
  struct iovec parts[] = {{page->header, (size_t)page->header_len}, {page->body, (size_t)page->body_len}};
  return pwritev(fd, parts, 2, offset) == page->header_len + page->body_len ||
         (es_write_all(fd, page->header, (gsize)page->header_len, offset) &&
          es_write_all(fd, page->body, (gsize)page->body_len, offset + page->header_len));
}

// Everything of a page or nothing: a part of one would only have to be cut off by a repair.
static gboolean write_page(EsOggOutput *out, const ogg_page *page, GError **error) {
  if (!write_at(out->fd, page, out->size)) {
    int saved_errno = errno;
    out->failed = TRUE;
    if (ftruncate(out->fd, out->size) < 0)
      g_debug("%s: cannot cut off an unfinished page", out->path);
    return es_set_errno(error, saved_errno, _("Cannot write %s"), out->path);
  }
  gint64 granule = ogg_page_granulepos(page);
  if (granule > 0) {
    out->last_page = out->size;
    out->granule = granule;
  }
  out->size += page->header_len + page->body_len;
  return TRUE;
}

static gboolean flush_pages(EsOggOutput *out, GError **error) {
  ogg_page page;
  out->page_packets = out->page_segments = 0;
  while (ogg_stream_flush(&out->ogg, &page))
    if (!write_page(out, &page, error))
      return FALSE;
  return TRUE;
}

static gboolean packet_in(EsOggOutput *out, ogg_packet *packet, GError **error) {
  if (ogg_stream_packetin(&out->ogg, packet) == 0)
    return TRUE;
  out->failed = TRUE;
  g_set_error(error, ES_ERROR, ES_ERROR_FAILED, _("%s: out of memory"), out->path);
  return FALSE;
}

gboolean es_ogg_output_header(EsOggOutput *out, const guint8 *bytes, gsize length, GError **error) {
  ogg_packet packet = {(guint8 *)bytes, (long)length, out->size == 0, 0, 0, 0};
  return packet_in(out, &packet, error) && flush_pages(out, error);
}

gboolean es_ogg_output_put(EsOggOutput *out, const guint8 *bytes, gsize length, gint64 granule, gboolean end,
                           GError **error) {
  guint segments = (guint)(length / 255 + 1);
  if (out->page_segments + segments > 255 && !flush_pages(out, error))
    return FALSE;
  ogg_packet packet = {(guint8 *)bytes, (long)length, 0, end, granule, 0};
  if (!packet_in(out, &packet, error))
    return FALSE;
  out->page_packets++;
  out->page_segments += segments;
  return out->page_packets < ES_OGG_PAGE_PACKETS && !end ? TRUE : flush_pages(out, error);
}

gboolean es_ogg_output_end_at_last_page(EsOggOutput *out, GError **error) {
  g_autofree EsOggPage *page = g_new(EsOggPage, 1);
  if (out->last_page == 0)
    return TRUE;
  if (es_ogg_page_read(page, out->fd, out->last_page) != ES_OGG_PAGE_WHOLE) {
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the last page cannot be read back"), out->path);
    return FALSE;
  }
  es_ogg_page_set_end(page);
  return es_ogg_page_write(page, out->fd, out->path, error);
}

gboolean es_ogg_output_close(EsOggOutput *out, GError **error) {
  int fd = out->fd;
  out->fd = -1;
  if (close(fd) < 0)
    return es_set_errno(error, errno, _("Cannot close %s"), out->path);
  return TRUE;
}

void es_ogg_output_clear(EsOggOutput *out) {
  if (!out->path)
    return;
  if (out->fd >= 0)
    close(out->fd);
  ogg_stream_clear(&out->ogg);
  g_clear_pointer(&out->path, g_free);
}
