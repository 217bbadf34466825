// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Read as RFC 6716 has it, since libopus conceals without a word where a packet carries nothing (and tells
// whether it does only since 1.5). The first frame counts, since it alone repeats another packet:
//
//   its mode (section 3.1)    CELT has no redundancy; SILK frames are 10, 20, 40 or 60 ms
//   header bits (4.2.3)       for each channel: a bit of voice activity for each 20 ms, then one for
//   redundancy;
//                             the first symbols of the range coder, evenly likely, so they are the first bits
//   flags (4.2.4)             where a frame is longer than 20 ms: which of its parts are repeated, one symbol
//
// A stereo packet's first channel is the mid one, from which mono is made.
#include "opus-redundancy.h"

#include <opus/opus.h>

#define FIRST_CELT 16 // configurations from here on
#define FIRST_HYBRID 12

typedef struct {
  const guint8 *bytes;
  gsize at, length;
  guint32 value, range;
  guint last; // byte read before, whose lowest bit is still to be used
} RangeDecoder;

static guint next_byte(RangeDecoder *d) {
  return d->at < d->length ? d->bytes[d->at++] : 0;
}

// Section 4.1.2.1
static void normalise(RangeDecoder *d) {
  while (d->range <= 1u << 23) {
    guint before = d->last;
    d->last = next_byte(d);
    d->range <<= 8;
    d->value = ((d->value << 8) + (255 - ((before << 7 | d->last >> 1) & 255))) & 0x7fffffff;
  }
}

// Section 4.1.1
static void start(RangeDecoder *d, const guint8 *bytes, gsize length) {
  *d = (RangeDecoder){.bytes = bytes, .length = length, .range = 128};
  d->last = next_byte(d);
  d->value = 127 - (d->last >> 1);
  normalise(d);
}

static void skip_bit(RangeDecoder *d) {
  guint32 half = d->range >> 1;
  if (d->value >= half) {
    d->value -= half;
    d->range -= half;
  } else {
    d->range = half;
  }
  normalise(d);
}

// One symbol; above[k] is how likely more than k is, in 256ths, the last 0.
static guint read_symbol(RangeDecoder *d, const guint8 *above) {
  guint32 part = d->range >> 8;
  guint symbol = 0;
  while (d->value < part * above[symbol])
    symbol++;
  return symbol;
}

// Which parts of 20 ms are repeated, the earliest in the lowest bit.
static guint read_flags(const guint8 *frame, gsize length, guint parts, guint channels) {
  static const guint8 above_2[] = {203, 150, 0}, above_3[] = {215, 195, 166, 125, 110, 82, 0};
  RangeDecoder decoder;
  start(&decoder, frame, length);
  for (guint i = 0; i < channels * (parts + 1); i++)
    skip_bit(&decoder);
  return read_symbol(&decoder, parts == 2 ? above_2 : above_3) + 1;
}

static int silk_frame_ms(guint configuration) {
  static const int lengths_ms[] = {10, 20, 40, 60};
  return configuration < FIRST_HYBRID ? lengths_ms[configuration & 3] : lengths_ms[configuration & 1];
}

gboolean es_opus_redundancy(const guint8 *packet, gsize length, EsOpusRedundancy *redundancy) {
  const guint8 *frames[48];
  opus_int16 sizes[48];
  if (length == 0 || length > G_MAXINT16 || packet[0] >> 3 >= FIRST_CELT ||
      opus_packet_parse(packet, (opus_int32)length, NULL, frames, sizes, NULL) < 1 || sizes[0] < 1)
    return FALSE;
  redundancy->frame_ms = silk_frame_ms(packet[0] >> 3);
  guint parts = (guint)MAX(redundancy->frame_ms / 20, 1), channels = packet[0] & 4 ? 2 : 1;
  if (!(frames[0][0] >> (7 - parts) & 1))
    return FALSE;
  redundancy->tail_ms = redundancy->frame_ms;
  if (parts == 1)
    return TRUE;
  guint flags = read_flags(frames[0], (gsize)sizes[0], parts, channels);
  redundancy->tail_ms = 0;
  for (guint part = parts; part > 0 && flags >> (part - 1) & 1; part--)
    redundancy->tail_ms += 20;
  return redundancy->tail_ms > 0;
}
