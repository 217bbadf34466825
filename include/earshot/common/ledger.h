// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What a recording says about itself: counters of each stream, stretches without audio, stretches of speech.
// Measured by encode/, stored by index/, shown by everybody; plain values without behaviour, hence here.
#pragma once

#include <glib.h>

// One RTP source as one leg heard it: the run of packets with one SSRC. A leg's figures are the sums over its
// streams.
typedef struct {
  guint32 ssrc;
  char codec[24];   // name as in SDP ("PCMU", "G722", "opus"); of most of its packets when it changed
  char source[56];  // where it came from first, "192.0.2.1:4000"
  guint64 expected; // by sequence number, restarts included: received + lost
  guint64
      received; // unique packets, also those without audio (events, comfort noise, after the end of the call)
  guint64 lost; // never came
  guint64 late; // came, but after their place had been written
  guint64 duplicate;   // came again
  guint64 reordered;   // came after a packet with a higher sequence number
  guint64 undecodable; // packets whose payload gave no audio though it should have
  guint64 recovered; // packets that were missing when their turn came, whose audio the packet after repeated
  char problem[64];  // why nothing of it could be decoded ("codec LPC is not supported"); empty when fine
} EsStreamLedger;

typedef enum {
  ES_GAP_LOST,        // sequence numbers are missing
  ES_GAP_LATE,        // came too late to be written
  ES_GAP_UNDECODABLE, // came, but the decoder refused it or there is none
  ES_GAP_MASKED,      // taken out on purpose (card data)
  ES_GAP_PAUSED,      // recording was paused
  ES_GAP_HOLD,        // the party was on hold
  ES_GAP_DROPPED,     // the kernel or a full queue dropped packets while the call was open
  ES_GAP_SILENT,      // nothing came any more until the end of the call, and no number says that it was sent
  ES_GAP_REASONS      // how many
} EsGapReason;

// "lost", "late", ...: the JSON names of design and database. es_gap_reason_parse gives FALSE for anything
// else.
const char *es_gap_reason_name(EsGapReason reason);
gboolean es_gap_reason_parse(const char *name, EsGapReason *reason);
// TRUE if the audio existed but is not in the file (lost, late, undecodable, dropped): what --missing-audio
// looks for.
gboolean es_gap_reason_is_missing(EsGapReason reason);

typedef struct {
  guint leg;       // index into the call's legs
  gint64 start_ms; // from the first sample of the file
  gint64 length_ms;
  EsGapReason reason;
} EsGap;

// A half-open stretch of the file, [start_ms, end_ms).
typedef struct {
  gint64 start_ms;
  gint64 end_ms;
} EsInterval;
