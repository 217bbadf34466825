// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "run-stats.h"
#include "earshot/common/i18n.h"
#include "shared-sink.h"
#include <inttypes.h>
#include <math.h>

void es_run_stats_init(EsCaptureStats *stats) {
  *stats = (EsCaptureStats){.capture_us = ES_UNKNOWN,
                            .last_packet_us = ES_UNKNOWN,
                            .last_call_us = ES_UNKNOWN,
                            .ring_fill = NAN,
                            .complexity = ES_UNKNOWN,
                            .least_complexity = ES_UNKNOWN,
                            .encode_load = NAN};
}

static gint64 lower(gint64 one, gint64 other) {
  return one == ES_UNKNOWN ? other : other == ES_UNKNOWN ? one : MIN(one, other);
}

// What is of the source of packets alone (done_bytes, the ring, reloads) is not summed.
void es_run_stats_add(EsCaptureStats *sum, const EsCaptureStats *part) {
  const struct {
    guint64 *to, value;
  } counters[] = {
      {&sum->packets, part->packets},
      {&sum->bytes, part->bytes},
      {&sum->sip, part->sip},
      {&sum->rtp, part->rtp},
      {&sum->rtcp, part->rtcp},
      {&sum->other, part->other},
      {&sum->bad, part->bad},
      {&sum->calls_open, part->calls_open},
      {&sum->calls_recorded, part->calls_recorded},
      {&sum->calls_partial, part->calls_partial},
      {&sum->calls_none, part->calls_none},
      {&sum->calls_skipped, part->calls_skipped},
      {&sum->dropped, part->dropped},
      {&sum->lost, part->lost},
      {&sum->late, part->late},
      {&sum->filled_ms, part->filled_ms},
      {&sum->calls_one_way, part->calls_one_way},
      {&sum->calls_answered, part->calls_answered},
      {&sum->recorded_bytes, part->recorded_bytes},
      {&sum->sessions_open, part->sessions_open},
      {&sum->sessions, part->sessions},
      {&sum->sessions_refused, part->sessions_refused},
      {&sum->sessions_limited, part->sessions_limited},
      {&sum->foreign, part->foreign},
      {&sum->deferred_calls, part->deferred_calls},
      {&sum->calls_waiting, part->calls_waiting},
      {&sum->calls_shed, part->calls_shed},
      {&sum->calls_unrecorded, part->calls_unrecorded},
      {&sum->encoded_packets, part->encoded_packets},
      {&sum->encoded_complexities, part->encoded_complexities},
  };
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
    *counters[i].to += counters[i].value;
  sum->complexity = lower(sum->complexity, part->complexity);
  sum->least_complexity = lower(sum->least_complexity, part->least_complexity);
  sum->encode_load = fmax(sum->encode_load, part->encode_load);
  sum->backlog_bytes = MAX(sum->backlog_bytes, part->backlog_bytes);
  sum->behind_ms = MAX(sum->behind_ms, part->behind_ms);
  sum->capture_us = MAX(sum->capture_us, part->capture_us);
  sum->last_packet_us = MAX(sum->last_packet_us, part->last_packet_us);
  sum->last_call_us = MAX(sum->last_call_us, part->last_call_us);
}

// ---- what was seen and not read

static void warn_lost_bytes(const EsCaptureStats *stats, const EsCaptureSink *sink) {
  if (stats->tcp_lost_bytes == 0)
    return;
  g_autofree char *text = g_strdup_printf(
      ngettext_("%" PRIu64 " byte of SIP over TCP was not seen; calls may be missing or incomplete",
                "%" PRIu64 " bytes of SIP over TCP were not seen; calls may be missing or incomplete",
                (gulong)stats->tcp_lost_bytes),
      stats->tcp_lost_bytes);
  es_sink_tell(sink, ES_LOG_SIP_LOST, text);
}

static void warn_unread(const EsCaptureStats *stats, const EsCaptureSink *sink) {
  if (stats->fragments) {
    g_autofree char *text = g_strdup_printf(
        ngettext_("%" PRIu64 " IP fragment was not read: the other parts of its datagram were missing",
                  "%" PRIu64 " IP fragments were not read: other parts of their datagrams were missing",
                  (gulong)stats->fragments),
        stats->fragments);
    es_sink_tell(sink, ES_LOG_FRAGMENTS, text);
  }
  if (stats->undecoded_link) {
    g_autofree char *text = g_strdup_printf(ngettext_("%" PRIu64 " packet has a link type that is not read",
                                                      "%" PRIu64 " packets have a link type that is not read",
                                                      (gulong)stats->undecoded_link),
                                            stats->undecoded_link);
    es_sink_tell(sink, ES_LOG_LINK_UNREAD, text);
  }
}

static void warn_stray(const EsCaptureStats *stats, const EsCaptureSink *sink) {
  gulong n = (gulong)stats->stray_streams;
  g_autofree char *text = g_strdup_printf(
      ngettext_("%lu RTP stream belongs to no call that was seen and was not recorded; rtp_only in "
                "earshot.conf makes calls of such streams",
                "%lu RTP streams belong to no call that was seen and were not recorded; rtp_only in "
                "earshot.conf makes calls of such streams",
                n),
      n);
  if (n)
    es_sink_tell(sink, ES_LOG_STREAMS_STRAY, text);
}

void es_run_stats_warn(const EsCaptureStats *stats, const EsCaptureSink *sink) {
  warn_lost_bytes(stats, sink);
  warn_unread(stats, sink);
  warn_stray(stats, sink);
}
