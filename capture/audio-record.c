// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "audio-record.h"
#include "earshot/common/clock.h"
#include "earshot/common/id.h"
#include "earshot/common/little-endian.h"
#include <string.h>

#define VERSION 1
#define BEGIN_BYTES (4 + 16 + 24 + ID_BYTES)
#define ID_BYTES 36
#define SOURCE_BYTES 40
#define PACKET_BYTES 16
#define REST_BYTES 24
#define MARKER 1u
#define UNTIL 2u
#define SOURCES_MAX 256
#define LEGS_MAX 1024
#define LAST_MOMENT_US (G_GINT64_CONSTANT(253402300800) * G_USEC_PER_SEC) // the year 10000
// How a call is recorded and who its voices are is said again after so long, the first time sooner: a block
// that is damaged must not cost all that comes after it.
#define AGAIN_US (5 * ES_US_PER_S)
#define FIRST_AGAIN_US ES_US_PER_S

typedef struct {
  gboolean known;
  gboolean said; // to whoever reads from here on
  guint32 leg, ssrc;
  EsCodec codec;
  EsAddress address;
} Source;

struct EsAudioSources {
  GArray *known;  // of Source, by number
  guint next;     // number of the next new one
  gboolean begun; // begin is what was said
  guint8 begin[BEGIN_BYTES];
  gint64 again_us;   // when all this is to be said again, by packets; ES_UNKNOWN: before the first
  gint64 refused_us; // since when packets were refused of which the journal does not say so; ES_UNKNOWN: none
};

gboolean es_audio_do(EsRecording *recording, const EsAudioSaid *said, GError **error) {
  switch (said->kind) {
  case ES_JOURNAL_PUSH:
    es_recording_push(recording, &said->packet);
    return es_recording_advance(recording, said->until_us, error);
  case ES_JOURNAL_COUNT:
    es_recording_count(recording, &said->packet);
    return TRUE;
  case ES_JOURNAL_ADD_LEG:
    es_recording_add_leg(recording);
    return TRUE;
  case ES_JOURNAL_EXPLAIN:
    es_recording_explain(recording, said->leg, said->reason, said->from_us);
    return TRUE;
  case ES_JOURNAL_CLEAR:
    es_recording_clear(recording, said->leg, said->from_us);
    return TRUE;
  case ES_JOURNAL_DROPPED:
    es_recording_dropped(recording, said->from_us, said->until_us);
    return TRUE;
  case ES_JOURNAL_ADVANCE:
    return es_recording_advance(recording, said->from_us, error);
  default:
    return TRUE;
  }
}

// ---- sources

EsAudioSources *es_audio_sources_new(void) {
  EsAudioSources *sources = g_new0(EsAudioSources, 1);
  sources->known = g_array_new(FALSE, TRUE, sizeof(Source));
  sources->refused_us = sources->again_us = ES_UNKNOWN;
  return sources;
}

void es_audio_sources_free(EsAudioSources *sources) {
  if (!sources)
    return;
  g_array_unref(sources->known);
  g_free(sources);
}

void es_audio_sources_say_again(EsAudioSources *sources) {
  for (guint i = 0; i < sources->known->len; i++)
    g_array_index(sources->known, Source, i).said = FALSE;
}

gboolean es_audio_same_codec(const EsCodec *a, const EsCodec *b) {
  return a->id == b->id && a->clock_hz == b->clock_hz && a->rate_hz == b->rate_hz &&
         a->channels == b->channels && strcmp(a->name, b->name) == 0 && strcmp(a->fmtp, b->fmtp) == 0;
}

static gboolean is_of(const Source *source, const EsMediaPacket *packet) {
  return source->known && source->ssrc == packet->ssrc && source->leg == packet->leg &&
         es_audio_same_codec(&source->codec, packet->codec) &&
         es_address_equal(&source->address, packet->source);
}

static void set_source(EsAudioSources *sources, guint number, const Source *source) {
  if (number >= sources->known->len)
    g_array_set_size(sources->known, number + 1);
  g_array_index(sources->known, Source, number) = *source;
}

static gboolean write_source(EsJournal *journal, EsJournalCall *call, guint number, const Source *s) {
  guint8 head[SOURCE_BYTES] = {(guint8)number, (guint8)s->codec.id, (guint8)s->codec.channels, 0};
  char texts[sizeof s->codec.name + sizeof s->codec.fmtp];
  gsize name = strlen(s->codec.name), fmtp = strlen(s->codec.fmtp);
  es_put_u32(head + 4, s->leg);
  es_put_u32(head + 8, s->ssrc);
  es_put_u32(head + 12, (guint32)s->codec.clock_hz);
  es_put_u32(head + 16, (guint32)s->codec.rate_hz);
  memcpy(head + 20, s->address.ip, sizeof s->address.ip);
  es_put_u16(head + 36, s->address.port);
  head[38] = (guint8)name;
  head[39] = (guint8)fmtp;
  memcpy(texts, s->codec.name, name);
  memcpy(texts + name, s->codec.fmtp, fmtp);
  return es_journal_append(journal, call, ES_JOURNAL_SOURCE, head, sizeof head, texts, name + fmtp) != 0;
}

// The number of the packet's source, which is said if it is new. -1 if that was refused.
static int number_of(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                     const EsMediaPacket *packet) {
  for (guint i = 0; i < sources->known->len; i++) {
    Source *known = &g_array_index(sources->known, Source, i);
    if (!is_of(known, packet))
      continue;
    known->said = known->said || write_source(journal, call, i, known);
    return known->said ? (int)i : -1;
  }
  Source source = {TRUE, TRUE, packet->leg, packet->ssrc, *packet->codec, *packet->source};
  guint number = sources->next % SOURCES_MAX; // one that was new so long ago is hardly heard any more
  if (!write_source(journal, call, number, &source))
    return -1;
  sources->next++;
  set_source(sources, number, &source);
  return (int)number;
}

// ---- writing

gboolean es_audio_record_begin(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                               const EsRecordingSettings *settings, const char *id, guint n_legs) {
  guint8 *body = sources->begin;
  es_put_u16(body, VERSION);
  es_put_u16(body + 2, (guint16)n_legs);
  es_put_u32(body + 4, (guint32)settings->bitrate);
  es_put_u32(body + 8, (guint32)settings->complexity);
  es_put_u32(body + 12, (guint32)settings->channels);
  es_put_u32(body + 16, (guint32)(gint32)(settings->silence_db * 1000));
  es_put_u64(body + 20, (guint64)settings->reorder_ms);
  es_put_u64(body + 28, (guint64)settings->dead_air_ms);
  es_put_u64(body + 36, (guint64)settings->talk_over_ms);
  memcpy(body + 44, id, MIN(strlen(id), ID_BYTES));
  sources->begun = TRUE;
  return es_journal_append(journal, call, ES_JOURNAL_BEGIN, body, BEGIN_BYTES, NULL, 0) != 0;
}

// Longer by a byte than what was said first, so that a reader knows that there was more before.
static void say_again(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources, gint64 now_us) {
  gboolean first = sources->again_us == ES_UNKNOWN;
  gboolean due = now_us >= sources->again_us || sources->again_us - now_us > AGAIN_US; // or they went back
  if (!first && !due)
    return;
  sources->again_us = now_us + (first ? FIRST_AGAIN_US : AGAIN_US);
  if (first)
    return;
  es_audio_sources_say_again(sources);
  if (sources->begun)
    es_journal_append(journal, call, ES_JOURNAL_BEGIN, sources->begin, BEGIN_BYTES, "", 1);
}

static guint64 write_packet(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                            const EsAudioSaid *said) {
  const EsMediaPacket *p = &said->packet;
  gboolean pushed = said->kind == ES_JOURNAL_PUSH, until = pushed && said->until_us != p->arrival_us;
  guint8 head[PACKET_BYTES + 8];
  say_again(journal, call, sources, p->arrival_us);
  int number = number_of(journal, call, sources, p);
  if (number < 0)
    return 0;
  head[0] = (guint8)number;
  head[1] = (guint8)((p->marker ? MARKER : 0) | (until ? UNTIL : 0));
  es_put_u16(head + 2, p->sequence);
  es_put_u32(head + 4, p->timestamp);
  es_put_u64(head + 8, (guint64)p->arrival_us);
  es_put_u64(head + 16, (guint64)said->until_us);
  return es_journal_append(journal, call, said->kind, head, PACKET_BYTES + (until ? 8 : 0), p->payload,
                           pushed ? p->length : 0);
}

static guint64 write_rest(EsJournal *journal, EsJournalCall *call, const EsAudioSaid *said) {
  guint8 body[REST_BYTES];
  es_put_u32(body, said->leg);
  es_put_u32(body + 4, (guint32)said->reason);
  es_put_u64(body + 8, (guint64)said->from_us);
  es_put_u64(body + 16, (guint64)said->until_us);
  gsize length = said->kind == ES_JOURNAL_ADD_LEG ? 0 : sizeof body;
  return es_journal_append(journal, call, said->kind, body, length, NULL, 0);
}

guint64 es_audio_record_write(EsJournal *journal, EsJournalCall *call, EsAudioSources *sources,
                              const EsAudioSaid *said) {
  if (said->kind != ES_JOURNAL_PUSH && said->kind != ES_JOURNAL_COUNT)
    return write_rest(journal, call, said);
  gint64 now_us = said->packet.arrival_us, since_us = sources->refused_us;
  EsAudioSaid gap = {.kind = ES_JOURNAL_DROPPED, .from_us = MIN(since_us, now_us), .until_us = now_us};
  if (since_us != ES_UNKNOWN && !write_rest(journal, call, &gap))
    return 0;
  guint64 position = write_packet(journal, call, sources, said);
  sources->refused_us = position ? ES_UNKNOWN : now_us;
  return position;
}

// ---- reading

static gboolean is_moment(gint64 us) {
  return us >= 0 && us < LAST_MOMENT_US;
}

gboolean es_audio_record_read_begin(const EsJournalRecord *record, EsAudioBegin *begin) {
  const guint8 *body = record->body;
  if (record->kind != ES_JOURNAL_BEGIN || record->length < BEGIN_BYTES || es_get_u16(body) < VERSION)
    return FALSE;
  *begin = (EsAudioBegin){.n_legs = CLAMP(es_get_u16(body + 2), 1, LEGS_MAX),
                          .again = record->length > BEGIN_BYTES};
  memcpy(begin->id, body + 44, ID_BYTES);
  es_recording_settings_init(&begin->settings);
  begin->settings.bitrate = CLAMP((gint32)es_get_u32(body + 4), 0, 510000);
  begin->settings.complexity = CLAMP((gint32)es_get_u32(body + 8), 0, 10);
  begin->settings.channels =
      es_get_u32(body + 12) == ES_CHANNELS_SPLIT ? ES_CHANNELS_SPLIT : ES_CHANNELS_MIXED;
  begin->settings.steered = FALSE;
  begin->settings.silence_db = CLAMP((gint32)es_get_u32(body + 16), -200000, 0) / 1000.0;
  begin->settings.reorder_ms = CLAMP((gint64)es_get_u64(body + 20), 0, 10000);
  begin->settings.dead_air_ms = CLAMP((gint64)es_get_u64(body + 28), 0, G_MAXINT32);
  begin->settings.talk_over_ms = CLAMP((gint64)es_get_u64(body + 36), 0, G_MAXINT32);
  return es_id_is_whole(begin->id);
}

static gboolean copy_text(char *to, gsize size, const guint8 *from, gsize length) {
  if (length >= size || memchr(from, '\0', length))
    return FALSE;
  memcpy(to, from, length);
  to[length] = '\0';
  return g_utf8_validate(to, -1, NULL);
}

static void learn(const EsJournalRecord *record, EsAudioSources *sources) {
  const guint8 *body = record->body;
  if (record->length < SOURCE_BYTES)
    return;
  gsize name = body[38], fmtp = body[39];
  Source s = {.known = TRUE, .said = TRUE, .leg = es_get_u32(body + 4), .ssrc = es_get_u32(body + 8)};
  s.codec.id = body[1] <= ES_CODEC_TELEPHONE_EVENT ? (EsCodecId)body[1] : ES_CODEC_UNKNOWN;
  s.codec.channels = body[2];
  s.codec.clock_hz = CLAMP((gint32)es_get_u32(body + 12), 0, 1000000);
  s.codec.rate_hz = CLAMP((gint32)es_get_u32(body + 16), 8000, 48000);
  memcpy(s.address.ip, body + 20, sizeof s.address.ip);
  s.address.port = es_get_u16(body + 36);
  if (s.leg < LEGS_MAX && record->length >= SOURCE_BYTES + name + fmtp &&
      copy_text(s.codec.name, sizeof s.codec.name, body + SOURCE_BYTES, name) &&
      copy_text(s.codec.fmtp, sizeof s.codec.fmtp, body + SOURCE_BYTES + name, fmtp))
    set_source(sources, body[0], &s);
}

static gboolean read_packet(const EsJournalRecord *record, EsAudioSources *sources, EsAudioSaid *said) {
  const guint8 *body = record->body;
  gsize head = PACKET_BYTES + (record->length > 1 && body[1] & UNTIL ? 8 : 0);
  if (record->length < head || body[0] >= sources->known->len)
    return FALSE;
  const Source *source = &g_array_index(sources->known, Source, body[0]);
  said->packet = (EsMediaPacket){.leg = source->leg,
                                 .ssrc = source->ssrc,
                                 .sequence = es_get_u16(body + 2),
                                 .timestamp = es_get_u32(body + 4),
                                 .marker = (body[1] & MARKER) != 0,
                                 .codec = &source->codec,
                                 .source = &source->address,
                                 .arrival_us = (gint64)es_get_u64(body + 8),
                                 .payload = body + head,
                                 .length = record->length - head};
  said->until_us = head > PACKET_BYTES ? (gint64)es_get_u64(body + 16) : said->packet.arrival_us;
  return source->known && is_moment(said->packet.arrival_us) && is_moment(said->until_us);
}

static gboolean read_rest(const EsJournalRecord *record, EsAudioSaid *said) {
  const guint8 *body = record->body;
  if (record->length < REST_BYTES)
    return FALSE;
  said->leg = es_get_u32(body);
  said->reason = (EsGapReason)MIN(es_get_u32(body + 4), ES_GAP_REASONS - 1);
  said->from_us = (gint64)es_get_u64(body + 8);
  said->until_us = (gint64)es_get_u64(body + 16);
  return is_moment(said->from_us) && (said->kind != ES_JOURNAL_DROPPED || is_moment(said->until_us));
}

gboolean es_audio_record_read(const EsJournalRecord *record, EsAudioSources *sources, EsAudioSaid *said) {
  *said = (EsAudioSaid){.kind = record->kind};
  switch (record->kind) {
  case ES_JOURNAL_SOURCE:
    learn(record, sources);
    return FALSE;
  case ES_JOURNAL_PUSH:
  case ES_JOURNAL_COUNT:
    return read_packet(record, sources, said);
  case ES_JOURNAL_ADD_LEG:
    return TRUE;
  case ES_JOURNAL_EXPLAIN:
  case ES_JOURNAL_CLEAR:
  case ES_JOURNAL_DROPPED:
  case ES_JOURNAL_ADVANCE:
    return read_rest(record, said);
  default:
    return FALSE;
  }
}
