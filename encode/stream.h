// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One RTP source as one leg hears it: its ledger, its codecs, its clock and the payloads that wait for their
// turn. A packet is counted first, always; then, if it may become audio, it is queued with its place in the
// sender's time. The leg takes packets from the queue in order of sequence (leg.h).
//
// A new clock map begins, and the stream is placed anew by arrival, when the sender's clock rate changes,
// when its numbering starts again, and when a packet that comes in order would be out of reach by its
// timestamp: too late to be written, two seconds before it arrived, or 200 ms before after a jump. A sender
// that kept still without advancing its timestamps is placed rightly that way; a network that held packets
// back and then delivers them at once gives the old places again, which then stay.
#pragma once

#include "clock-map.h"
#include "decoder.h"
#include "earshot/common/ledger.h"
#include "earshot/encode/recording.h"
#include "packet-queue.h"
#include "resampler.h"
#include "sequence.h"

#define ES_STREAM_CODECS 4
#define ES_STREAM_MAPS 4

typedef struct {
  EsCodec codec;
  EsDecoder *decoder; // NULL: none, or no packet of it was to be decoded
  gboolean tried;
  guint64 packets;
} EsStreamCodec;

typedef struct {
  guint32 ssrc;
  char source[ES_ADDRESS_TEXT_SIZE];
  EsSequence sequence;
  gboolean timed;      // timestamp is set
  gint64 timestamp;    // unwrapped, of the highest packet that is no event
  gint64 last_arrival; // of that packet
  guint64 late, undecodable, decoded, recovered;
  char problem[64];
  EsStreamCodec codecs[ES_STREAM_CODECS];
  guint n_codecs;                  // in all; the ring keeps the last ones
  guint8 codec;                    // index of the latest packet's
  EsClockMap maps[ES_STREAM_MAPS]; // ring; the latest is number n_maps - 1
  guint n_maps;
  double past_sxx, past_sxy; // fits of maps that left the ring
  EsPacketQueue queue;
  EsQueuedPacket *stray; // waits for the next to confirm a restart

  // What the leg has taken from the queue (leg.c).
  gboolean taken;
  gint64 last_sequence, last_timestamp;
  guint last_map;
  gint64 last_end;   // ticks: where its last audio ended
  gint64 duration;   // ticks of its last packet
  gboolean pauses;   // it has suppressed silence before
  gboolean parallel; // another stream has the leg
  gboolean hissing;  // the last packet was comfort noise
  EsNoise noise;
  EsResampler *resampler;
  // Ticks from and up to which it was fed, samples that this took, index of its next sample.
  gint64 resampled_from, resampled_to, resampled_n, resampled_at;
} EsStream;

typedef enum {
  ES_STREAM_COUNTED, // nothing more to do
  ES_STREAM_QUEUED,
  ES_STREAM_LATE,    // came after its place was written
  ES_STREAM_DROPPED, // no room to queue it
} EsStreamTake;

EsStream *es_stream_new(guint32 ssrc, const EsAddress *source);
void es_stream_free(EsStream *stream, EsPacketPool *pool);

// Counts a packet that is not to become audio.
void es_stream_count(EsStream *stream, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival);
// Counts it and queues it. frontier: what lies before is written (G_MININT64 before anything is). For late
// and dropped packets *place tells where they belong (G_MININT64 if unknown).
EsStreamTake es_stream_take(EsStream *stream, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival,
                            gint64 frontier, gint64 *place);

// Anchors clock maps whose first second is over, or all. TRUE if one is still open.
gboolean es_stream_settle(EsStream *stream, gint64 now, gboolean all);
// The queued packet's clock map, NULL when it is gone or still open.
EsClockMap *es_stream_map(EsStream *stream, const EsQueuedPacket *packet);
// The decoder for it; NULL if there is none.
EsDecoder *es_stream_decoder(const EsStream *stream, const EsQueuedPacket *packet);
// Where the head of the queue belongs; FALSE when there is none or its map is open.
gboolean es_stream_next_place(EsStream *stream, gint64 *place);
void es_stream_reset_decoders(EsStream *stream);    // what comes next does not follow from what was decoded
gboolean es_stream_decodes(const EsStream *stream); // some codec of it

void es_stream_ledger(const EsStream *stream, EsStreamLedger *ledger);
void es_stream_fit(const EsStream *stream, double *sxx, double *sxy);
