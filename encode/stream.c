// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <string.h>

#include "earshot/common/i18n.h"

#define ANCHOR_TIME ES_TICKS_PER_S
#define FAR_OFF (2 * ES_TICKS_PER_S)
#define JUMPED_AHEAD (200 * ES_TICKS_PER_MS)
#define SAME_PLACE (200 * ES_TICKS_PER_MS)
#define USUAL_DURATION (20 * ES_TICKS_PER_MS)
#define OLDEST_S 60

EsStream *es_stream_new(guint32 ssrc, const EsAddress *source) {
  EsStream *s = g_new0(EsStream, 1);
  s->ssrc = ssrc;
  s->duration = USUAL_DURATION;
  if (source)
    es_address_format(source, s->source);
  return s;
}

void es_stream_free(EsStream *s, EsPacketPool *pool) {
  es_packet_queue_clear(&s->queue, pool);
  if (s->stray)
    es_packet_pool_give(pool, s->stray);
  for (guint i = 0; i < ES_STREAM_CODECS; i++)
    es_decoder_free(s->codecs[i].decoder);
  es_resampler_free(s->resampler);
  g_free(s);
}

// --- codecs ---

// A codec's place in the ring is taken by another: what waits for it can no longer be decoded.
static void forget_codec(EsStream *s, EsPacketPool *pool, guint8 index) {
  EsPacketQueue kept = {NULL, NULL};
  for (EsQueuedPacket *packet; (packet = es_packet_queue_pop(&s->queue));)
    if (packet->codec == index) {
      s->undecodable++;
      es_packet_pool_give(pool, packet);
    } else {
      es_packet_queue_insert(&kept, packet);
    }
  s->queue = kept;
  g_clear_pointer(&s->codecs[index].decoder, es_decoder_free);
}

static void use_codec(EsStream *s, EsPacketPool *pool, const EsCodec *codec) {
  if (s->n_codecs > 0 && es_codec_same(&s->codecs[s->codec].codec, codec))
    return;
  for (guint i = 0; i < MIN(s->n_codecs, ES_STREAM_CODECS); i++)
    if (es_codec_same(&s->codecs[i].codec, codec)) {
      s->codec = (guint8)i;
      return;
    }
  s->codec = (guint8)(s->n_codecs++ % ES_STREAM_CODECS);
  if (s->n_codecs > ES_STREAM_CODECS)
    forget_codec(s, pool, s->codec);
  s->codecs[s->codec] = (EsStreamCodec){.codec = *codec};
}

// As much of a text as fits, whole characters only.
static void copy_text(char *to, const char *text, gsize size) {
  const char *end;
  g_strlcpy(to, text, size);
  if (!g_utf8_validate(to, -1, &end))
    to[end - to] = '\0';
}

static void open_decoder(EsStream *s, EsStreamCodec *slot) {
  g_autoptr(GError) error = NULL;
  slot->tried = TRUE;
  slot->decoder = es_decoder_new(&slot->codec, &error);
  if (!slot->decoder && s->problem[0] == '\0')
    copy_text(s->problem, error->message, sizeof s->problem);
}

EsDecoder *es_stream_decoder(const EsStream *s, const EsQueuedPacket *packet) {
  return s->codecs[packet->codec].decoder;
}

gboolean es_stream_decodes(const EsStream *s) {
  for (guint i = 0; i < MIN(s->n_codecs, ES_STREAM_CODECS); i++)
    if (s->codecs[i].decoder && es_codec_is_audio(&s->codecs[i].codec))
      return TRUE;
  return FALSE;
}

void es_stream_reset_decoders(EsStream *s) {
  for (guint i = 0; i < ES_STREAM_CODECS; i++)
    if (s->codecs[i].decoder)
      es_decoder_reset(s->codecs[i].decoder);
}

// --- counting ---

static gint64 unwrap(const EsStream *s, guint32 timestamp) {
  return s->timed ? s->timestamp + (gint32)(timestamp - (guint32)s->timestamp) : timestamp;
}

static EsSequenceTime time_hint(const EsStream *s, const EsMediaPacket *packet, gint64 arrival) {
  gint64 clock_hz = packet->codec->clock_hz, step = unwrap(s, packet->timestamp) - s->timestamp;
  if (!s->timed || (step <= 0 && step >= -OLDEST_S * clock_hz))
    return ES_SEQUENCE_TIME_OLDER;
  gint64 ahead = (guint16)(packet->sequence - (guint16)s->sequence.highest) * s->duration;
  gint64 ticks = step * ES_TICKS_PER_S / clock_hz, passed = arrival - s->last_arrival;
  if (step > 0 && ABS(ticks - ahead) <= ticks / 4 && ABS(ticks - passed) <= MAX(FAR_OFF, ticks / 10))
    return ES_SEQUENCE_TIME_IN_STEP;
  return ES_SEQUENCE_TIME_OTHER;
}

static EsSequencePlace count(EsStream *s, const EsMediaPacket *packet, gint64 arrival, gint64 *sequence) {
  EsSequencePlace place =
      es_sequence_push(&s->sequence, packet->sequence, time_hint(s, packet, arrival), sequence);
  s->codecs[s->codec].packets++;
  return place;
}

// The newest packet's time, once its old value has served.
static void remember_time(EsStream *s, const EsMediaPacket *packet, gint64 arrival) {
  if (packet->codec->id == ES_CODEC_TELEPHONE_EVENT)
    return; // an event keeps the time at which it began
  s->timestamp = unwrap(s, packet->timestamp);
  s->last_arrival = arrival;
  s->timed = TRUE;
}

void es_stream_count(EsStream *s, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival) {
  gint64 sequence;
  use_codec(s, pool, packet->codec);
  EsSequencePlace place = count(s, packet, arrival, &sequence);
  if (place == ES_SEQUENCE_AHEAD || place == ES_SEQUENCE_RESTART)
    remember_time(s, packet, arrival);
}

// --- clock maps ---

static EsClockMap *map_number(EsStream *s, guint number) {
  return &s->maps[number % ES_STREAM_MAPS];
}

static EsClockMap *start_map(EsStream *s, int clock_hz, gint64 sequence, gint64 timestamp, gint64 arrival) {
  EsClockMap *map = map_number(s, s->n_maps);
  double sxx, sxy;
  if (s->n_maps > 0) // what waits for the map before must not wait for ever
    es_clock_map_settle(map_number(s, s->n_maps - 1));
  es_clock_map_fit(map, &sxx, &sxy);
  s->past_sxx += sxx;
  s->past_sxy += sxy;
  s->n_maps++;
  es_clock_map_start(map, clock_hz, sequence, timestamp, arrival);
  return map;
}

EsClockMap *es_stream_map(EsStream *s, const EsQueuedPacket *packet) {
  EsClockMap *map = map_number(s, packet->map);
  return s->n_maps - packet->map <= ES_STREAM_MAPS && map->anchored ? map : NULL;
}

gboolean es_stream_next_place(EsStream *s, gint64 *place) {
  EsClockMap *map = s->queue.head ? es_stream_map(s, s->queue.head) : NULL;
  if (map)
    *place = es_clock_map_place(map, s->queue.head->timestamp);
  return map != NULL;
}

static gboolean out_of_reach(const EsStream *s, const EsClockMap *map, gint64 timestamp, gint64 arrival,
                             gint64 frontier) {
  gint64 place = es_clock_map_place(map, timestamp), transit = arrival - place;
  if (!map->anchored)
    return ABS(transit) > FAR_OFF;
  gint64 step = es_clock_map_ticks(map, timestamp - s->timestamp);
  gboolean jumped = s->timed && step > s->duration * 3 / 2;
  return place < frontier || transit < -FAR_OFF || (jumped && transit < -JUMPED_AHEAD);
}

// Number of the map that a packet belongs to.
static guint choose_map(EsStream *s, const EsQueuedPacket *p, int clock_hz, gboolean ahead, gint64 frontier) {
  EsClockMap *map = s->n_maps > 0 ? map_number(s, s->n_maps - 1) : NULL;
  if (!map ||
      (ahead && (map->clock_hz != clock_hz || out_of_reach(s, map, p->timestamp, p->arrival, frontier)))) {
    start_map(s, clock_hz, p->sequence, p->timestamp, p->arrival);
    return s->n_maps - 1;
  }
  guint number = s->n_maps - 1;
  while (number > 0 && s->n_maps - number < ES_STREAM_MAPS &&
         map_number(s, number)->first_sequence > p->sequence)
    number--;
  return number;
}

// A packet held back by the network gives the old places again: then the old map goes on.
static void settle_map(EsStream *s, EsClockMap *map) {
  es_clock_map_settle(map);
  EsClockMap *before = s->n_maps > 1 ? map_number(s, s->n_maps - 2) : NULL;
  if (!before || before->clock_hz != map->clock_hz || map->first_sequence < s->sequence.lowest ||
      before->first_sequence < s->sequence.lowest)
    return;
  gint64 apart =
      es_clock_map_place(map, map->first_timestamp) - es_clock_map_place(before, map->first_timestamp);
  if (ABS(apart) > SAME_PLACE)
    return;
  gint64 first_sequence = map->first_sequence;
  *map = *before;
  map->first_sequence = first_sequence;
  before->n = 0; // its stretches are counted in the copy
}

gboolean es_stream_settle(EsStream *s, gint64 now, gboolean all) {
  EsClockMap *map = s->n_maps > 0 ? map_number(s, s->n_maps - 1) : NULL;
  if (!map || map->anchored)
    return FALSE;
  if (!all && now - map->first_arrival < ANCHOR_TIME)
    return TRUE;
  settle_map(s, map);
  return FALSE;
}

// --- queueing ---

static EsQueuedPacket *copy_packet(EsStream *s, EsPacketPool *pool, const EsMediaPacket *packet,
                                   gint64 sequence, gint64 timestamp, gint64 arrival) {
  EsQueuedPacket *copy = es_packet_pool_take(pool, packet->payload, packet->length);
  if (!copy)
    return NULL;
  copy->sequence = sequence;
  copy->timestamp = timestamp;
  copy->arrival = arrival;
  copy->codec = s->codec;
  return copy;
}

static void queue_packet(EsStream *s, EsQueuedPacket *packet, guint map) {
  packet->map = map;
  if (packet->sequence == s->sequence.highest) // one that was overtaken tells nothing about the least transit
    es_clock_map_observe(map_number(s, map), packet->timestamp, packet->arrival);
  es_packet_queue_insert(&s->queue, packet);
}

static void drop_stray(EsStream *s, EsPacketPool *pool) {
  if (s->stray)
    es_packet_pool_give(pool, g_steal_pointer(&s->stray));
}

// The stray before was the first packet of a new run.
static void queue_stray(EsStream *s, gint64 sequence) {
  EsQueuedPacket *stray = g_steal_pointer(&s->stray);
  if (!stray)
    return;
  stray->sequence = sequence;
  start_map(s, s->codecs[stray->codec].codec.clock_hz, sequence, stray->timestamp, stray->arrival);
  queue_packet(s, stray, s->n_maps - 1);
}

static gboolean is_late(EsStream *s, const EsQueuedPacket *packet, gint64 frontier, gint64 *place) {
  EsClockMap *map = es_stream_map(s, packet);
  *place = map ? es_clock_map_place(map, packet->timestamp) : G_MININT64;
  if (s->taken && packet->sequence <= s->last_sequence)
    return TRUE;
  return map && *place + s->duration <= frontier;
}

// An old number with a timestamp from elsewhere would block the queue until its time comes.
static gboolean is_nonsense(EsStream *s, const EsQueuedPacket *packet) {
  EsClockMap *map = map_number(s, packet->map);
  return es_clock_map_place(map, packet->timestamp) - packet->arrival > FAR_OFF;
}

static EsStreamTake queue_new(EsStream *s, EsPacketPool *pool, EsQueuedPacket *packet, EsSequencePlace place,
                              gint64 frontier, gint64 *where) {
  int clock_hz = s->codecs[packet->codec].codec.clock_hz;
  if (place == ES_SEQUENCE_RESTART)
    queue_stray(s, packet->sequence - 1);
  guint map = choose_map(s, packet, clock_hz, place != ES_SEQUENCE_BEHIND, frontier);
  packet->map = map;
  if (place == ES_SEQUENCE_BEHIND && is_nonsense(s, packet)) {
    es_packet_pool_give(pool, packet);
    return ES_STREAM_COUNTED;
  }
  if (place == ES_SEQUENCE_BEHIND && is_late(s, packet, frontier, where)) {
    s->late++;
    es_packet_pool_give(pool, packet);
    return ES_STREAM_LATE;
  }
  queue_packet(s, packet, map);
  return ES_STREAM_QUEUED;
}

static EsStreamTake drop(EsStream *s, gint64 timestamp, gint64 *where) {
  EsClockMap *map = s->n_maps > 0 ? map_number(s, s->n_maps - 1) : NULL;
  if (map && map->anchored)
    *where = es_clock_map_place(map, timestamp);
  return ES_STREAM_DROPPED;
}

EsStreamTake es_stream_take(EsStream *s, EsPacketPool *pool, const EsMediaPacket *packet, gint64 arrival,
                            gint64 frontier, gint64 *where) {
  gint64 sequence = 0, timestamp = unwrap(s, packet->timestamp);
  gboolean event = packet->codec->id == ES_CODEC_TELEPHONE_EVENT;
  *where = G_MININT64;
  use_codec(s, pool, packet->codec);
  if (!event && !s->codecs[s->codec].tried)
    open_decoder(s, &s->codecs[s->codec]);
  EsSequencePlace place = count(s, packet, arrival, &sequence);
  EsStreamTake result = ES_STREAM_COUNTED;
  if (place != ES_SEQUENCE_RESTART)
    drop_stray(s, pool);
  if (place != ES_SEQUENCE_DUPLICATE && !event) {
    EsQueuedPacket *copy = copy_packet(s, pool, packet, sequence, timestamp, arrival);
    if (copy && place == ES_SEQUENCE_STRAY)
      s->stray = copy;
    else if (copy)
      result = queue_new(s, pool, copy, place, frontier, where);
    else
      result = drop(s, timestamp, where);
  }
  if (place == ES_SEQUENCE_AHEAD || place == ES_SEQUENCE_RESTART)
    remember_time(s, packet, arrival);
  return result;
}

// --- results ---

void es_stream_ledger(const EsStream *s, EsStreamLedger *ledger) {
  memset(ledger, 0, sizeof *ledger);
  const EsStreamCodec *most = &s->codecs[0];
  for (guint i = 1; i < MIN(s->n_codecs, ES_STREAM_CODECS); i++)
    if (s->codecs[i].packets > most->packets)
      most = &s->codecs[i];
  ledger->ssrc = s->ssrc;
  g_strlcpy(ledger->codec, most->codec.name, sizeof ledger->codec);
  g_strlcpy(ledger->source, s->source, sizeof ledger->source);
  ledger->expected = es_sequence_expected(&s->sequence);
  ledger->received = es_sequence_received(&s->sequence);
  ledger->lost = ledger->expected - ledger->received;
  ledger->late = s->late;
  ledger->duplicate = s->sequence.duplicate;
  ledger->reordered = s->sequence.reordered;
  ledger->undecodable = s->undecodable;
  ledger->recovered = s->recovered;
  if (s->decoded > 0)
    return;
  if (s->problem[0]) // also of a stream that another one kept from being heard
    copy_text(ledger->problem, s->problem, sizeof ledger->problem);
  else if (s->undecodable > 0)
    copy_text(ledger->problem, _("no payload could be decoded"), sizeof ledger->problem);
}

void es_stream_fit(const EsStream *s, double *sxx, double *sxy) {
  *sxx = s->past_sxx;
  *sxy = s->past_sxy;
  for (guint i = 0; i < MIN(s->n_maps, ES_STREAM_MAPS); i++) {
    double xx, xy;
    es_clock_map_fit(&s->maps[i], &xx, &xy);
    *sxx += xx;
    *sxy += xy;
  }
}
