// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A sender repeats an event every 20-50 ms with a growing duration and the same timestamp, and its last
// packet three times. So (SSRC, timestamp, event) names a segment; whatever was seen under a name that is no
// longer the open one is a repeat or came late, and adds nothing. An event longer than 0xffff units goes on
// in another segment whose timestamp is 0xffff later (RFC 4733 section 2.5.1.3): the same key, still held
// down.
#include "earshot/wire/telephone-event.h"

// Three intervals of the slowest usual sender (50 ms), and some jitter.
#define SILENCE_US G_GINT64_CONSTANT(200000)
#define SEGMENT_UNITS 0xffff

// FALSE for a payload of fewer than four bytes.
static gboolean parse(const guint8 *payload, gsize length, EsTelephoneEvent *event) {
  if (length < 4)
    return FALSE;
  *event = (EsTelephoneEvent){.event = payload[0],
                              .end = payload[1] >> 7,
                              .volume = payload[1] & 0x3f,
                              .duration = (guint16)(payload[2] << 8 | payload[3])};
  return TRUE;
}

char es_telephone_event_key(guint8 event) {
  static const char keys[] = "0123456789*#ABCD";
  return event < sizeof keys - 1 ? keys[event] : 0;
}

static gboolean was_seen(const EsTelephoneEventTracker *t, guint32 ssrc, guint32 timestamp, guint8 event) {
  for (guint i = 0; i < MIN(t->n_seen, ES_TELEPHONE_EVENT_MEMORY); i++)
    if (t->seen[i].ssrc == ssrc && t->seen[i].timestamp == timestamp && t->seen[i].event == event)
      return TRUE;
  return FALSE;
}

static void remember(EsTelephoneEventTracker *t, guint32 ssrc, guint32 timestamp, guint8 event) {
  guint i = t->n_seen % ES_TELEPHONE_EVENT_MEMORY;
  t->seen[i].ssrc = ssrc;
  t->seen[i].timestamp = timestamp;
  t->seen[i].event = event;
  // Stays at or above the size once the ring is full, and never overflows.
  t->n_seen = t->n_seen + 1 < 2 * ES_TELEPHONE_EVENT_MEMORY ? t->n_seen + 1 : ES_TELEPHONE_EVENT_MEMORY;
}

static void close_current(EsTelephoneEventTracker *t, EsPressedKey *ended) {
  t->open = FALSE;
  t->current.duration += t->segment_duration;
  *ended = t->current;
}

static gboolean is_next_segment(const EsTelephoneEventTracker *t, const EsRtp *rtp, guint8 event) {
  return t->open && t->current.ssrc == rtp->ssrc && t->current.event == event &&
         rtp->timestamp - t->segment_timestamp == SEGMENT_UNITS;
}

guint es_telephone_event_push(EsTelephoneEventTracker *t, const EsRtp *rtp, gint64 time_us,
                              EsPressedKey ended[2]) {
  EsTelephoneEvent e;
  guint n = 0;
  if (!parse(rtp->payload, rtp->length, &e))
    return 0;
  gboolean same = t->open && t->current.ssrc == rtp->ssrc && t->current.event == e.event &&
                  t->segment_timestamp == rtp->timestamp;
  if (!same && was_seen(t, rtp->ssrc, rtp->timestamp, e.event))
    return 0;
  if (!same) {
    if (is_next_segment(t, rtp, e.event)) {
      t->current.duration += SEGMENT_UNITS;
    } else {
      if (t->open)
        close_current(t, &ended[n++]);
      t->open = TRUE;
      t->current = (EsPressedKey){
          .ssrc = rtp->ssrc, .timestamp = rtp->timestamp, .event = e.event, .start_us = time_us};
    }
    t->segment_timestamp = rtp->timestamp;
    t->segment_duration = 0;
    remember(t, rtp->ssrc, rtp->timestamp, e.event);
  }
  t->segment_duration = MAX(t->segment_duration, e.duration);
  t->last_us = time_us;
  if (e.end)
    close_current(t, &ended[n++]);
  return n;
}

gboolean es_telephone_event_expire(EsTelephoneEventTracker *t, gint64 now_us, EsPressedKey *ended) {
  if (!t->open || now_us - t->last_us < SILENCE_US)
    return FALSE;
  close_current(t, ended);
  return TRUE;
}
