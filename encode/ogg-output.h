// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// An Ogg file with one logical stream being written: packets in, whole pages out. Packets never continue on
// the next page, so every page is a place where the file may end. A page is assembled here, in as much memory
// as the largest so far took (libogg would take 28 kB for each of a thousand open files).
#pragma once

#include <sys/types.h>

#include "ogg-page.h"

#define ES_OGG_PAGE_PACKETS 20
#define ES_OGG_PACKET_MAX (255 * 255 - 1) // what one page can hold

typedef struct {
  char *path;
  int fd; // -1 once closed
  guint32 serial, pages;
  // The page being filled: its body, lacing values, packets, position at its end.
  GByteArray *body;
  guint8 lacing[255];
  guint n_lacing, n_packets;
  gint64 page_granule;
  gint64 size;      // of the file up to its last whole page
  gint64 last_page; // offset of the last page with a granule position, 0 before the first
  gint64 granule;   // of that page
  gboolean failed;  // a page could not be written: the file was cut back to size
} EsOggOutput;

// Creates path, which must not exist.
gboolean es_ogg_output_open(EsOggOutput *out, const char *path, mode_t mode, GError **error);
// A packet alone on its page, with granule position 0.
gboolean es_ogg_output_header(EsOggOutput *out, const guint8 *bytes, gsize length, GError **error);
// length is at most ES_OGG_PACKET_MAX. granule is the position at this packet's end; end marks the last
// packet of the stream.
gboolean es_ogg_output_put(EsOggOutput *out, const guint8 *bytes, gsize length, gint64 granule, gboolean end,
                           GError **error);
// After a failure: the last page that did get out ends the stream.
gboolean es_ogg_output_end_at_last_page(EsOggOutput *out, GError **error);
gboolean es_ogg_output_close(EsOggOutput *out, GError **error);
// Closes what is open and frees what is inside; also after a failed open of a zeroed struct.
void es_ogg_output_clear(EsOggOutput *out);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EsOggOutput, es_ogg_output_clear)
