// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// From queued packets to frames.
#include "leg-audio.h"

#include <string.h>

#define TAKE_OVER (60 * ES_TICKS_PER_MS)
#define NEVER (5 * ES_TICKS_PER_S)
#define PAUSE (40 * ES_TICKS_PER_MS)
#define BETWEEN_WORDS ES_TICKS_PER_MS        // drift this small may go where two words part
#define MOST_REPEATED (60 * ES_TICKS_PER_MS) // of a lost packet by the one after it
#define LONGEST_DURATION (240 * ES_TICKS_PER_MS)
#define SLACK (ES_TICKS_PER_MS / 2) // between two packets that a resampler takes for one flow
#define RESAMPLED_MAX (6 * ES_DECODER_MAX_SAMPLES + 512) // 8 to 48 kHz

static gint64 index_of(const EsLeg *leg, gint64 ticks) {
  gint64 product = ticks * leg->timeline.rate_hz;
  return product >= 0 ? product / ES_TICKS_PER_S : -((-product + ES_TICKS_PER_S - 1) / ES_TICKS_PER_S);
}

// --- resampling ---

static void flush_resampler(EsLeg *leg, EsStream *s) {
  gint16 out[RESAMPLED_MAX];
  if (!s->resampler || s->resampled_to == G_MININT64)
    return;
  es_timeline_put(&leg->timeline, s->resampled_at, out, es_resampler_flush(s->resampler, out, RESAMPLED_MAX));
  s->resampled_to = G_MININT64;
}

void es_leg_flush_resamplers(EsLeg *leg, gint64 until) {
  for (guint i = 0; i < leg->streams->len; i++) {
    EsStream *s = leg->streams->pdata[i];
    if (s->resampler && s->resampled_to < until)
      flush_resampler(leg, s);
  }
}

static gboolean prepare_resampler(EsLeg *leg, EsStream *s, int rate_hz) {
  if (es_resampler_fits(s->resampler, rate_hz, leg->timeline.rate_hz))
    return TRUE;
  flush_resampler(leg, s);
  g_clear_pointer(&s->resampler, es_resampler_free);
  s->resampler = es_resampler_new(rate_hz, leg->timeline.rate_hz, NULL);
  s->resampled_to = G_MININT64;
  return s->resampler != NULL;
}

static void put_resampled(EsLeg *leg, EsStream *s, gint64 place, const gint16 *samples, int n, int rate_hz) {
  gint16 out[RESAMPLED_MAX];
  if (!prepare_resampler(leg, s, rate_hz))
    return;
  if (s->resampled_to != G_MININT64 && ABS(place - s->resampled_to) > SLACK)
    flush_resampler(leg, s);
  if (s->resampled_to == G_MININT64) {
    s->resampled_from = s->resampled_to = place;
    s->resampled_n = 0;
    s->resampled_at = index_of(leg, place);
  }
  int got = es_resampler_push(s->resampler, samples, n, out, RESAMPLED_MAX);
  es_timeline_put(&leg->timeline, s->resampled_at, out, got);
  s->resampled_at += got;
  s->resampled_n += n;
  s->resampled_to = s->resampled_from + s->resampled_n * ES_TICKS_PER_S / rate_hz;
}

static void put(EsLeg *leg, EsStream *s, gint64 place, const gint16 *samples, int n, int rate_hz) {
  if (rate_hz == leg->timeline.rate_hz)
    es_timeline_put(&leg->timeline, index_of(leg, place), samples, n);
  else
    put_resampled(leg, s, place, samples, n, rate_hz);
}

// --- which stream has the leg ---

static gboolean takes_over(const EsLeg *leg, EsStream *s, gint64 place) {
  EsStream *holder = leg->current;
  if (!es_stream_decodes(holder) && es_stream_decodes(s))
    return TRUE;
  gint64 free_from = holder->last_end + (s->parallel ? TAKE_OVER : 0), next;
  if (place + s->duration <= free_from)
    return FALSE;
  return !es_stream_next_place(holder, &next) || next >= holder->last_end + TAKE_OVER;
}

static gboolean may_write(EsLeg *leg, EsStream *s, gint64 place) {
  EsStream *holder = leg->current;
  if (holder == s)
    return TRUE;
  if (holder && !takes_over(leg, s, place)) {
    s->parallel = TRUE;
    return FALSE;
  }
  if (holder)
    holder->parallel = TRUE;
  if (s->parallel)
    es_stream_reset_decoders(s);
  s->parallel = FALSE;
  if (holder)
    es_activity_part(&leg->activity);
  leg->current = s;
  return TRUE;
}

// --- one packet ---

// What lies between the stream's last packet and this one: lost if numbers are missing, else a pause.
static void account_hole(EsLeg *leg, EsStream *s, const EsQueuedPacket *packet, gint64 place) {
  if (!s->taken || s->last_sequence < s->sequence.lowest || place <= s->last_end)
    return;
  guint missing = es_sequence_missing(&s->sequence, s->last_sequence, packet->sequence);
  if (missing > 0)
    es_gap_table_claim(&leg->gaps, s->last_end, MIN(place, s->last_end + missing * s->duration), ES_GAP_LOST);
  else if (place - s->last_end > PAUSE && s->last_map == packet->map)
    s->pauses = TRUE;
}

// How long a payload lasts that was not decoded, by the distance of timestamps.
static void guess_duration(EsStream *s, const EsQueuedPacket *packet, const EsClockMap *map) {
  if (!s->taken || packet->sequence != s->last_sequence + 1 || packet->map != s->last_map)
    return;
  gint64 ticks = es_clock_map_ticks(map, packet->timestamp - s->last_timestamp);
  if (ticks > 0 && ticks <= LONGEST_DURATION)
    s->duration = ticks;
}

// Shifts the stream's map where nobody hears it: a sample or two between words, more only where nobody
// speaks. Taking out: at most what this packet (and the pause before it) lasts; the next ones take the rest.
static void correct_drift(EsLeg *leg, EsStream *s, EsClockMap *map, const EsQueuedPacket *packet,
                          const gint16 *samples, int n) {
  gint64 offset = es_clock_map_offset(map, packet->arrival);
  if (offset == 0)
    return;
  float level = es_mean_square(samples, n);
  gboolean silent = ABS(offset) <= BETWEEN_WORDS ? es_activity_is_low(&leg->activity, level)
                                                 : es_activity_is_quiet(&leg->activity, level);
  gint64 pause = s->taken ? MAX(es_clock_map_place(map, packet->timestamp) - s->last_end, 0) : 0;
  if (pause < PAUSE && !silent && !es_clock_map_must_shift(map, packet->arrival))
    return;
  gint64 shift = MAX(offset, -(pause + s->duration));
  es_clock_map_shift(map, shift, packet->arrival);
  leg->drift_removed += ABS(shift);
}

static void note_codec(EsLeg *leg, const EsStreamCodec *codec, int rate_hz) {
  if (rate_hz <= leg->widest_rate_hz)
    return;
  leg->widest_rate_hz = rate_hz;
  g_strlcpy(leg->widest_codec, codec->codec.name, sizeof leg->widest_codec);
}

static void follow_hiss(EsStream *s, EsDecoder *decoder) {
  const EsNoise *noise = decoder ? es_decoder_hiss(decoder) : NULL;
  s->hissing = noise != NULL;
  if (noise)
    s->noise.amplitude = noise->amplitude;
}

static void place_noise(EsStream *s, const EsQueuedPacket *packet) {
  if (packet->length > 0)
    es_noise_set_level(&s->noise, packet->payload[0]);
  s->hissing = TRUE;
}

// The packet before this one is missing, between two that are not.
static gboolean follows_a_loss(const EsStream *s, const EsQueuedPacket *packet) {
  return s->taken && packet->sequence > s->last_sequence + 1 && s->last_sequence >= s->sequence.lowest &&
         es_sequence_missing(&s->sequence, packet->sequence - 2, packet->sequence) > 0;
}

// Ticks of audio before its own place that the packet brings for one that did not come: Opus repeats its
// packets when the sender has been told of losses.
static gint64 brings_before(const EsStream *s, const EsQueuedPacket *packet) {
  EsDecoder *decoder = es_stream_decoder(s, packet);
  return decoder && follows_a_loss(s, packet)
             ? es_decoder_repeats(decoder, packet->payload, packet->length) * ES_TICKS_PER_MS
             : 0;
}

// What of the claimed hole is filled here is not absent and will be no gap.
static void place_redundancy(EsLeg *leg, EsStream *s, const EsClockMap *map, const EsQueuedPacket *packet) {
  gint16 samples[ES_DECODER_MAX_SAMPLES];
  EsDecoder *decoder = es_stream_decoder(s, packet);
  gint64 place = es_clock_map_place(map, packet->timestamp);
  if (!decoder || place <= s->last_end || !follows_a_loss(s, packet))
    return;
  int n = es_decoder_recover(decoder, packet->payload, packet->length, samples);
  int rate_hz = es_decoder_rate_hz(decoder);
  if (n == 0)
    return;
  put(leg, s, place - (gint64)n * ES_TICKS_PER_S / rate_hz, samples, n, rate_hz);
  s->recovered++;
}

static void place_audio(EsLeg *leg, EsStream *s, EsClockMap *map, const EsQueuedPacket *packet) {
  gint16 samples[ES_DECODER_MAX_SAMPLES];
  EsDecoder *decoder = es_stream_decoder(s, packet);
  gint64 place = es_clock_map_place(map, packet->timestamp);
  int n = decoder ? es_decoder_decode(decoder, packet->payload, packet->length, samples) : -1;
  if (n < 0) {
    guess_duration(s, packet, map);
    s->undecodable++;
    es_gap_table_claim(&leg->gaps, place, place + s->duration, ES_GAP_UNDECODABLE);
  } else if (n > 0) {
    int rate_hz = es_decoder_rate_hz(decoder);
    s->duration = (gint64)n * ES_TICKS_PER_S / rate_hz;
    s->decoded++;
    correct_drift(leg, s, map, packet, samples, n);
    place = es_clock_map_place(map, packet->timestamp);
    put(leg, s, place, samples, n, rate_hz);
    note_codec(leg, &s->codecs[packet->codec], rate_hz);
    leg->first_audio = leg->first_audio == G_MININT64 ? place : MIN(leg->first_audio, place);
    leg->last_audio = MAX(leg->last_audio, place + s->duration);
  }
  s->last_end = place + (n == 0 ? 0 : s->duration);
  follow_hiss(s, n < 0 ? NULL : decoder);
}

// TRUE if the packet's place has been written meanwhile.
static gboolean count_late(EsLeg *leg, EsStream *s, gint64 place, gint64 frontier) {
  if (place + s->duration > frontier)
    return FALSE;
  s->late++;
  if (!s->parallel)
    es_gap_table_came_late(&leg->gaps, place, place + s->duration);
  return TRUE;
}

static void take_packet(EsLeg *leg, EsStream *s, EsQueuedPacket *packet, EsClockMap *map, gint64 frontier) {
  gint64 place = es_clock_map_place(map, packet->timestamp);
  gboolean noise = s->codecs[packet->codec].codec.id == ES_CODEC_CN;
  if (!noise && !count_late(leg, s, place, frontier)) {
    if (may_write(leg, s, place)) {
      account_hole(leg, s, packet, place);
      place_redundancy(leg, s, map, packet);
      place_audio(leg, s, map, packet);
    } else {
      s->last_end = place + s->duration;
    }
  } else if (noise && leg->current == s) {
    account_hole(leg, s, packet, place);
    place_noise(s, packet);
    s->last_end = MAX(s->last_end, place);
  }
  s->taken = TRUE;
  s->last_sequence = MAX(s->last_sequence, packet->sequence);
  s->last_timestamp = packet->timestamp;
  s->last_map = packet->map;
}

// A place that no clock explains: the queue must not wait for it.
static gboolean is_lost_in_time(const EsQueuedPacket *packet, const EsClockMap *map) {
  return map && es_clock_map_place(map, packet->timestamp) - packet->arrival > NEVER;
}

// Whether the packet belongs before until, with what it brings for one that is missing.
static gboolean is_due(const EsStream *s, const EsQueuedPacket *packet, const EsClockMap *map, gint64 until) {
  gint64 place = es_clock_map_place(map, packet->timestamp);
  return place < until || (place < until + MOST_REPEATED && place - brings_before(s, packet) < until);
}

// FALSE when the head of the queue has to wait.
static gboolean take_head(EsLeg *leg, EsStream *s, EsPacketPool *pool, gint64 frontier, gint64 until) {
  EsQueuedPacket *head = s->queue.head;
  if (!head)
    return FALSE;
  EsClockMap *map = es_stream_map(s, head);
  gboolean gone = s->n_maps - head->map > ES_STREAM_MAPS || is_lost_in_time(head, map);
  if (!gone && (!map || !is_due(s, head, map, until)))
    return FALSE;
  es_packet_queue_pop(&s->queue);
  if (gone)
    s->undecodable++;
  else
    take_packet(leg, s, head, map, frontier);
  es_packet_pool_give(pool, head);
  return TRUE;
}

static void take_due(EsLeg *leg, EsPacketPool *pool, gint64 frontier, gint64 until) {
  EsStream *first = leg->current;
  while (first && take_head(leg, first, pool, frontier, until))
    ;
  for (guint i = 0; i < leg->streams->len; i++)
    while (leg->streams->pdata[i] != first && take_head(leg, leg->streams->pdata[i], pool, frontier, until))
      ;
}

// --- one frame ---

static void note_absence(gint64 start, gint64 end, gpointer data) {
  EsLeg *leg = data;
  gint64 from = start * ES_TICKS_PER_S / leg->timeline.rate_hz;
  gint64 to = end * ES_TICKS_PER_S / leg->timeline.rate_hz;
  es_gap_table_absent(&leg->gaps, from, to);
  if (leg->current && leg->current->hissing) {
    gint64 at = start - leg->timeline.base, until = end - leg->timeline.base;
    es_noise_fill(&leg->current->noise, leg->timeline.samples + at, (int)(until - at));
    leg->timeline.used = MAX(leg->timeline.used, (int)until);
  }
}

// Explanations whose moment lies before the middle of the frame hold for it.
static void follow_explanations(EsLeg *leg, gint64 frontier) {
  guint passed = 0;
  while (passed < leg->n_explanations && leg->explanations[passed].from <= frontier + ES_FRAME_TICKS / 2)
    leg->explained = leg->explanations[passed++];
  leg->n_explanations -= passed;
  memmove(leg->explanations, leg->explanations + passed, leg->n_explanations * sizeof leg->explanations[0]);
}

// A frame that is mostly absent says nothing about the background, and the silence in a part of it is no
// silence of the speaker.
static void note_activity(EsLeg *leg, int n, int heard) {
  gboolean usable = 2 * heard >= n && !leg->explained.active;
  float level = usable ? es_mean_square(leg->timeline.samples, n) * (float)n / (float)heard : 0;
  es_activity_push(&leg->activity, level, usable);
}

const gint16 *es_leg_frame(EsLeg *leg, EsPacketPool *pool, gint64 frontier, gboolean *audible) {
  int n = leg->timeline.rate_hz / 50;
  gint64 end = frontier + ES_FRAME_TICKS;
  follow_explanations(leg, frontier);
  if (leg->explained.active) // before the packet that ends a hold claims what it skipped as lost
    es_gap_table_claim(&leg->gaps, frontier, end, leg->explained.reason);
  take_due(leg, pool, frontier, end + ES_LOOK_AHEAD);
  es_leg_flush_resamplers(leg, end + ES_LOOK_AHEAD);
  int heard = es_timeline_count_audio(&leg->timeline, n);
  es_timeline_each_absence(&leg->timeline, n, note_absence, leg);
  es_gap_table_close(&leg->gaps, end);
  note_activity(leg, n, heard);
  *audible = heard > 0 || (leg->current && leg->current->hissing);
  return leg->timeline.samples;
}

void es_leg_advance(EsLeg *leg) {
  es_timeline_advance(&leg->timeline, leg->timeline.rate_hz / 50);
}
