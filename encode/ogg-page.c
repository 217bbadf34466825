// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A page is "OggS", version 0, flags, granule position, serial, sequence, checksum, number of lacing values,
// lacing values, body. Its length follows from the lacing values alone, so nothing of a page is trusted
// before its checksum has been compared.
#include "ogg-page.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/read-at.h"

#define FIXED_HEADER 27
#define FLAGS_AT 5
#define CHECKSUM_AT 22
#define SEGMENTS_AT 26
#define END_OF_STREAM 4

static gboolean checksum_is_right(EsOggPage *page) {
  guint8 stored[4];
  memcpy(stored, page->bytes + CHECKSUM_AT, sizeof stored);
  ogg_page_checksum_set(&page->og);
  gboolean right = memcmp(stored, page->bytes + CHECKSUM_AT, sizeof stored) == 0;
  memcpy(page->bytes + CHECKSUM_AT, stored, sizeof stored);
  return right;
}

EsOggPageState es_ogg_page_read(EsOggPage *page, int fd, gint64 offset) {
  gssize there = es_read_at(fd, page->bytes, FIXED_HEADER + 255, (guint64)offset);
  if (there < 0)
    return ES_OGG_PAGE_ERROR;
  if (there < FIXED_HEADER || memcmp(page->bytes, "OggS\0", 5) != 0)
    return ES_OGG_PAGE_NONE;
  gsize segments = page->bytes[SEGMENTS_AT];
  gsize header = FIXED_HEADER + segments;
  if ((gsize)there < header)
    return ES_OGG_PAGE_NONE;
  gsize body = 0;
  for (gsize i = 0; i < segments; i++)
    body += page->bytes[FIXED_HEADER + i];
  gssize got = es_read_at(fd, page->bytes + header, body, (guint64)offset + header);
  if (got < 0)
    return ES_OGG_PAGE_ERROR;
  if ((gsize)got < body)
    return ES_OGG_PAGE_NONE;
  page->offset = offset;
  page->length = header + body;
  page->og = (ogg_page){page->bytes, (long)header, page->bytes + header, (long)body};
  return checksum_is_right(page) ? ES_OGG_PAGE_WHOLE : ES_OGG_PAGE_DAMAGED;
}

void es_ogg_page_set_end(EsOggPage *page) {
  page->bytes[FLAGS_AT] |= END_OF_STREAM;
}

gboolean es_ogg_page_write(EsOggPage *page, int fd, const char *path, GError **error) {
  ogg_page_checksum_set(&page->og);
  if (!es_write_all(fd, page->bytes, page->length, page->offset))
    return es_set_errno(error, errno, _("Cannot write %s"), path);
  return TRUE;
}

gboolean es_write_all(int fd, const guint8 *bytes, gsize length, gint64 offset) {
  gsize done = 0;
  while (done < length) {
    gssize n = pwrite(fd, bytes + done, length - done, offset + (gint64)done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    done += (gsize)n;
  }
  return TRUE;
}
