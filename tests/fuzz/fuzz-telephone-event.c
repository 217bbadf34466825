// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Each eight bytes are a packet: milliseconds since the one before, SSRC and payload length, timestamp,
// payload.
#include "earshot/wire/telephone-event.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsTelephoneEventTracker tracker = {0};
  EsPressedKey ended[2];
  guint pushed = 0, count = 0;
  gint64 now_us = 0;
  for (; size >= 8; data += 8, size -= 8) {
    const EsRtp rtp = {.ssrc = data[1] & 3,
                       .timestamp = (guint32)data[2] << 16 | data[3],
                       .payload = data + 4,
                       .length = data[1] & 4 ? data[1] >> 6 : 4};
    now_us += data[0] * 1000;
    count += es_telephone_event_expire(&tracker, now_us, ended);
    count += es_telephone_event_push(&tracker, &rtp, now_us, ended);
    pushed++;
    g_assert_cmpuint(count, <=, pushed);
    es_telephone_event_key(data[4]);
  }
  count += es_telephone_event_expire(&tracker, G_MAXINT64, ended);
  g_assert_cmpuint(count, <=, pushed);
  g_assert_false(tracker.open);
  return 0;
}
