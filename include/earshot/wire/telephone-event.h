// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Telephone events (RFC 4733): keys that a party pressed, sent beside the audio.
#pragma once

#include "earshot/wire/rtp.h"

typedef struct {
  guint8 event; // 0-9, 10 *, 11 #, 12-15 A-D, 16 flash; more in the registry
  gboolean end;
  guint8 volume;    // in dBm0 with the sign dropped, 0-63
  guint16 duration; // timestamp units
} EsTelephoneEvent;

// '0'-'9', '*', '#', 'A'-'D'; 0 for events that are no keys.
char es_telephone_event_key(guint8 event);

// One event, once, when it is over.
typedef struct {
  guint32 ssrc;
  guint32 timestamp; // of its first segment
  guint8 event;
  gint64 start_us;  // arrival of its first packet
  guint32 duration; // timestamp units, all segments together
} EsPressedKey;

#define ES_TELEPHONE_EVENT_MEMORY 16

// Per direction of a call. Initialise with zeros; owns nothing.
typedef struct {
  gboolean open;
  EsPressedKey current;
  guint32 segment_timestamp;
  guint16 segment_duration;
  gint64 last_us;
  struct {
    guint32 ssrc, timestamp;
    guint8 event;
  } seen[ES_TELEPHONE_EVENT_MEMORY]; // segments that began, so that their repeats are known
  guint n_seen;                      // ever; the ring's position
} EsTelephoneEventTracker;

// Feeds one RTP packet of the event's payload type, in order of arrival. Returns how many events it ended: 0,
// 1, or 2 when it is a whole event and shows that the one before is over.
guint es_telephone_event_push(EsTelephoneEventTracker *tracker, const EsRtp *rtp, gint64 time_us,
                              EsPressedKey ended[2]);
// Ends an event whose packets stopped (several packet intervals ago). G_MAXINT64 ends any.
gboolean es_telephone_event_expire(EsTelephoneEventTracker *tracker, gint64 now_us, EsPressedKey *ended);
