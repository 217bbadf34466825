// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Streams, explanations and results of a leg; leg-audio.c takes packets and makes frames of them.
#include "leg.h"

#include <math.h>
#include <string.h>

#include "leg-audio.h"

#define STOPPED (200 * ES_TICKS_PER_MS)
#define LEAST_FIT_S 30.0 // a fit over less tells more about jitter than about clocks

void es_leg_init(EsLeg *leg) {
  memset(leg, 0, sizeof *leg);
  leg->streams = g_ptr_array_new();
  leg->first_audio = leg->last_audio = G_MININT64;
  es_gap_table_init(&leg->gaps);
  es_activity_init(&leg->activity);
}

void es_leg_clear(EsLeg *leg, EsPacketPool *pool) {
  for (guint i = 0; i < leg->streams->len; i++)
    es_stream_free(leg->streams->pdata[i], pool);
  g_ptr_array_unref(leg->streams);
  es_gap_table_clear(&leg->gaps);
  es_activity_clear(&leg->activity);
  es_timeline_clear(&leg->timeline);
}

// NULL when a flood of sources has used up the table; their packets are counted together.
static EsStream *find_stream(EsLeg *leg, const EsMediaPacket *packet) {
  if (leg->latest && leg->latest->ssrc == packet->ssrc)
    return leg->latest;
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStream *stream = leg->streams->pdata[i];
    if (stream->ssrc == packet->ssrc)
      return leg->latest = stream;
  }
  if (leg->streams->len >= ES_LEG_STREAMS) {
    leg->more_streams_packets++;
    return NULL;
  }
  EsStream *stream = es_stream_new(packet->ssrc, packet->source);
  g_ptr_array_add(leg->streams, stream);
  return leg->latest = stream;
}

void es_leg_count(EsLeg *leg, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival) {
  EsStream *stream = find_stream(leg, packet);
  if (stream)
    es_stream_count(stream, pool, packet, arrival);
}

void es_leg_take(EsLeg *leg, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival,
                 gint64 frontier) {
  gint64 place;
  EsStream *stream = find_stream(leg, packet);
  if (!stream)
    return;
  EsStreamTake take = es_stream_take(stream, pool, packet, arrival, frontier, &place);
  if (!leg->open || place == G_MININT64 || stream->parallel)
    return;
  if (take == ES_STREAM_LATE)
    es_gap_table_came_late(&leg->gaps, place, place + stream->duration);
  else if (take == ES_STREAM_DROPPED)
    es_gap_table_claim(&leg->gaps, place, place + stream->duration, ES_GAP_DROPPED);
}

// In order of time; when the list is full the latest change takes the place of the one before.
void es_leg_explain(EsLeg *leg, gint64 from, gboolean active, EsGapReason reason) {
  EsExplanation change = {from, active, reason};
  if (leg->n_explanations == ES_LEG_EXPLANATIONS)
    leg->n_explanations--;
  leg->explanations[leg->n_explanations++] = change;
}

gboolean es_leg_settle(EsLeg *leg, gint64 now, gboolean all) {
  gboolean open = FALSE;
  for (guint i = 0; i < leg->streams->len; i++)
    open |= es_stream_settle(leg->streams->pdata[i], now, all);
  return open;
}

static gboolean can_be_heard(const EsStream *stream, const EsQueuedPacket *packet) {
  return es_stream_decoder(stream, packet) && es_codec_is_audio(&stream->codecs[packet->codec].codec);
}

gboolean es_leg_first_audio(EsLeg *leg, gint64 *place, gint64 *arrival) {
  gboolean found = FALSE;
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStream *stream = leg->streams->pdata[i];
    for (const EsQueuedPacket *packet = stream->queue.head; packet; packet = packet->next) {
      if (!can_be_heard(stream, packet))
        continue;
      EsClockMap *map = es_stream_map(stream, packet);
      gint64 at = map ? es_clock_map_place(map, packet->timestamp) : packet->arrival;
      *place = found ? MIN(*place, at) : at;
      *arrival = found ? MIN(*arrival, packet->arrival) : packet->arrival;
      found = TRUE;
    }
  }
  return found;
}

void es_leg_discard(EsLeg *leg, EsPacketPool *pool, gint64 before_arrival) {
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStream *stream = leg->streams->pdata[i];
    while (stream->queue.head && stream->queue.head->arrival < before_arrival &&
           !can_be_heard(stream, stream->queue.head)) {
      EsQueuedPacket *packet = es_packet_queue_pop(&stream->queue);
      stream->undecodable += es_codec_is_audio(&stream->codecs[packet->codec].codec);
      es_packet_pool_give(pool, packet);
    }
  }
}

void es_leg_begin(EsLeg *leg, int rate_hz, gint64 start) {
  es_timeline_init(&leg->timeline, rate_hz, start * rate_hz / ES_TICKS_PER_S);
  leg->gaps.frontier = start;
  leg->open = TRUE;
}

// The least rate of an Opus encoder that holds it.
static int file_rate(int rate_hz) {
  static const int rates[] = {8000, 16000, 24000};
  for (guint i = 0; i < G_N_ELEMENTS(rates); i++)
    if (rate_hz <= rates[i])
      return rates[i];
  return 48000;
}

int es_leg_wanted_rate(EsLeg *leg, gint64 until) {
  int rate_hz = 0;
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStream *stream = leg->streams->pdata[i];
    const EsQueuedPacket *head = stream->queue.head;
    gint64 place;
    if (head && can_be_heard(stream, head) && es_stream_next_place(stream, &place) && place < until)
      rate_hz = MAX(rate_hz, file_rate(es_decoder_rate_hz(es_stream_decoder(stream, head))));
  }
  return rate_hz;
}

gboolean es_leg_is_waiting(const EsLeg *leg) {
  if (es_timeline_has_audio(&leg->timeline, leg->timeline.room))
    return TRUE;
  for (guint i = 0; i < leg->streams->len; i++) {
    const EsStream *stream = leg->streams->pdata[i];
    if (stream->queue.head || (stream->resampler && stream->resampled_to != G_MININT64))
      return TRUE;
  }
  return FALSE;
}

void es_leg_set_rate(EsLeg *leg, int rate_hz) {
  es_leg_flush_resamplers(leg, G_MAXINT64);
  es_timeline_set_rate(&leg->timeline, rate_hz);
}

// Media had been flowing and stopped before the call did: not after comfort noise, and not when the sender
// suppresses silence.
static gboolean fell_silent(const EsLeg *leg, gint64 end) {
  if (leg->last_audio == G_MININT64 || end - leg->last_audio <= STOPPED || leg->explained.active)
    return FALSE;
  return leg->current && !leg->current->hissing && !leg->current->pauses;
}

void es_leg_finish(EsLeg *leg, gint64 start, gint64 end) {
  if (fell_silent(leg, end))
    es_gap_table_claim(&leg->gaps, leg->last_audio, end, ES_GAP_SILENT);
  es_gap_table_close(&leg->gaps, MAX(end, leg->gaps.frontier));
  es_gap_table_clip(&leg->gaps, start, end);
}

// Of the stream that was heard longest: different senders have different clocks.
double es_leg_drift_ppm(const EsLeg *leg) {
  double best = LEAST_FIT_S * LEAST_FIT_S * LEAST_FIT_S / 24, ppm = NAN; // spread of stretches over 30 s
  for (guint i = 0; i < leg->streams->len; i++) {
    double sxx, sxy;
    es_stream_fit(leg->streams->pdata[i], &sxx, &sxy);
    if (sxx < best)
      continue;
    best = sxx;
    ppm = -1e6 * sxy / sxx;
  }
  return ppm;
}
