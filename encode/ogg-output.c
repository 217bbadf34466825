// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "ogg-output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define FIRST_PAGE 2
#define LAST_PAGE 4

gboolean es_ogg_output_open(EsOggOutput *out, const char *path, mode_t mode, GError **error) {
  *out = (EsOggOutput){.path = g_strdup(path), .fd = -1};
  out->serial = g_random_int();
  out->body = g_byte_array_new();
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

static guint8 *put_le(guint8 *at, guint64 value, guint bytes) {
  for (guint i = 0; i < bytes; i++)
    *at++ = (guint8)(value >> (8 * i));
  return at;
}

// RFC 3533 section 6.
static gboolean flush_page(EsOggOutput *out, gboolean end, GError **error) {
  guint8 header[27 + 255] = "OggS", *at = header + 5;
  *at++ = (guint8)((out->pages == 0 ? FIRST_PAGE : 0) | (end ? LAST_PAGE : 0));
  at = put_le(at, (guint64)out->page_granule, 8);
  at = put_le(at, out->serial, 4);
  at = put_le(at, out->pages++, 4);
  at = put_le(at, 0, 4); // the checksum
  *at++ = (guint8)out->n_lacing;
  memcpy(at, out->lacing, out->n_lacing);
  ogg_page page = {header, (long)(27 + out->n_lacing), out->body->data, (long)out->body->len};
  ogg_page_checksum_set(&page);
  gboolean written = write_page(out, &page, error);
  out->n_lacing = out->n_packets = 0;
  g_byte_array_set_size(out->body, 0);
  return written;
}

static void add_packet(EsOggOutput *out, const guint8 *bytes, gsize length, gint64 granule) {
  gsize rest = length;
  for (; rest >= 255; rest -= 255)
    out->lacing[out->n_lacing++] = 255;
  out->lacing[out->n_lacing++] = (guint8)rest;
  g_byte_array_append(out->body, bytes, (guint)length);
  out->n_packets++;
  out->page_granule = granule;
}

gboolean es_ogg_output_header(EsOggOutput *out, const guint8 *bytes, gsize length, GError **error) {
  add_packet(out, bytes, length, 0);
  gboolean written = flush_page(out, FALSE, error);
  g_byte_array_unref(out->body); // a comment header is much larger than any page of audio
  out->body = g_byte_array_new();
  return written;
}

gboolean es_ogg_output_put(EsOggOutput *out, const guint8 *bytes, gsize length, gint64 granule, gboolean end,
                           GError **error) {
  g_return_val_if_fail(length <= ES_OGG_PACKET_MAX, FALSE);
  if (out->n_lacing + length / 255 + 1 > 255 && !flush_page(out, FALSE, error))
    return FALSE;
  add_packet(out, bytes, length, granule);
  return out->n_packets < ES_OGG_PAGE_PACKETS && !end ? TRUE : flush_page(out, end, error);
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
  g_byte_array_unref(out->body);
  g_clear_pointer(&out->path, g_free);
}
