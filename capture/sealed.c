// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "sealed.h"

#define STEP 40     // bytes of 5 ms, of which packets have a whole number
#define LONGEST 960 // 120 ms
#define VOTES 3

static gboolean is_tag(gsize bytes) {
  return bytes == 4 || bytes == 10 || bytes == 16 || bytes == 8 || bytes == 14 ||
         bytes == 20; // and 4 of a name
}

// What the packet before this one was, now that its ticks are known.
static void judge(EsSealed *s, guint32 ticks) {
  if (ticks == s->length)
    s->plain = TRUE;
  else if (ticks > 0 && ticks <= LONGEST && ticks % STEP == 0 && s->length > ticks &&
           is_tag(s->length - ticks))
    s->votes++;
}

gboolean es_sealed_look(EsSealed *s, const EsRtp *rtp) {
  if (s->plain)
    return FALSE;
  if (s->started && rtp->sequence == (guint16)(s->sequence + 1) && s->votes < VOTES)
    judge(s, rtp->timestamp - s->timestamp);
  s->started = TRUE;
  s->sequence = rtp->sequence;
  s->timestamp = rtp->timestamp;
  s->length = rtp->length;
  return !s->plain && (s->votes >= VOTES || is_tag(rtp->length % STEP));
}
