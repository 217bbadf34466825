// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Positions are granule positions of the source, 48 kHz samples with its pre-skip. Copying begins with the
// packet in which the 80 ms before the cut begin; what lies before the cut becomes the copy's pre-skip, which
// players decode and do not play, so that the decoder has settled when it is heard. The end is trimmed by the
// granule position of the last page. The identification header is the source's but for the pre-skip.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "earshot/common/clock.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/encode/file.h"
#include "ogg-output.h"
#include "opus-scan.h"

#define PRE_ROLL 3840 // RFC 7845 section 4.6
#define PRE_SKIP_AT 10

typedef struct {
  EsOpusWalk walk;
  ogg_stream_state in;
  EsOggOutput out;
  guint8 head[64];
  gsize head_length;
  const char *const *tags;
  gint64 first, last; // what shall be heard: [first, last)
  gint64 begin;       // of the first packet copied, -1 before it
  gint64 at;          // end of the packet read last
  gboolean done;
} Cut;

static gboolean write_headers(Cut *cut, GError **error) {
  gint64 pre_skip = CLAMP(cut->first - cut->begin, 0, G_MAXUINT16);
  cut->head[PRE_SKIP_AT] = (guint8)pre_skip;
  cut->head[PRE_SKIP_AT + 1] = (guint8)(pre_skip >> 8);
  g_autoptr(GByteArray) tags = es_opus_tags_pack(cut->tags, 0, error);
  return tags && es_ogg_output_header(&cut->out, cut->head, cut->head_length, error) &&
         es_ogg_output_header(&cut->out, tags->data, tags->len, error);
}

static gboolean copy_packet(Cut *cut, const ogg_packet *packet, GError **error) {
  gint64 begin = cut->at;
  cut->at += es_opus_packet_samples(packet->packet, (gsize)packet->bytes);
  if (cut->at <= cut->first - PRE_ROLL || packet->bytes > ES_OGG_PACKET_MAX || cut->at == begin)
    return TRUE;
  if (cut->begin < 0) {
    if (begin >= cut->last) {
      g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the audio of this stretch is missing"),
                  cut->walk.path);
      return FALSE;
    }
    cut->begin = begin;
    if (!write_headers(cut, error))
      return FALSE;
  }
  cut->done = cut->at >= cut->last;
  gint64 granule = MIN(cut->at, cut->last) - cut->begin;
  return es_ogg_output_put(&cut->out, packet->packet, (gsize)packet->bytes, granule, cut->done, error);
}

// Where the page's first packet begins. A page that trims the stream's end does not tell, unless audio is
// missing before it.
static gint64 page_begin(Cut *cut, gint64 samples) {
  gint64 granule = ogg_page_granulepos(&cut->walk.page.og);
  return granule < 0 ? cut->at : MAX(cut->at, granule - samples);
}

static gboolean copy_page(Cut *cut, GError **error) {
  ogg_packet packets[256];
  guint n = 0;
  gint64 samples = 0;
  if (ogg_stream_pagein(&cut->in, &cut->walk.page.og) != 0)
    return TRUE;
  for (int got; n < G_N_ELEMENTS(packets) && (got = ogg_stream_packetout(&cut->in, &packets[n])) != 0;) {
    if (got < 0) // audio is missing before the packet
      continue;
    samples += es_opus_packet_samples(packets[n].packet, (gsize)packets[n].bytes);
    n++;
  }
  cut->at = page_begin(cut, samples);
  for (guint i = 0; i < n && !cut->done; i++)
    if (!copy_packet(cut, &packets[i], error))
      return FALSE;
  return TRUE;
}

static gboolean copy_pages(Cut *cut, const EsOpusExtent *extent, GError **error) {
  g_autoptr(GError) problem = NULL;
  cut->walk.next = cut->walk.headers_end;
  cut->at = extent->start;
  while (!cut->done && es_opus_walk_next(&cut->walk, &problem))
    if (!copy_page(cut, &problem))
      break;
  if (problem) {
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
  }
  if (!cut->done)
    g_set_error(error, ES_ERROR, ES_ERROR_CORRUPT, _("%s: the audio ends before the cut does"),
                cut->walk.path);
  return cut->done;
}

static gboolean keep_head(Cut *cut, GError **error) {
  if (es_ogg_page_read(&cut->walk.page, cut->walk.fd, 0) != ES_OGG_PAGE_WHOLE ||
      (gsize)cut->walk.page.og.body_len > sizeof cut->head) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID, _("%s: not an Ogg Opus file"), cut->walk.path);
    return FALSE;
  }
  cut->head_length = (gsize)cut->walk.page.og.body_len;
  memcpy(cut->head, cut->walk.page.og.body, cut->head_length);
  return TRUE;
}

// Turns milliseconds of audio into positions of the source.
static gboolean place(Cut *cut, const EsOpusExtent *extent, gint64 start_ms, gint64 end_ms, GError **error) {
  gint64 length = es_opus_extent_samples(extent, &cut->walk.head);
  gint64 from = CLAMP(start_ms, 0, length) * 48;
  gint64 to = end_ms == ES_UNKNOWN ? length : MIN(CLAMP(end_ms, 0, length) * 48, length);
  if (from >= to) {
    g_set_error(error, ES_ERROR, ES_ERROR_INVALID,
                _("%s: nothing between %" PRId64 " and %" PRId64 " ms, it is %" PRId64 " ms long"),
                cut->walk.path, start_ms, end_ms, length / 48);
    return FALSE;
  }
  cut->first = extent->start + cut->walk.head.pre_skip + from;
  cut->last = extent->start + cut->walk.head.pre_skip + to;
  return TRUE;
}

static gboolean copy_to(Cut *cut, const EsOpusExtent *extent, const char *output, GError **error) {
  if (!es_ogg_output_open(&cut->out, output, 0666, error))
    return FALSE;
  ogg_stream_init(&cut->in, cut->walk.serial);
  gboolean copied = copy_pages(cut, extent, error) && es_ogg_output_close(&cut->out, error);
  ogg_stream_clear(&cut->in);
  if (!copied)
    unlink(output); // made here, and not whole
  return copied;
}

gboolean es_opus_cut(const char *recording, const char *output, gint64 start_ms, gint64 end_ms,
                     const char *const *tags, GError **error) {
  int fd = open(recording, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return es_set_errno(error, errno, _("Cannot open %s"), recording);
  Cut *cut = g_new0(Cut, 1);
  EsOpusExtent extent;
  cut->tags = tags;
  cut->begin = -1;
  gboolean done = es_opus_walk_start(&cut->walk, fd, recording, NULL, error) &&
                  es_opus_measure(&cut->walk, &extent, error) &&
                  place(cut, &extent, start_ms, end_ms, error) && keep_head(cut, error) &&
                  copy_to(cut, &extent, output, error);
  es_ogg_output_clear(&cut->out);
  g_free(cut);
  close(fd);
  return done;
}
