// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The receiver's side of RTCP (RFC 3550 sections 6 and A): what is heard of each source, and the reports that
// tell it of how it arrives. Plain data, initialised by es_rtcp_init; owns nothing.
#pragma once

#include "earshot/wire/rtp.h"

#define ES_RTCP_SOURCES 8             // of one m-line; the one that was silent longest makes room
#define ES_RTCP_MAX_BYTES 320         // of a report
#define ES_RTCP_NTP_EPOCH 2208988800U // seconds from 1900 to 1970

typedef struct {
  guint32 ssrc;
  guint16 first, highest;
  guint32 cycles; // of sequence numbers, each 65536
  guint32 received;
  guint32 expected_before, received_before; // at the last report
  double jitter;                            // timestamp units
  double transit;                           // of the latest packet, timestamp units
  gint64 heard_us;                          // latest packet
  gboolean news;                            // since the last report
  guint32 sender_report;                    // middle of the NTP time of its latest report; 0 before the first
  gint64 sender_report_us;                  // when that arrived
} EsRtcpSource;

typedef struct {
  guint32 ssrc; // our own
  guint n;
  EsRtcpSource sources[ES_RTCP_SOURCES];
} EsRtcpReceiver;

void es_rtcp_init(EsRtcpReceiver *receiver, guint32 ssrc);
void es_rtcp_packet(EsRtcpReceiver *receiver, const EsRtp *rtp, int clock_hz, gint64 now_us);
// A compound packet that arrived. FALSE if it is malformed; what stood before the fault counts.
gboolean es_rtcp_hear(EsRtcpReceiver *receiver, const guint8 *data, gsize length, gint64 now_us);
// A receiver report with the sources heard since the last one and our name, in the end with a BYE. Returns
// its length.
gsize es_rtcp_report(EsRtcpReceiver *receiver, const char *name, gboolean bye, gint64 now_us,
                     guint8 report[ES_RTCP_MAX_BYTES]);
