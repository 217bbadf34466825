// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// One party's voice: its streams, their audio on one time line, where it is missing and why, who speaks when.
//
// The recording moves a frontier in frames of 20 ms. For each frame the leg takes from its streams' queues
// what belongs before the frame's end (and LOOK_AHEAD more, since resampling holds samples back), decodes it
// and puts it in its place; then the frame is closed.
//
// A packet that repeats a lost one before it (Opus) is taken early enough to fill its place; up to 60 ms
// before its turn, by which the reorder window is shorter for what is missing there.
//
// Several streams may send at once: early media from two forks, a hairpin captured twice. The leg belongs to
// one of them at a time. Another takes over where the first has fallen silent, at once if it is new, after 60
// ms if both had been running; what it sends otherwise is counted and not heard, so that nothing is doubled.
//
// A gap needs evidence: missing sequence numbers, a payload that does not decode, a late packet, or an
// explanation given by the caller. A hole in timestamps with consecutive numbers is silence suppression. A
// stream that simply ends is "silent" up to the end of the call (es_leg_finish).
#pragma once

#include "activity.h"
#include "gap-table.h"
#include "stream.h"
#include "timeline.h"

#define ES_LEG_STREAMS 32
#define ES_LEG_EXPLANATIONS 32
#define ES_FRAME_TICKS (20 * ES_TICKS_PER_MS)
#define ES_LOOK_AHEAD (5 * ES_TICKS_PER_MS)

typedef struct {
  gint64 from;
  gboolean active;
  EsGapReason reason;
} EsExplanation;

typedef struct {
  GPtrArray *streams;           // of EsStream
  EsStream *latest;             // the stream of the last packet
  EsStream *current;            // the stream that has the leg
  guint64 more_streams_packets; // of sources beyond ES_LEG_STREAMS
  gboolean open;                // the time line has begun
  EsTimeline timeline;
  EsGapTable gaps;
  EsActivity activity;
  EsExplanation explanations[ES_LEG_EXPLANATIONS];
  guint n_explanations;
  EsExplanation explained;        // what holds at the frontier
  gint64 first_audio, last_audio; // ticks: where audio begins and ends; G_MININT64 before any
  gint64 drift_removed;           // ticks
  const EsStream *widest;
  int widest_rate_hz;
  char widest_codec[24];
} EsLeg;

void es_leg_init(EsLeg *leg);
void es_leg_clear(EsLeg *leg, EsPacketPool *pool);

void es_leg_count(EsLeg *leg, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival);
void es_leg_take(EsLeg *leg, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival,
                 gint64 frontier);
void es_leg_explain(EsLeg *leg, gint64 from, gboolean active, EsGapReason reason);

gboolean es_leg_settle(EsLeg *leg, gint64 now, gboolean all); // TRUE if a clock map is still open
// Before the time line has begun: the earliest place of queued audio and its arrival; FALSE if there is none.
gboolean es_leg_first_audio(EsLeg *leg, gint64 *place, gint64 *arrival);
// Counts off what came before and can never be heard.
void es_leg_discard(EsLeg *leg, EsPacketPool *pool, gint64 before_arrival);
void es_leg_begin(EsLeg *leg, int rate_hz, gint64 start);
// The rate that a file needs for what is queued before until.
int es_leg_wanted_rate(EsLeg *leg, gint64 until);
gboolean es_leg_is_waiting(const EsLeg *leg); // something is queued or decoded beyond the frontier
void es_leg_set_rate(EsLeg *leg, int rate_hz);

// Places what belongs to the frame at frontier and before, and closes it. Returns its samples (rate / 50,
// valid until es_leg_advance); *audible FALSE if the leg was silent throughout.
const gint16 *es_leg_frame(EsLeg *leg, EsPacketPool *pool, gint64 frontier, gboolean *audible);
void es_leg_advance(EsLeg *leg);

// The call ended at end: what stopped before it without a reason fell silent. Gaps are cut to [start, end).
void es_leg_finish(EsLeg *leg, gint64 start, gint64 end);
double es_leg_drift_ppm(const EsLeg *leg); // NAN when too short to tell
