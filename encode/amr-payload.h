// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// RTP payloads of AMR and AMR-WB (RFC 4867 section 4), cut into frames.
#pragma once

#include <glib.h>

#define ES_AMR_FRAMES_MAX 36  // of a payload; more than any mode fits into what a decoder may give
#define ES_AMR_FRAME_BYTES 61 // header and the longest frame, AMR-WB of 23.85 kbit/s

typedef enum {
  ES_AMR_SPEECH,
  ES_AMR_SILENCE, // describes the sender's background (SID)
  ES_AMR_NOTHING, // the sender is silent, or had lost the frame itself
} EsAmrKind;

typedef struct {
  EsAmrKind kind;
  guint8 bytes[ES_AMR_FRAME_BYTES]; // in storage format (section 5.3): header, bits from the left
  guint8 length;
} EsAmrFrame;

typedef struct {
  EsAmrFrame frames[ES_AMR_FRAMES_MAX];
  guint n;
} EsAmrPayload;

// FALSE when the payload is not exactly what its table of contents announces, or announces what is reserved.
gboolean es_amr_parse(const guint8 *payload, gsize length, gboolean wide, gboolean octet_aligned,
                      EsAmrPayload *parsed);

// The root mean square of the noise that a silence frame describes.
double es_amr_silence_rms(const EsAmrFrame *frame, gboolean wide);
