// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// RIFF and AIFF: the chunk with the samples says its length; a recorder that was killed leaves 0 there, a
// file that was cut holds less. Programs that write into a pipe put a length near the largest: that is no
// promise. Ogg: the last page carries the end-of-stream flag and ends where the file ends.
#include "sound-check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "earshot/common/i18n.h"
#include "ogg-page.h"

#define CHUNKS_MAX 1000
#define PIPE_LENGTH 0x7fff0000u // and above
#define SLACK 64u               // writers disagree about padding and the last block
#define OGG_TAIL (2 * 65307)    // two pages

static guint32 get_u32(const guint8 *at, gboolean big) {
  guint32 value;
  memcpy(&value, at, sizeof value);
  return big ? GUINT32_FROM_BE(value) : GUINT32_FROM_LE(value);
}

// Finds the chunk called name: the offset of its length, 0 if there is none. *rest: what the file holds
// behind it.
static gint64 find_chunk(int fd, gint64 size, const char *name, gboolean big, guint32 *length, gint64 *rest) {
  guint8 head[8];
  gint64 at = 12;
  for (int i = 0; i < CHUNKS_MAX && pread(fd, head, sizeof head, at) == (ssize_t)sizeof head; i++) {
    *length = get_u32(head + 4, big);
    *rest = size - at - (gint64)sizeof head;
    if (memcmp(head, name, 4) == 0)
      return at + 4;
    at += (gint64)sizeof head + *length + (*length & 1);
  }
  return 0;
}

static const char *check_chunks(int fd, gint64 size, const char *name, gboolean big) {
  guint32 length;
  gint64 rest;
  if (!find_chunk(fd, size, name, big, &length, &rest))
    return NULL;
  if (length == 0 && rest > 0)
    return N_("the original was not closed");
  return length < PIPE_LENGTH && rest + SLACK < length ? N_("the original is cut off") : NULL;
}

gint64 es_sound_open_length(int fd, guint32 *length) {
  struct stat status;
  char magic[4];
  gint64 rest;
  if (fstat(fd, &status) != 0 || pread(fd, magic, sizeof magic, 0) != (ssize_t)sizeof magic ||
      memcmp(magic, "RIFF", sizeof magic) != 0)
    return 0;
  gint64 at = find_chunk(fd, status.st_size, "data", FALSE, length, &rest);
  if (at == 0 || *length != 0 || rest <= 0)
    return 0;
  *length = (guint32)MIN(rest, PIPE_LENGTH);
  return at;
}

static const char *check_ogg(int fd, gint64 size) {
  gint64 from = MAX(size - OGG_TAIL, 0);
  g_autofree guint8 *tail = g_malloc(OGG_TAIL);
  gssize length = pread(fd, tail, OGG_TAIL, from);
  for (gssize at = length - 27; at >= 0; at--) {
    if (memcmp(tail + at, "OggS", 4) != 0)
      continue;
    g_autofree EsOggPage *page = g_new(EsOggPage, 1);
    if (es_ogg_page_read(page, fd, from + at) != ES_OGG_PAGE_WHOLE || !ogg_page_eos(&page->og))
      return N_("the original is cut off");
    return NULL;
  }
  return N_("the original is damaged");
}

const char *es_sound_check(int fd, EsSoundContainer container) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return NULL;
  switch (container) {
  case ES_SOUND_RIFF:
    return check_chunks(fd, status.st_size, "data", FALSE);
  case ES_SOUND_AIFF:
    return check_chunks(fd, status.st_size, "SSND", TRUE);
  case ES_SOUND_OGG:
    return check_ogg(fd, status.st_size);
  case ES_SOUND_OTHER:
    break;
  }
  return NULL;
}
