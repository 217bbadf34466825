// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// RTCP and RTP of a recording client: whatever came, the report about it is well-formed and fits its buffer.
#include "fuzz.h"
#include "siprec-rtcp.h"

#include "earshot/wire/cursor.h"

#define RECORD 32

static void take(EsRtcpReceiver *receiver, const guint8 *data, gsize length, gint64 now_us) {
  EsRtp rtp;
  es_rtcp_hear(receiver, data, length, now_us);
  if (es_rtp_parse(data, length, &rtp))
    es_rtcp_packet(receiver, &rtp, 8000, now_us);
}

static void check_report(EsRtcpReceiver *receiver, gboolean bye, gint64 now_us) {
  guint8 report[ES_RTCP_MAX_BYTES];
  gsize length = es_rtcp_report(receiver, "earshot", bye, now_us, report);
  EsRtcpReceiver other;
  g_assert_cmpuint(length, <=, sizeof report);
  g_assert_cmpuint(length % 4, ==, 0);
  es_rtcp_init(&other, 1);
  g_assert_true(es_rtcp_hear(&other, report, length, now_us));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsRtcpReceiver receiver;
  gint64 now_us = 0;
  es_rtcp_init(&receiver, 7);
  while (size > 0) {
    gsize length = MIN(size, (gsize)1 + data[0] % RECORD);
    now_us += data[length / 2] * 1000;
    take(&receiver, data, length, now_us);
    data += length;
    size -= length;
  }
  check_report(&receiver, FALSE, now_us);
  check_report(&receiver, TRUE, now_us + 5000000);
  return 0;
}
