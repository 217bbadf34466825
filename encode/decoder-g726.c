// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// G.726 (ITU-T G.726 section 4, from which the names in capitals come) at 16, 24, 32 and 40 kbit/s. Of our
// own, since libavcodec lets the zeros of its predictor leak as fast at 40 kbit/s as at the others, where
// the recommendation has them leak half as fast: what equipment sends at 40 kbit/s came out distorted.
//
// Code words are packed from the right of a byte (RFC 3551 section 4.5.4) or, as AAL2-G726, from its left
// (ITU-T I.366.2 annex E). All arithmetic is on whole numbers and wraps where the recommendation's does.
#include <stdlib.h>
#include <string.h>

#include "decoder.h"

typedef struct {
  guint bits;               // of a code word, sign included
  const gint16 *logarithms; // by magnitude of the code word: what it stands for
  const gint16 *scales;     // what it does to the step (WI), in 32nds
  const guint8 *speeds;     // how far it is from a steady signal (FI)
} Rate;

static const Rate rates[] = {
    {2, (const gint16[]){116, 365}, (const gint16[]){-22, 439}, (const guint8[]){0, 7}},
    {3, (const gint16[]){-2048, 135, 273, 373}, (const gint16[]){-4, 30, 137, 582},
     (const guint8[]){0, 1, 2, 7}},
    {4, (const gint16[]){-2048, 4, 135, 213, 273, 323, 373, 425},
     (const gint16[]){-12, 18, 41, 64, 112, 198, 355, 1122}, (const guint8[]){0, 0, 0, 1, 1, 1, 3, 7}},
    {5, (const gint16[]){-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566},
     (const gint16[]){14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696},
     (const guint8[]){0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6}},
};

typedef struct {
  gboolean negative;
  int exponent, mantissa; // of six bits; 32 for zero
} Float;

#define ZEROS 6

typedef struct {
  const Rate *rate;
  gboolean from_left;
  int fast_scale, slow_scale;    // YU, YL
  int short_mean, long_mean;     // DMS, DML
  int speed;                     // AP
  gint16 poles[2], zeros[ZEROS]; // A, B: coefficients of the predictor
  Float signals[2];              // SR: the latest first
  Float differences[ZEROS];      // DQ
  gboolean signs[2];             // PK
  gboolean tone;                 // TD
} G726;

static int bit_length(int value) {
  return value == 0 ? 0 : 32 - __builtin_clz((guint)value);
}

static Float to_float(int magnitude, gboolean negative) {
  int exponent = bit_length(magnitude);
  return (Float){negative, exponent, magnitude == 0 ? 32 : magnitude << 6 >> exponent};
}

// FMULT
static int multiply(int coefficient, Float by) {
  int magnitude = (coefficient > 0 ? coefficient : -coefficient) & 0x1fff;
  int exponent = bit_length(magnitude) - 6;
  int mantissa = magnitude == 0 ? 32 : exponent >= 0 ? magnitude >> exponent : magnitude << -exponent;
  int shift = exponent + by.exponent - 13, product = (mantissa * by.mantissa + 0x30) >> 4;
  int value = shift >= 0 ? product << shift & 0x7fff : product >> -shift;
  return (coefficient < 0) != by.negative ? -value : value;
}

// MIX
static int mix_scale(const G726 *g) {
  int slow = g->slow_scale >> 6, between = g->fast_scale - slow, part = g->speed >> 2;
  if (g->speed >= 256)
    return g->fast_scale;
  return slow + (between >= 0 ? between * part >> 6 : (between * part + 0x3f) >> 6);
}

// ADDA, ANTILOG
static int difference_of(int logarithm, int scale) {
  int sum = logarithm + (scale >> 2);
  return sum < 0 ? 0 : (128 + (sum & 127)) << 7 >> (14 - (sum >> 7 & 15));
}

// TRANS: a tone has ended, as when a modem changes its frequency.
static gboolean breaks_off(const G726 *g, int difference) {
  int whole = g->slow_scale >> 15, part = g->slow_scale >> 10 & 31;
  int threshold = whole > 9 ? 31 << 10 : (32 + part) << whole;
  return g->tone && difference > (threshold + (threshold >> 1)) >> 1;
}

// FUNCTW, FILTD, LIMB, FILTE
static void follow_scale(G726 *g, int scale, int change) {
  g->fast_scale = CLAMP(scale + ((change * 32 - scale) >> 5), 544, 5120);
  g->slow_scale += g->fast_scale + (-g->slow_scale >> 6);
}

// UPA2, LIMC
static int second_pole(const G726 *g, gboolean sign) {
  int first = sign == g->signs[0] ? -g->poles[0] : g->poles[0];
  int pole = g->poles[1] - (g->poles[1] >> 7);
  pole += first < -8191 ? -0x100 : first > 8191 ? 0xff : first >> 5;
  return CLAMP(pole + (sign == g->signs[1] ? 0x80 : -0x80), -12288, 12288);
}

// UPA1, LIMD, UPB. partial: what the zeros and the difference make, by whose sign the poles are led.
static void follow_predictor(G726 *g, int partial, int difference, gboolean negative) {
  int second = partial ? second_pole(g, partial < 0) : g->poles[1] - (g->poles[1] >> 7);
  int first = g->poles[0] - (g->poles[0] >> 8), limit = 15360 - second;
  if (partial)
    first += (partial < 0) == g->signs[0] ? 192 : -192;
  g->poles[0] = (gint16)CLAMP(first, -limit, limit);
  g->poles[1] = (gint16)second;
  for (guint i = 0; i < ZEROS; i++) {
    int zero = g->zeros[i] - (g->zeros[i] >> (g->rate->bits == 5 ? 9 : 8));
    if (difference != 0)
      zero += negative == g->differences[i].negative ? 128 : -128;
    g->zeros[i] = (gint16)zero;
  }
}

// FILTA, FILTB, SUBTC, FILTC
static void follow_speed(G726 *g, int scale, int speed, gboolean broke_off) {
  g->short_mean += (speed * 512 - g->short_mean) >> 5;
  g->long_mean += (speed * 2048 - g->long_mean) >> 7;
  gboolean moving = scale < 1536 || g->tone || abs(g->short_mean * 4 - g->long_mean) >= g->long_mean >> 3;
  g->speed = broke_off ? 256 : g->speed + ((moving ? 0x200 - g->speed : -g->speed) >> 4);
}

static void remember(G726 *g, int signal, int difference, gboolean negative, int partial) {
  memmove(g->differences + 1, g->differences, sizeof g->differences - sizeof g->differences[0]);
  g->differences[0] = to_float(difference, negative);
  g->signals[1] = g->signals[0];
  g->signals[0] = signal == G_MININT16 ? (Float){TRUE, 0, 32} : to_float(abs(signal), signal < 0);
  g->signs[1] = g->signs[0];
  g->signs[0] = partial < 0;
}

static gint16 next_sample(G726 *g, guint code) {
  guint half = 1u << (g->rate->bits - 1), magnitude = (code & half ? ~code : code) & (half - 1);
  gboolean negative = (code & half) != 0;
  int by_zeros = 0;
  for (guint i = 0; i < ZEROS; i++)
    by_zeros += multiply(g->zeros[i] >> 2, g->differences[i]);
  by_zeros = (gint16)by_zeros;
  int by_all = (gint16)(by_zeros + multiply(g->poles[1] >> 2, g->signals[1]) +
                        multiply(g->poles[0] >> 2, g->signals[0]));
  int scale = mix_scale(g), difference = difference_of(g->rate->logarithms[magnitude], scale);
  int moved = negative ? -difference : difference;
  int signal = (gint16)((by_all >> 1) + moved), partial = (gint16)(signal - (by_all >> 1) + (by_zeros >> 1));
  gboolean broke_off = breaks_off(g, difference);
  follow_scale(g, scale, g->rate->scales[magnitude]);
  if (broke_off) {
    memset(g->poles, 0, sizeof g->poles);
    memset(g->zeros, 0, sizeof g->zeros);
  } else {
    follow_predictor(g, partial, difference, negative);
  }
  remember(g, signal, difference, negative, partial);
  g->tone = !broke_off && g->poles[1] < -11776;
  follow_speed(g, scale, g->rate->speeds[magnitude], broke_off);
  return (gint16)CLAMP(signal * 4, G_MININT16, G_MAXINT16);
}

static void g726_reset(gpointer data) {
  G726 *g = data;
  *g = (G726){.rate = g->rate, .from_left = g->from_left, .fast_scale = 544, .slow_scale = 34816};
  for (guint i = 0; i < ZEROS; i++)
    g->differences[i] = to_float(0, FALSE);
  g->signals[0] = g->signals[1] = to_float(0, FALSE);
}

// The name ends with the rate in kbit/s, eight thousand code words a second; G721 had but one.
static gpointer g726_open(const EsCodec *codec, GError **error) {
  const char *kilobits = strrchr(codec->name, '-');
  G726 *g = g_new0(G726, 1);
  g->rate = &rates[(kilobits ? strtoul(kilobits + 1, NULL, 10) / 8 : 4) - 2];
  g->from_left = g_ascii_strncasecmp(codec->name, "AAL2", 4) == 0;
  g726_reset(g);
  return g;
}

static int g726_decode(gpointer data, const guint8 *payload, gsize length, gint16 *samples) {
  G726 *g = data;
  guint bits = g->rate->bits, held = 0, n_held = 0;
  int n = 0;
  if (length * 8 / bits > ES_DECODER_MAX_SAMPLES)
    return -1;
  for (gsize i = 0; i < length; i++) {
    held = g->from_left ? held << 8 | payload[i] : held | (guint)payload[i] << n_held;
    for (n_held += 8; n_held >= bits; n_held -= bits) {
      guint code = (g->from_left ? held >> (n_held - bits) : held) & ((1u << bits) - 1);
      samples[n++] = next_sample(g, code);
      if (!g->from_left)
        held >>= bits;
    }
  }
  return n;
}

const EsDecoderClass es_decoder_g726 = {
    .open = g726_open, .decode = g726_decode, .reset = g726_reset, .close = g_free};
