// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What open recordings take on the heap: fifty calls of two G.711 legs, ten seconds old, each way of
// channels.
#include <glib/gstdio.h>
#include <malloc.h>

#include "earshot/encode/recording.h"

#define CALLS 8
#define PACKETS 200

// Where a sanitizer stands in for malloc, it knows.
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static gint64 heap_bytes(void) {
  return (gint64)(__sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
                                                          : mallinfo2().uordblks);
}

static void push(EsRecording *recording, guint leg, guint number, gboolean speaks) {
  static const EsAddress source = {.port = 4000};
  EsCodec codec;
  guint8 payload[160];
  es_codec_from_payload_type(0, &codec);
  for (guint i = 0; i < sizeof payload; i++)
    payload[i] = speaks ? (guint8)g_random_int() : 0xff;
  EsMediaPacket packet = {.leg = leg,
                          .ssrc = leg + 1,
                          .sequence = (guint16)number,
                          .timestamp = number * 160,
                          .codec = &codec,
                          .source = &source,
                          .arrival_us = G_USEC_PER_SEC + number * 20000,
                          .payload = payload,
                          .length = sizeof payload};
  es_recording_push(recording, &packet);
  g_assert_true(es_recording_advance(recording, packet.arrival_us, NULL));
}

// Bytes for each of CALLS recordings.
static gint64 measure(EsChannels channels, guint speakers, guint packets) {
  EsRecordingSettings settings;
  EsRecording *recordings[CALLS];
  g_autofree char *spool = g_dir_make_tmp("earshot-memory-XXXXXX", NULL);
  es_recording_settings_init(&settings);
  settings.spool = spool;
  settings.channels = channels;
  gint64 before = heap_bytes();
  for (guint i = 0; i < CALLS; i++) {
    g_autofree char *id = g_strdup_printf("%u", i);
    recordings[i] = es_recording_new(&settings, id, 2);
  }
  for (guint number = 0; number < packets; number++)
    for (guint i = 0; i < CALLS; i++)
      for (guint leg = 0; leg < 2; leg++)
        push(recordings[i], leg, number, leg < speakers);
  gint64 each = (heap_bytes() - before) / CALLS;
  for (guint i = 0; i < CALLS; i++) {
    g_autofree char *part = g_strdup_printf("%s/%u.part", spool, i);
    es_recording_free(recordings[i]);
    g_unlink(part);
  }
  g_rmdir(spool);
  return each;
}

static void check(const char *what, gint64 bytes, gint64 most) {
  g_test_message("%s: %" G_GINT64_FORMAT " bytes", what, bytes);
  g_assert_cmpint(bytes, >, 10000);
  g_assert_cmpint(bytes, <, most);
}

static void test_open(void) {
  measure(ES_CHANNELS_MIXED, 2, 100); // what libraries keep for themselves
  check("mixed", measure(ES_CHANNELS_MIXED, 2, PACKETS), 100000);
  check("split", measure(ES_CHANNELS_SPLIT, 2, PACKETS), 150000);
}

// After ten seconds of it, a silent leg has no encoder.
static void test_silent_leg(void) {
  check("split, one silent", measure(ES_CHANNELS_SPLIT, 1, 650), 100000);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/memory/open", test_open);
  g_test_add_func("/memory/silent-leg", test_silent_leg);
  return g_test_run();
}
