// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "siprec-rtcp.h"
#include "earshot/common/clock.h"
#include "earshot/wire/cursor.h"
#include <math.h>
#include <string.h>

#define SENDER_REPORT 200
#define RECEIVER_REPORT 201
#define DESCRIPTION 202
#define GOODBYE 203
#define CNAME 1
#define MAX_MISORDER 100
#define NAME_BYTES 64 // of a CNAME that fits any report

void es_rtcp_init(EsRtcpReceiver *receiver, guint32 ssrc) {
  *receiver = (EsRtcpReceiver){.ssrc = ssrc};
}

static EsRtcpSource *find(EsRtcpReceiver *r, guint32 ssrc) {
  for (guint i = 0; i < r->n; i++)
    if (r->sources[i].ssrc == ssrc)
      return &r->sources[i];
  return NULL;
}

static EsRtcpSource *make_room(EsRtcpReceiver *r) {
  if (r->n < ES_RTCP_SOURCES)
    return &r->sources[r->n++];
  EsRtcpSource *oldest = &r->sources[0];
  for (guint i = 1; i < r->n; i++)
    if (r->sources[i].heard_us < oldest->heard_us)
      oldest = &r->sources[i];
  return oldest;
}

// RFC 3550 A.1, without probation: a source that sent one packet is reported with one.
static void count(EsRtcpSource *s, guint16 sequence) {
  guint16 step = (guint16)(sequence - s->highest);
  if (step > 0 && step < G_MAXUINT16 - MAX_MISORDER) {
    s->cycles += sequence < s->highest ? 65536 : 0;
    s->highest = sequence;
  }
  s->received++;
}

// RFC 3550 A.8
static void measure(EsRtcpSource *s, const EsRtp *rtp, int clock_hz, gint64 now_us) {
  double arrival = fmod((double)now_us * clock_hz / (double)ES_US_PER_S, 4294967296.0);
  double transit = arrival - rtp->timestamp;
  double distance = fabs(remainder(transit - s->transit, 4294967296.0));
  s->transit = transit;
  if (s->received > 1 && distance < clock_hz) // a jump of the timestamps is no jitter
    s->jitter += (distance - s->jitter) / 16;
}

void es_rtcp_packet(EsRtcpReceiver *r, const EsRtp *rtp, int clock_hz, gint64 now_us) {
  EsRtcpSource *s = find(r, rtp->ssrc);
  if (!s) {
    s = make_room(r);
    *s = (EsRtcpSource){.ssrc = rtp->ssrc, .first = rtp->sequence, .highest = rtp->sequence};
  }
  count(s, rtp->sequence);
  measure(s, rtp, clock_hz, now_us);
  s->heard_us = now_us;
  s->news = TRUE;
}

gboolean es_rtcp_hear(EsRtcpReceiver *r, const guint8 *data, gsize length, gint64 now_us) {
  EsCursor cursor = {data, length};
  while (cursor.left) {
    const guint8 *head = es_cursor_take(&cursor, 4);
    const guint8 *body =
        head && head[0] >> 6 == 2 ? es_cursor_take(&cursor, 4 * (gsize)es_be16(head + 2)) : NULL;
    if (!body)
      return FALSE;
    EsRtcpSource *s = es_be16(head + 2) >= 6 && head[1] == SENDER_REPORT ? find(r, es_be32(body)) : NULL;
    if (s) {
      s->sender_report = es_be32(body + 6);
      s->sender_report_us = now_us;
    }
  }
  return TRUE;
}

// ---- reports

typedef struct {
  guint8 *data;
  gsize length;
} Writer;

static void put(Writer *w, guint32 value, guint bytes) {
  while (bytes-- > 0)
    w->data[w->length++] = (guint8)(value >> (8 * bytes));
}

static void put_head(Writer *w, guint count, guint type, gsize words) {
  put(w, 0x80 | count, 1);
  put(w, type, 1);
  put(w, (guint32)words - 1, 2);
}

// RFC 3550 A.3
static void put_block(Writer *w, EsRtcpSource *s, gint64 now_us) {
  guint32 highest = s->cycles + s->highest, expected = highest - s->first + 1;
  gint64 lost = CLAMP((gint64)expected - s->received, -0x800000, 0x7fffff);
  gint64 due = expected - s->expected_before, missing = due - (gint64)(s->received - s->received_before);
  gint64 waited_us = s->sender_report ? now_us - s->sender_report_us : 0;
  put(w, s->ssrc, 4);
  put(w, due > 0 && missing > 0 ? (guint32)MIN(missing * 256 / due, 255) : 0, 1);
  put(w, (guint32)lost & 0xffffff, 3);
  put(w, highest, 4);
  put(w, (guint32)s->jitter, 4);
  put(w, s->sender_report, 4);
  put(w, (guint32)(MAX(waited_us, 0) * 65536 / ES_US_PER_S), 4);
  s->expected_before = expected;
  s->received_before = s->received;
  s->news = FALSE;
}

static void put_name(Writer *w, guint32 ssrc, const char *name) {
  gsize length = MIN(strlen(name), NAME_BYTES), words = (8 + 2 + length) / 4 + 1;
  gsize end = w->length + 4 * words;
  put_head(w, 1, DESCRIPTION, words);
  put(w, ssrc, 4);
  put(w, CNAME, 1);
  put(w, (guint32)length, 1);
  memcpy(w->data + w->length, name, length);
  memset(w->data + w->length + length, 0, end - w->length - length);
  w->length = end;
}

gsize es_rtcp_report(EsRtcpReceiver *r, const char *name, gboolean bye, gint64 now_us,
                     guint8 report[ES_RTCP_MAX_BYTES]) {
  Writer w = {report, 0};
  guint n = 0;
  for (guint i = 0; i < r->n; i++)
    n += r->sources[i].news;
  put_head(&w, n, RECEIVER_REPORT, 2 + 6 * n);
  put(&w, r->ssrc, 4);
  for (guint i = 0; i < r->n; i++)
    if (r->sources[i].news)
      put_block(&w, &r->sources[i], now_us);
  put_name(&w, r->ssrc, name);
  if (bye) {
    put_head(&w, 1, GOODBYE, 2);
    put(&w, r->ssrc, 4);
  }
  return w.length;
}
