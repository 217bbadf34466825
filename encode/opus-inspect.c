// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The last page is looked for from the end of the file backwards: a page is at most ES_OGG_PAGE_MAX bytes, so
// a file that ends with a whole one has its beginning within that.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "opus-scan.h"

void es_opus_facts_clear(EsOpusFacts *facts) {
  g_clear_pointer(&facts->tags, g_strfreev);
}

// The page of the stream that ends the file; FALSE if there is none.
static gboolean find_last_page(EsOpusWalk *walk, gint64 size) {
  gint64 from = MAX(size - ES_OGG_PAGE_MAX, walk->headers_end);
  gsize length = size > from ? (gsize)(size - from) : 0;
  g_autofree guint8 *tail = g_malloc(length + 1);
  if (length < 27 || pread(walk->fd, tail, length, from) != (gssize)length)
    return FALSE;
  for (gsize at = length - 27 + 1; at-- > 0;) {
    if (memcmp(tail + at, "OggS", 4) != 0 ||
        es_ogg_page_read(&walk->page, walk->fd, from + (gint64)at) != ES_OGG_PAGE_WHOLE)
      continue;
    return walk->page.offset + (gint64)walk->page.length == size &&
           ogg_page_serialno(&walk->page.og) == walk->serial && ogg_page_granulepos(&walk->page.og) > 0;
  }
  return FALSE;
}

static gboolean read_facts(EsOpusWalk *walk, int fd, const char *path, EsOpusFacts *facts, GError **error) {
  struct stat status;
  if (!es_opus_walk_start(walk, fd, path, NULL, error))
    return FALSE;
  facts->tags = es_opus_tags_unpack(walk->page.og.body, (gsize)walk->page.og.body_len, error);
  if (!facts->tags)
    return FALSE;
  facts->rate_hz = walk->head.rate_hz;
  facts->channels = walk->head.channels;
  if (fstat(fd, &status) != 0)
    return es_set_errno(error, errno, "%s", path);
  if (!find_last_page(walk, status.st_size)) {
    g_set_error(error, ES_ERROR, ES_ERROR_NOT_FOUND, _("it does not end with a whole page of audio"));
    return FALSE;
  }
  EsOpusExtent extent = {.end = ogg_page_granulepos(&walk->page.og)};
  facts->audio_ms = (es_opus_extent_samples(&extent, &walk->head) + 24) / 48;
  facts->ended = ogg_page_eos(&walk->page.og) != 0;
  return TRUE;
}

gboolean es_opus_inspect(const char *path, EsOpusFacts *facts, GError **error) {
  g_autofree EsOpusWalk *walk = g_new(EsOpusWalk, 1);
  *facts = (EsOpusFacts){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot open %s"), path);
  gboolean ok = read_facts(walk, fd, path, facts, error);
  close(fd);
  if (!ok)
    es_opus_facts_clear(facts);
  return ok;
}
