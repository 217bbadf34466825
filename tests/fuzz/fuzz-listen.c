// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The look at the traffic: an input is frames, each after its link type (one byte), how much of it was
// captured (one byte, 255 all) and its length (two bytes). Each packet is counted once and no part is larger
// than the whole.
#include <pcap/dlt.h>

#include "fuzz.h"
#include "listen-private.h"

typedef struct {
  EsPacketSource base;
  const guint8 *at;
  gsize left;
  guint8 *frame; // as long as it is, so that reading past its end is noticed
  gint64 time_us;
} Frames;

static EsSourceStatus next(EsPacketSource *source, EsPacket *packet, GError **error) {
  static const int types[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP, DLT_RAW, 147};
  Frames *self = (Frames *)source;
  if (self->left < 4)
    return ES_SOURCE_END;
  const guint8 *head = self->at;
  gsize length = MIN((gsize)(head[2] << 8 | head[3]), self->left - 4);
  gsize captured = head[1] == 255 ? length : MIN(length, head[1]);
  g_free(self->frame);
  self->frame = g_memdup2(head + 4, captured);
  self->at += 4 + length;
  self->left -= 4 + length;
  self->time_us += 20000;
  *packet = (EsPacket){self->time_us, types[head[0] % G_N_ELEMENTS(types)], self->frame, (guint32)captured,
                       (guint32)length};
  return ES_SOURCE_PACKET;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static const EsPacketSourceClass klass = {.next = next};
  const EsListenOptions options = {0};
  EsListenResult r;
  Frames frames = {.base = {.klass = &klass}, .at = data, .left = size, .time_us = 1000000};
  g_assert_true(es_listen_source(&frames.base, &options, &r, NULL));
  g_free(frames.frame);
  g_assert_cmpuint(r.sip + r.rtp + r.rtcp + r.dtls + r.stun + r.other_udp + r.other, ==, r.packets);
  g_assert_cmpuint(r.copies, <=, r.packets);
  g_assert_cmpuint(r.one_way, <=, r.with_media);
  g_assert_cmpuint(r.with_media, <=, r.answered);
  g_assert_cmpuint(r.answered, <=, r.calls);
  g_assert_cmpuint(r.unknown_one_way, <=, r.streams_unknown);
  g_assert_cmpuint(r.streams_unknown, <=, r.streams);
  return 0;
}
