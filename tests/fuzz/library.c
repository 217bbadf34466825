// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "library.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "segments.h"

#define INPUTS 500

static EsFuzzLibrary library;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  return g_remove(path);
}

static void clear(void) {
  if (!library.path)
    return;
  g_clear_pointer(&library.index, es_index_close);
  nftw(library.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_clear_pointer(&library.path, g_free);
}

EsFuzzLibrary *es_fuzz_library(void) {
  static gboolean registered;
  if (!registered)
    atexit(clear);
  registered = TRUE;
  if (library.path && ++library.used < INPUTS)
    return &library;
  clear();
  const char *memory = g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
  library.path = g_mkdtemp(g_build_filename(memory, "earshot-fuzz-XXXXXX", NULL));
  library.index = es_index_open(library.path, ES_INDEX_CREATE, NULL);
  library.used = 0;
  g_assert_nonnull(library.index);
  return &library;
}

guint es_fuzz_library_spooled(const EsFuzzLibrary *l) {
  g_autofree char *spool = g_build_filename(l->path, "spool", NULL);
  g_autoptr(GDir) dir = g_dir_open(spool, 0, NULL);
  const char *name;
  guint n = 0;
  while (dir && (name = g_dir_read_name(dir)))
    n += g_strcmp0(name, "lock") != 0;
  return n;
}

// ---- what must hold of a row

static void check_gaps(const EsCall *call) {
  for (guint i = 0; i < call->gaps->len; i++) {
    const EsGap *gap = &g_array_index(call->gaps, EsGap, i);
    g_assert_cmpuint(gap->leg, <, call->legs->len);
    g_assert_cmpint(gap->start_ms, >=, 0);
    g_assert_cmpint(gap->length_ms, >, 0);
    g_assert_cmpint(gap->start_ms + gap->length_ms, <=, call->audio_ms + 1);
  }
}

static void check_legs(const EsCall *call) {
  g_assert_cmpuint(call->legs->len, >=, 1);
  g_assert_cmpuint(call->legs->len, <=, ES_CALL_MAX_LEGS);
  for (guint l = 0; l < call->legs->len; l++) {
    const EsCallLeg *leg = call->legs->pdata[l];
    g_assert_true(call->legs->len > 1 || strcmp(leg->role, "mixed") == 0);
    g_assert_cmpuint(leg->streams->len, <=, ES_CALL_MAX_STREAMS);
    for (guint i = 0; i < leg->streams->len; i++) {
      const EsStreamLedger *stream = &g_array_index(leg->streams, EsStreamLedger, i);
      g_assert_cmpuint(stream->expected, ==, stream->received + stream->lost);
    }
  }
}

// Stretches follow one another without a hole, from the start of the call to its end.
static void check_segments(const EsCall *call) {
  g_assert_cmpuint(call->segments->len, >=, 1);
  g_assert_cmpuint(call->segments->len, <=, ES_CALL_MAX_SEGMENTS);
  gint64 at_ms = 0;
  for (guint i = 0; i < call->segments->len; i++) {
    const EsSegment *segment = call->segments->pdata[i];
    g_assert_cmpint(segment->start_ms, ==, at_ms);
    g_assert_cmpint(segment->end_ms, >=, at_ms);
    at_ms = segment->end_ms;
  }
  g_assert_cmpint(at_ms, ==, (call->ended_us - call->started_us) / ES_US_PER_MS);
}

static void check_times(const EsCall *call) {
  gboolean answered = call->answered_us != ES_UNKNOWN;
  g_assert_cmpint(call->ended_us, >=, call->started_us);
  g_assert_true(answered == (strcmp(call->disposition, "answered") == 0));
  g_assert_true(answered == (call->duration_ms != ES_UNKNOWN));
  g_assert_cmpint(call->duration_ms, >=, ES_UNKNOWN);
  g_assert_cmpint(call->hold_ms, <=, MAX(call->duration_ms, 0));
  g_assert_cmpint(call->greeting_ms, >=, ES_UNKNOWN);
}

void es_fuzz_check_row(const EsCall *call, gpointer user_data) {
  const EsFuzzLibrary *l = user_data;
  check_times(call);
  check_legs(call);
  check_segments(call);
  g_assert_cmpuint(call->events->len, <=, ES_CALL_MAX_EVENTS + 1);
  g_assert_cmpuint(call->consent->len, <=, ES_CALL_MAX_CONSENT);
  g_assert_true((call->file == NULL) == (strcmp(call->outcome, "none") == 0));
  g_assert_true((call->outcome_reason == NULL) == (strcmp(call->outcome, "recorded") == 0));
  if (!call->file)
    return;
  g_autofree char *path = g_build_filename(l->path, call->file, NULL);
  GStatBuf status;
  g_assert_cmpint(g_stat(path, &status), ==, 0);
  g_assert_cmpint(status.st_size, ==, call->file_bytes);
  g_assert_nonnull(call->file_sha256);
  check_gaps(call);
  g_unlink(path);
}

// ---- a worker

static EsCaptureSettings *settings(const char *text) {
  g_autoptr(EsConfig) config = es_config_parse("fuzz.conf", text, -1, NULL);
  EsCaptureSettings *s = es_capture_settings_new(config, NULL);
  g_assert_nonnull(s);
  return s;
}

void es_fuzz_worker(const char *config, void (*play)(EsWorker *worker, gpointer script), gpointer script) {
  EsFuzzLibrary *l = es_fuzz_library();
  g_autoptr(EsCaptureSettings) made = settings(config);
  g_autoptr(GError) error = NULL;
  gboolean alone;
  gint64 before, after;
  g_autoptr(EsSpool) spool = es_spool_open(l->path, &alone, NULL);
  EsCaptureOptions options = {.library = l->path, .again = TRUE};
  EsCaptureSink sink = {.finished = es_fuzz_check_row, .user_data = l};
  EsCaptureStats stats = {0};
  EsWorker *worker = es_worker_new(made, &options, l->index, spool, &sink, &stats);
  es_worker_set_source(worker, "pcap:fuzz", FALSE);
  g_assert_true(es_index_count_calls(l->index, &before, NULL));
  play(worker, script);
  es_worker_finish_all(worker, ES_END_CAPTURE, &error);
  g_assert_no_error(error);
  g_assert_true(es_index_count_calls(l->index, &after, NULL));
  g_assert_cmpuint(stats.calls_open, ==, 0);
  g_assert_cmpuint((guint64)(after - before), ==,
                   stats.calls_recorded + stats.calls_partial + stats.calls_none);
  g_assert_cmpuint(es_fuzz_library_spooled(l), ==, 0);
  es_worker_free(worker);
}
