// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Where no whole page of the stream begins, the walk looks on for the next place that says "OggS" and whose
// checksum is right: what a disk lost in the middle does not cost what comes behind it. A file made of fake
// page beginnings would make that slow (each is up to 65 kB of checksum), hence the cap on wrong checksums.
#include "opus-scan.h"

#include <errno.h>
#include <opus/opus.h>
#include <string.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"

#define WRONG_CHECKSUMS_MAX 4096

static gboolean read_failed(const EsOpusWalk *walk, GError **error) {
  return es_set_errno(error, errno, _("Cannot read %s"), walk->path);
}

static gboolean is_audio(EsOpusWalk *walk) {
  return ogg_page_serialno(&walk->page.og) == walk->serial && !ogg_page_bos(&walk->page.og);
}

// A comment header torn by a power failure: it begins as it should, and the next page where its lacing values
// say, so that they can be trusted.
static gboolean is_torn_tags_page(EsOpusWalk *walk, gint64 offset) {
  if (es_ogg_page_read(&walk->page, walk->fd, offset) != ES_OGG_PAGE_DAMAGED || !is_audio(walk) ||
      !es_opus_is_tags_page(&walk->page))
    return FALSE;
  gint64 behind = offset + (gint64)walk->page.length;
  return es_ogg_page_read(&walk->page, walk->fd, behind) == ES_OGG_PAGE_WHOLE && is_audio(walk);
}

gboolean es_opus_walk_start(EsOpusWalk *walk, int fd, const char *path, gboolean *tags_damaged,
                            GError **error) {
  *walk = (EsOpusWalk){.fd = fd, .path = path};
  if (!es_opus_read_head(fd, path, &walk->page, &walk->head, error))
    return FALSE;
  walk->serial = ogg_page_serialno(&walk->page.og);
  gint64 head_length = (gint64)walk->page.length;
  gboolean torn = tags_damaged && is_torn_tags_page(walk, head_length);
  if (tags_damaged)
    *tags_damaged = torn;
  if (!torn && !es_opus_read_headers(fd, path, &walk->page, &walk->head, error))
    return FALSE;
  walk->headers_end = torn ? walk->page.offset : walk->page.offset + (gint64)walk->page.length;
  walk->next = walk->headers_end;
  return TRUE;
}

// Offset of the next "OggS" at or after from, -1 at the end of the file, -2 when it cannot be read.
static gint64 find_capture(int fd, gint64 from) {
  guint8 block[16384];
  for (;;) {
    gssize n = pread(fd, block, sizeof block, from);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -2;
    if (n < 4)
      return -1;
    const guint8 *hit = memmem(block, (gsize)n, "OggS", 4);
    if (hit)
      return from + (hit - block);
    from += n - 3;
  }
}

gboolean es_opus_walk_next(EsOpusWalk *walk, GError **error) {
  gint64 from = walk->next, at = from;
  for (;;) {
    EsOggPageState state = es_ogg_page_read(&walk->page, walk->fd, at);
    if (state == ES_OGG_PAGE_ERROR)
      return read_failed(walk, error);
    if (state == ES_OGG_PAGE_WHOLE && is_audio(walk))
      break;
    if (state == ES_OGG_PAGE_DAMAGED && ++walk->wrong_checksums > WRONG_CHECKSUMS_MAX)
      return FALSE;
    at = find_capture(walk->fd, at + 1);
    if (at == -2)
      return read_failed(walk, error);
    if (at < 0)
      return FALSE;
  }
  walk->damaged_bytes += at - from;
  walk->next = at + (gint64)walk->page.length;
  return TRUE;
}

int es_opus_packet_samples(const guint8 *bytes, gsize length) {
  if (length < 1)
    return 0;
  int frames = opus_packet_get_nb_frames(bytes, (opus_int32)MIN(length, G_MAXINT32));
  int samples = frames * opus_packet_get_samples_per_frame(bytes, 48000);
  return frames > 0 && samples <= 5760 ? samples : 0;
}

// Length of the packets that are complete on the page, by their first bytes.
static gint64 page_samples(const EsOggPage *page) {
  const guint8 *lacing = page->bytes + 27, *body = page->og.body;
  gint64 samples = 0;
  gsize at = 0, begin = 0;
  for (guint i = 0; i < page->bytes[26]; i++) {
    at += lacing[i];
    if (lacing[i] == 255)
      continue;
    samples += es_opus_packet_samples(body + begin, at - begin);
    begin = at;
  }
  return samples;
}

// The file may end here: the page has a position and no packet goes on behind it.
static gboolean may_end(EsOggPage *page) {
  guint segments = page->bytes[26];
  return ogg_page_granulepos(&page->og) > 0 && segments > 0 && page->bytes[26 + segments] < 255;
}

gboolean es_opus_measure(EsOpusWalk *walk, EsOpusExtent *extent, GError **error) {
  g_autoptr(GError) problem = NULL;
  gboolean found = FALSE;
  *extent = (EsOpusExtent){0};
  while (es_opus_walk_next(walk, &problem)) {
    if (!may_end(&walk->page))
      continue;
    gint64 granule = ogg_page_granulepos(&walk->page.og);
    gboolean end = ogg_page_eos(&walk->page.og) != 0;
    if (!found && !end && walk->damaged_bytes == 0)
      extent->start = MAX(granule - page_samples(&walk->page), 0);
    found = TRUE;
    *extent = (EsOpusExtent){extent->start, granule, walk->page.offset, walk->next, walk->damaged_bytes, end};
  }
  if (problem) {
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
  }
  if (!found)
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("%s: no audio in it"), walk->path);
  return found;
}

gint64 es_opus_extent_samples(const EsOpusExtent *extent, const EsOpusHead *head) {
  return MAX(extent->end - extent->start - head->pre_skip, 0);
}
