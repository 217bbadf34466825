// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
//                       bandwidth-efficient (4.3)          octet-aligned (4.4)
//   mode request        4 bits                             4 bits, 4 reserved
//   table of contents   6 bits a frame: F, type, Q         8 bits a frame: F, type, Q, 2 reserved
//   speech              bit behind bit, padded at the end  each frame padded to whole bytes
//
// F says that another entry follows. The mode request is for the sender's peer, not for us.
#include "amr-payload.h"

#include <math.h>

#define TYPES 16
#define RESERVED 0xffff
#define QUALITY 0x04

typedef struct {
  guint16 bits[TYPES]; // by frame type
  guint silence;       // the first type that is not speech
  guint energy_bit;    // where its six bits of energy begin
} Mode;

// 9-11 of AMR are the silence of other codecs (GSM-EFR, TDMA-EFR, PDC-EFR), whose parameters we do not read;
// 14 of AMR-WB is a frame that was lost on its way to the sender.
static const Mode modes[] = {
    {{95, 103, 118, 134, 148, 159, 204, 244, 39, 43, 38, 37, RESERVED, RESERVED, RESERVED, 0}, 8, 29},
    {{132, 177, 253, 285, 317, 365, 397, 461, 477, 40, RESERVED, RESERVED, RESERVED, RESERVED, 0, 0}, 9, 28},
};

typedef struct {
  const guint8 *bytes;
  guint at, end; // bits
} Reader;

static guint read_bits(Reader *r, guint n) {
  guint value = 0;
  for (guint i = 0; i < n; i++, r->at++)
    value = value << 1 | (r->at < r->end ? r->bytes[r->at / 8] >> (7 - r->at % 8) & 1 : 0);
  return value;
}

static gboolean read_contents(Reader *r, const Mode *mode, gboolean octet_aligned, EsAmrPayload *parsed) {
  gboolean more = TRUE;
  for (parsed->n = 0; more; parsed->n++) {
    if (r->at + 6 > r->end || parsed->n == ES_AMR_FRAMES_MAX)
      return FALSE;
    guint entry = read_bits(r, 6), type = entry >> 1 & 0x0f;
    if ((octet_aligned && read_bits(r, 2) != 0) || mode->bits[type] == RESERVED)
      return FALSE;
    EsAmrFrame *frame = &parsed->frames[parsed->n];
    frame->kind = type < mode->silence    ? ES_AMR_SPEECH
                  : mode->bits[type] != 0 ? ES_AMR_SILENCE
                                          : ES_AMR_NOTHING;
    frame->bytes[0] = (guint8)(type << 3 | (entry & 1 ? QUALITY : 0));
    more = entry >> 5;
  }
  return TRUE;
}

static gboolean read_frame(Reader *r, guint bits, gboolean octet_aligned, EsAmrFrame *frame) {
  if (r->at + bits > r->end)
    return FALSE;
  frame->length = (guint8)(1 + (bits + 7) / 8);
  for (guint i = 1, left = bits; left > 0; i++) {
    guint n = MIN(left, 8);
    frame->bytes[i] = (guint8)(read_bits(r, n) << (8 - n));
    left -= n;
  }
  if (octet_aligned)
    r->at = (r->at + 7) / 8 * 8;
  return TRUE;
}

gboolean es_amr_parse(const guint8 *payload, gsize length, gboolean wide, gboolean octet_aligned,
                      EsAmrPayload *parsed) {
  const Mode *mode = &modes[wide];
  if (length == 0 || length > G_MAXUINT16)
    return FALSE;
  Reader r = {payload, 0, (guint)length * 8};
  read_bits(&r, 4);
  if ((octet_aligned && read_bits(&r, 4) != 0) || !read_contents(&r, mode, octet_aligned, parsed))
    return FALSE;
  for (guint i = 0; i < parsed->n; i++)
    if (!read_frame(&r, mode->bits[parsed->frames[i].bytes[0] >> 3], octet_aligned, &parsed->frames[i]))
      return FALSE;
  return (r.at + 7) / 8 == length;
}

// Six bits of energy, as measured of the voice itself in AMR (3GPP TS 26.092) and of what excites its filter
// in AMR-WB (TS 26.192); the offsets are what reference decoders make of it.
double es_amr_silence_rms(const EsAmrFrame *frame, gboolean wide) {
  const Mode *mode = &modes[wide];
  if (frame->bytes[0] >> 3 != mode->silence)
    return 0;
  Reader r = {frame->bytes, 8 + mode->energy_bit, 8u * frame->length};
  guint energy = read_bits(&r, 6);
  return wide ? exp2((energy / 2.625 - 0.5) / 2) : exp2(energy / 4.0 - 1.54);
}
