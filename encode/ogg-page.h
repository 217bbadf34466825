// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One Ogg page (RFC 3533 section 6) of a file: read with its checksum verified, changed, written back. The
// parts of a file that libogg's stream layer hides (where a page lies, whether it is whole) are what
// repairing and rewriting in place need.
#pragma once

#include <glib.h>
#include <ogg/ogg.h>

#define ES_OGG_PAGE_MAX 65307 // 27 bytes of header, 255 lacing values, 255 * 255 bytes of body

typedef struct {
  gint64 offset; // in the file
  gsize length;  // of header and body
  ogg_page og;   // points into bytes, for libogg's accessors
  guint8 bytes[ES_OGG_PAGE_MAX];
} EsOggPage;

typedef enum {
  ES_OGG_PAGE_WHOLE,
  ES_OGG_PAGE_NONE,    // no page begins here: end of file, other bytes, or the file ends before the page does
  ES_OGG_PAGE_DAMAGED, // a page of plausible shape whose checksum is wrong
  ES_OGG_PAGE_ERROR,   // the file cannot be read; errno
} EsOggPageState;

EsOggPageState es_ogg_page_read(EsOggPage *page, int fd, gint64 offset);
// Recomputes the checksum and writes the page back where it was read. path is for the message.
gboolean es_ogg_page_write(EsOggPage *page, int fd, const char *path, GError **error);
// Sets the end-of-stream flag of a page that was read; its granule position stays.
void es_ogg_page_set_end(EsOggPage *page);

// pwrite() of everything, or FALSE with errno.
gboolean es_write_all(int fd, const guint8 *bytes, gsize length, gint64 offset);
