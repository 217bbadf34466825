// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Walking over the audio pages of an Ogg Opus file, damaged places included, and finding out where its audio
// begins and ends.
#pragma once

#include "opus-tags.h"

typedef struct {
  int fd;
  const char *path;
  EsOpusHead head;
  gint64 headers_end;   // where the audio pages begin
  gint64 next;          // where the next page is looked for
  gint64 damaged_bytes; // passed over so far because they were no whole page of this stream
  int serial;
  guint wrong_checksums;
  EsOggPage page; // the page found last
} EsOpusWalk;

// Reads the headers of an open file. tags_damaged: allow a comment header with a wrong checksum, say if it
// was one; NULL: refuse it.
gboolean es_opus_walk_start(EsOpusWalk *walk, int fd, const char *path, gboolean *tags_damaged,
                            GError **error);
// Goes to the next whole audio page of the stream. FALSE at the end of the file, or with *error.
gboolean es_opus_walk_next(EsOpusWalk *walk, GError **error);

typedef struct {
  gint64 start;         // granule position of the first packet's beginning; 0 but for a broadcast joined late
  gint64 end;           // granule position of the end of the audio
  gint64 last_page;     // offset of the page that ends there
  gint64 whole;         // offset behind that page
  gint64 damaged_bytes; // before it
  gboolean ended;       // that page has the end-of-stream flag
} EsOpusExtent;

// Walks to the end of the file. ES_ERROR_NOT_FOUND if there is no audio page.
gboolean es_opus_measure(EsOpusWalk *walk, EsOpusExtent *extent, GError **error);

// Samples at 48 kHz that can be played.
gint64 es_opus_extent_samples(const EsOpusExtent *extent, const EsOpusHead *head);
// Samples at 48 kHz in one packet; 0 if it is not valid.
int es_opus_packet_samples(const guint8 *bytes, gsize length);
