// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A narrowband frame starts with a 0 bit and four bits of mode, a wideband layer on top of it with a 1 bit
// and three bits of mode; the mode gives the length (Speex manual, tables of bit allocation). Mode 15 ends a
// payload, 14 and 13 carry messages that belong to the frame after them.
#include "speex-frames.h"

#define MODE_END 15
#define MODE_MESSAGE 14
#define MODE_USER 13

// Lengths in bits with the header; 0: no such mode.
static const guint16 frame_bits[16] = {5, 43, 119, 160, 220, 300, 364, 492, 79};
static const guint16 layer_bits[8] = {4, 36, 112, 192, 352};
// By the message's number, after its four bits.
static const guint8 message_bits[16] = {1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64};

static guint peek(const guint8 *payload, guint bit, guint n) {
  guint value = 0;
  for (guint i = bit; i < bit + n; i++)
    value = value << 1 | (payload[i / 8] >> (7 - i % 8) & 1);
  return value;
}

// Passes the messages before a frame. Returns the frame's mode, MODE_END when there is none.
static guint frame_mode(const guint8 *payload, guint bits, guint *bit) {
  while (*bit + 5 <= bits) {
    guint mode = peek(payload, *bit, 5);
    if (mode != MODE_MESSAGE && mode != MODE_USER)
      return mode < MODE_END ? mode : MODE_END;
    if (*bit + 10 > bits)
      break;
    *bit += mode == MODE_MESSAGE ? 9u + message_bits[peek(payload, *bit + 5, 4)]
                                 : 10u + 8 * peek(payload, *bit + 5, 5);
  }
  return MODE_END;
}

guint es_speex_frame_end(const guint8 *payload, gsize length, guint bit) {
  guint bits = (guint)length * 8, mode = frame_mode(payload, bits, &bit);
  guint end = bit + frame_bits[mode];
  if (frame_bits[mode] == 0 || end > bits)
    return 0;
  while (end + 4 <= bits && peek(payload, end, 1) == 1) {
    guint layer = layer_bits[peek(payload, end + 1, 3)];
    if (layer == 0 || end + layer > bits)
      break;
    end += layer;
  }
  return end;
}

gsize es_speex_shift(const guint8 *payload, gsize length, guint bit, guint8 *out) {
  gsize first = bit / 8, n = length - first;
  guint shift = bit % 8;
  for (gsize i = 0; i < n; i++) {
    guint next = i + 1 < n ? payload[first + i + 1] : 0;
    out[i] = (guint8)(payload[first + i] << shift | next >> (8 - shift));
  }
  return n;
}
