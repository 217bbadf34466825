// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// audio-tool THREADS CALLS PACKETS [SPOOL [QUEUE-BYTES [later]]]: tells so many packets of each of so many
// calls to a pool of threads whose recordings only remember what they were told. Prints for each call, in the
// order of its number, how many packets came and a hash over them in their order, of the telling side and of
// the told one; then how many looks were had and how many calls failed to write (each seventh does, at its
// middle). With a SPOOL all of it goes through a journal there as well, which must tell the same. Built with
// ThreadSanitizer, hence without the libraries, which are not.
#include "audio-record.h"
#include "audio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "earshot/common/error.h"

#define ID "0199c82c-0000-7000-8000-00000000000a"

struct EsRecording {
  guint64 packets, hash;
  gint64 now_us, fails_us;
};

static guint64 add(guint64 hash, const void *bytes, gsize n) {
  for (gsize i = 0; i < n; i++)
    hash = (hash ^ ((const guint8 *)bytes)[i]) * G_GUINT64_CONSTANT(0x100000001b3);
  return hash;
}

static guint64 add_packet(guint64 hash, const EsMediaPacket *p) {
  hash = add(hash, &p->sequence, sizeof p->sequence);
  hash = add(hash, p->codec->name, strlen(p->codec->name));
  hash = add(hash, p->source, sizeof *p->source);
  return add(hash, p->payload, p->length);
}

EsRecording *es_recording_new(const EsRecordingSettings *settings, const char *id, guint n_legs) {
  EsRecording *r = g_new0(EsRecording, 1);
  r->fails_us = settings->dead_air_ms;
  return r;
}

void es_recording_free(EsRecording *r) {
  g_free(r);
}

void es_recording_settings_init(EsRecordingSettings *settings) {
  *settings = (EsRecordingSettings){.complexity = 5};
}

void es_recording_push(EsRecording *r, const EsMediaPacket *packet) {
  r->packets++;
  r->hash = add_packet(r->hash, packet);
}

void es_recording_count(EsRecording *r, const EsMediaPacket *packet) {
  es_recording_push(r, packet);
}

void es_recording_set_complexity(EsRecording *r, int complexity) {
}

void es_recording_explain(EsRecording *r, guint leg, EsGapReason reason, gint64 at_us) {
  r->hash = add(r->hash, &at_us, sizeof at_us);
}

void es_recording_clear(EsRecording *r, guint leg, gint64 at_us) {
  r->hash = add(r->hash, &at_us, sizeof at_us);
}

void es_recording_dropped(EsRecording *r, gint64 from_us, gint64 until_us) {
  r->hash = add(r->hash, &until_us, sizeof until_us);
}

void es_recording_add_leg(EsRecording *r) {
  r->hash = add(r->hash, "leg", 3);
}

gboolean es_recording_advance(EsRecording *r, gint64 now_us, GError **error) {
  gboolean fails = r->now_us < r->fails_us && now_us >= r->fails_us;
  r->now_us = now_us;
  if (fails)
    g_set_error(error, ES_ERROR, ES_ERROR_NO_SPACE, "the disk is full");
  return !fails;
}

gboolean es_recording_has_audio(const EsRecording *r, gint64 *start_us) {
  *start_us = 1;
  return r->packets > 0;
}

void es_recording_peek(const EsRecording *r, EsRecordingResult *result) {
  *result = (EsRecordingResult){.audio_ms = (gint64)r->packets};
}

void es_recording_result_clear(EsRecordingResult *result) {
}

typedef struct {
  EsAudio *audio;
  EsAddress source;
  guint64 told_hash, heard, heard_hash;
  gint64 looked;
  gboolean failed, told_order;
  gboolean left; // to the journal
} Call;

static void end(EsRecording *recording, const GError *failed, gpointer data) {
  Call *call = data;
  g_assert(!(failed && call->failed));
  call->left = recording == NULL;
  if (call->left)
    return;
  call->failed |= failed != NULL;
  call->heard = recording->packets;
  call->heard_hash = recording->hash;
  es_recording_free(recording);
}

static void tell(Call *call, guint number, guint packet, guint last) {
  guint8 payload[1400];
  EsCodec codec = {.id = ES_CODEC_PCMU};
  gsize length = (number * 7919 + packet * 31) % sizeof payload;
  memset(payload, (int)packet, length);
  g_snprintf(codec.name, sizeof codec.name, "codec-%u", packet % 3);
  EsMediaPacket p = {.sequence = (guint16)packet,
                     .codec = &codec,
                     .source = &call->source,
                     .arrival_us = packet,
                     .payload = payload,
                     .length = length};
  EsMediaPacket counted = p;
  counted.length = 0;
  call->told_hash = add_packet(call->told_hash, packet % 5 ? &p : &counted);
  if (packet % 5)
    es_audio_push(call->audio, &p, packet);
  else
    es_audio_count(call->audio, &p);
  if (packet % 100 == 0) {
    gint64 at_us = packet;
    es_audio_explain(call->audio, 0, ES_GAP_HOLD, at_us);
    es_audio_clear(call->audio, 0, at_us + 1);
    es_audio_dropped(call->audio, at_us, at_us + 2);
    es_audio_add_leg(call->audio);
    for (gint64 i = 0; i < 3; i++) {
      gint64 value = at_us + i;
      call->told_hash = add(call->told_hash, &value, sizeof value);
    }
    call->told_hash = add(call->told_hash, "leg", 3);
  }
  if (packet + 1 == last)
    es_audio_advance(call->audio, last);
  EsRecordingResult look;
  gint64 audio_us;
  if (packet % 50 == 49 && es_audio_peek(call->audio, &look, &audio_us)) {
    g_assert(look.audio_ms >= call->looked && look.audio_ms <= packet + 1 && audio_us == 1);
    call->looked = look.audio_ms;
  }
}

static void check(Call *call) {
  g_autoptr(GError) error = NULL;
  if (es_audio_check(call->audio, &error))
    return;
  g_assert(!call->failed && g_error_matches(error, ES_ERROR, ES_ERROR_NO_SPACE));
  call->failed = TRUE;
}

// What the journal holds, done to other recordings: they hear the same.
static void replay(EsJournal *journal, Call *calls, guint n) {
  g_autofree EsAudioSources **sources = g_new0(EsAudioSources *, n);
  g_autofree EsRecording *heard = g_new0(EsRecording, n);
  EsJournalReader *reader = es_journal_reader_new(journal, 0);
  EsJournalStats stats;
  es_journal_stats(journal, &stats);
  while (es_journal_reader_position(reader) < stats.appended) {
    EsJournalRecord record;
    EsAudioBegin begin;
    EsAudioSaid said;
    if (!es_journal_reader_next(reader, &record, NULL)) {
      es_journal_write_out(journal);
      g_usleep(1000);
      continue;
    }
    g_assert_cmpuint(record.call - 1, <, n);
    EsAudioSources **known = &sources[record.call - 1];
    if (record.kind == ES_JOURNAL_BEGIN) {
      g_assert_true(es_audio_record_read_begin(&record, &begin) && begin.n_legs == 2 && !*known);
      g_assert_cmpstr(begin.id, ==, ID);
      *known = es_audio_sources_new();
    } else if (es_audio_record_read(&record, *known, &said)) {
      es_audio_do(&heard[record.call - 1], &said, NULL);
    }
  }
  es_journal_reader_free(reader);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint(heard[i].hash, ==, calls[i].told_hash);
    es_audio_sources_free(sources[i]);
    if (calls[i].left) {
      calls[i].failed = TRUE;
      calls[i].heard = heard[i].packets;
      calls[i].heard_hash = heard[i].hash;
    }
  }
}

int main(int argc, char **argv) {
  guint threads = (guint)atoi(argv[1]), n = (guint)atoi(argv[2]), packets = (guint)atoi(argv[3]);
  // GLib makes what errors need with the first one, in a way that the sanitizer does not see through.
  g_error_free(g_error_new(ES_ERROR, ES_ERROR_NO_SPACE, "the first"));
  EsJournalSettings small = {.segment_bytes = 1024 * 1024, .memory_bytes = 1024 * 1024 * 1024};
  EsJournal *journal = argc > 4 ? es_journal_open(argv[4], 1, &small, NULL) : NULL;
  const EsAudioPoolSettings pooled = {.threads = threads,
                                      .queue_bytes = argc > 5 ? (gsize)atoi(argv[5]) : 4 * 1024 * 1024,
                                      .live = TRUE,
                                      .later = argc > 6,
                                      .journal = journal};
  EsAudioPool *pool = es_audio_pool_new(&pooled);
  Call *calls = g_new0(Call, n);
  for (guint i = 0; i < n; i++) {
    EsRecordingSettings settings = {.steered = i % 2 == 0,
                                    .dead_air_ms = i % 7 == 0 ? packets / 2 : G_MAXINT64};
    calls[i].source.port = (guint16)i;
    calls[i].audio = es_audio_new(pool, &settings, ID, 2, journal ? es_journal_call_new(journal) : NULL);
  }
  for (guint packet = 0; packet < packets; packet++)
    for (guint i = 0; i < n; i++) {
      tell(&calls[i], i, packet, packets);
      check(&calls[i]);
    }
  guint taken = 0, looks = 0, failed = 0;
  for (guint i = 0; i < n; i++)
    es_audio_end(calls[i].audio, end, &calls[i]);
  while (es_audio_pool_take(pool, 60 * 1000))
    taken++;
  g_autoptr(GError) told = es_audio_pool_failure(pool);
  g_assert_true((told != NULL) == (journal != NULL));
  es_audio_pool_free(pool);
  if (journal)
    replay(journal, calls, n);
  for (guint i = 0; i < n; i++) {
    printf("%" G_GUINT64_FORMAT " %016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x\n", calls[i].heard,
           calls[i].told_hash, calls[i].heard_hash);
    looks += calls[i].looked > 0;
    failed += calls[i].failed;
  }
  printf("%u %u %u\n", taken, looks, failed);
  es_journal_close(journal);
  g_free(calls);
  return 0;
}
