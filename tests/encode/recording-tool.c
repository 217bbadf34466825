// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Feeds a recording from a script on standard input, one order a line, and prints what it says of itself as
// JSON. Made for test-recording.py.
//
//   codec NUMBER RTPMAP [FMTP]
//   push|count LEG SSRC SEQUENCE TIMESTAMP CODEC ARRIVAL_US [PAYLOAD in hex]
//   explain LEG REASON AT_US      clear LEG AT_US      advance NOW_US      peek
//   dropped FROM_US UNTIL_US
//   finish END_US PATH [TAG...]   (tags separated by tabs)
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "earshot/encode/recording.h"

#define CODECS 16

static EsCodec codecs[CODECS];
static EsRecording *recording;

static gsize read_hex(const char *text, guint8 *bytes, gsize room) {
  gsize n = 0;
  for (; g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1]) && n < room; text += 2)
    bytes[n++] = (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
  return n;
}

static void push(char **words, gboolean count) {
  static guint8 payload[65536];
  EsAddress source = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, .port = 4000};
  EsMediaPacket packet = {
      .leg = (guint)atoi(words[1]),
      .ssrc = (guint32)strtoul(words[2], NULL, 0),
      .sequence = (guint16)atoi(words[3]),
      .timestamp = (guint32)strtoul(words[4], NULL, 10),
      .codec = &codecs[atoi(words[5]) % CODECS],
      .source = &source,
      .arrival_us = strtoll(words[6], NULL, 10),
      .payload = payload,
      .length = words[7] ? read_hex(words[7], payload, sizeof payload) : 0,
  };
  if (count) {
    es_recording_count(recording, &packet);
    return;
  }
  g_autoptr(GError) error = NULL;
  es_recording_push(recording, &packet);
  if (!es_recording_advance(recording, packet.arrival_us, &error))
    fprintf(stderr, "advance: %s\n", error->message);
}

static void print_number(const char *name, double value) {
  if (isnan(value))
    printf("\"%s\": null, ", name);
  else
    printf("\"%s\": %.3f, ", name, value);
}

static void print_intervals(const char *name, const GArray *intervals) {
  printf("\"%s\": [", name);
  for (guint i = 0; i < intervals->len; i++) {
    const EsInterval *it = &g_array_index(intervals, EsInterval, i);
    printf("%s[%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]", i ? ", " : "", it->start_ms, it->end_ms);
  }
  printf("], ");
}

static void print_stream(const EsStreamLedger *s) {
  printf("{\"ssrc\": %u, \"codec\": \"%s\", \"source\": \"%s\", \"problem\": \"%s\", \"expected\": "
         "%" G_GUINT64_FORMAT ", \"received\": %" G_GUINT64_FORMAT ", \"lost\": %" G_GUINT64_FORMAT
         ", \"late\": %" G_GUINT64_FORMAT ", \"duplicate\": %" G_GUINT64_FORMAT
         ", \"reordered\": %" G_GUINT64_FORMAT ", \"undecodable\": %" G_GUINT64_FORMAT
         ", \"recovered\": %" G_GUINT64_FORMAT "}",
         s->ssrc, s->codec, s->source, s->problem, s->expected, s->received, s->lost, s->late, s->duplicate,
         s->reordered, s->undecodable, s->recovered);
}

static void print_leg(const EsLegResult *leg) {
  printf("{");
  print_number("filled_ms", (double)leg->filled_ms);
  print_number("drift_ppm", leg->drift_ppm);
  print_number("drift_removed_ms", (double)leg->drift_removed_ms);
  print_number("speech_ms", (double)leg->speech_ms);
  print_number("raised_ms", (double)leg->raised_ms);
  print_number("loudness_lufs", leg->loudness_lufs);
  print_number("greeting_ms", (double)leg->greeting_ms);
  print_intervals("speech", leg->speech);
  printf("\"codec\": \"%s\", \"rate_hz\": %d, \"streams\": [", leg->codec, leg->rate_hz);
  for (guint i = 0; i < leg->streams->len; i++) {
    printf("%s", i ? ", " : "");
    print_stream(&g_array_index(leg->streams, EsStreamLedger, i));
  }
  printf("]}");
}

static void print_result(gboolean ok, const EsRecordingResult *result) {
  printf("{\"ok\": %s, \"path\": \"%s\", \"sha256\": \"%s\", ", ok ? "true" : "false",
         result->path ? result->path : "", result->sha256 ? result->sha256 : "");
  print_number("start_us", (double)result->start_us);
  print_number("audio_ms", (double)result->audio_ms);
  print_number("bytes", (double)result->bytes);
  print_intervals("talk_over", result->talk_over);
  print_intervals("dead_air", result->dead_air);
  printf("\"rate_hz\": %d, \"channels\": %d, \"gaps\": [", result->rate_hz, result->channels);
  for (guint i = 0; i < result->gaps->len; i++) {
    const EsGap *gap = &g_array_index(result->gaps, EsGap, i);
    printf("%s[%u, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", \"%s\"]", i ? ", " : "", gap->leg,
           gap->start_ms, gap->length_ms, es_gap_reason_name(gap->reason));
  }
  printf("], \"legs\": [");
  for (guint i = 0; i < result->legs->len; i++) {
    printf("%s", i ? ", " : "");
    print_leg(&g_array_index(result->legs, EsLegResult, i));
  }
  printf("]}\n");
}

static void finish(char **words, char **tags) {
  g_autoptr(GError) error = NULL;
  EsRecordingResult result;
  gboolean ok = es_recording_finish(recording, strtoll(words[1], NULL, 10), (const char *const *)tags,
                                    words[2], &result, &error);
  if (!ok)
    fprintf(stderr, "finish: %s\n", error->message);
  print_result(ok, &result);
  es_recording_result_clear(&result);
}

static void explain(char **words) {
  EsGapReason reason;
  if (es_gap_reason_parse(words[2], &reason))
    es_recording_explain(recording, (guint)atoi(words[1]), reason, strtoll(words[3], NULL, 10));
}

static void peek(void) {
  EsRecordingResult result;
  es_recording_peek(recording, &result);
  print_result(TRUE, &result);
  es_recording_result_clear(&result);
}

static void obey(char *line) {
  g_auto(GStrv) fields = g_strsplit(g_strchomp(line), "\t", -1);
  g_auto(GStrv) words = g_strsplit(fields[0], " ", -1);
  const char *order = words[0];
  if (strcmp(order, "push") == 0 || strcmp(order, "count") == 0)
    push(words, order[0] == 'c');
  else if (strcmp(order, "codec") == 0)
    es_codec_from_rtpmap(words[2], words[3], &codecs[atoi(words[1]) % CODECS]);
  else if (strcmp(order, "explain") == 0)
    explain(words);
  else if (strcmp(order, "dropped") == 0)
    es_recording_dropped(recording, strtoll(words[1], NULL, 10), strtoll(words[2], NULL, 10));
  else if (strcmp(order, "clear") == 0)
    es_recording_clear(recording, (guint)atoi(words[1]), strtoll(words[2], NULL, 10));
  else if (strcmp(order, "advance") == 0)
    es_recording_advance(recording, strtoll(words[1], NULL, 10), NULL);
  else if (strcmp(order, "peek") == 0)
    peek();
  else if (strcmp(order, "finish") == 0)
    finish(words, fields + 1);
}

// recording-tool SPOOL LEGS mixed|split COMPLEXITY BITRATE
int main(int argc, char **argv) {
  char *line = NULL;
  size_t room = 0;
  EsRecordingSettings settings;
  if (argc != 6)
    return 2;
  es_recording_settings_init(&settings);
  settings.spool = argv[1];
  settings.channels = strcmp(argv[3], "split") == 0 ? ES_CHANNELS_SPLIT : ES_CHANNELS_MIXED;
  settings.complexity = atoi(argv[4]);
  settings.bitrate = atoi(argv[5]);
  recording = es_recording_new(&settings, "recording", (guint)atoi(argv[2]));
  while (getline(&line, &room, stdin) > 0)
    obey(line);
  es_recording_free(recording);
  free(line);
  return 0;
}
