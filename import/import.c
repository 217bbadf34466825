// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The run: plan, threads, and the one writer. Calls are written in batches, each with its recordings in place
// (staging.h says in which order). A batch waits for at most a second.
#include "earshot/import/import.h"
#include "earshot/import/logs.h"

#include <string.h>

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/index/annotation.h"
#include "earshot/index/transcript.h"
#include "pool.h"

#define BATCH 32
#define BATCH_WAIT_US (1000 * 1000)
#define PROGRESS_US (100 * 1000)

typedef struct {
  const EsImportOptions *options;
  EsIndex *index;
  const EsImportSink *sink;
  EsImportStats *stats;
  EsImportShared shared;
  GPtrArray *batch; // of EsImportDone
  gint64 batch_since, told;
} Run;

static void warn(Run *run, const char *message) {
  if (run->sink->warning)
    run->sink->warning(message, run->sink->user_data);
}

static void tell_progress(Run *run, gboolean now) {
  gint64 time = g_get_monotonic_time();
  if (!run->sink->progress || (!now && time - run->told < PROGRESS_US))
    return;
  run->told = time;
  run->sink->progress(run->stats, run->sink->user_data);
}

// ---- writing

// Tags are kept in a table of their own.
static gboolean put_tags(Run *run, const EsCall *call, GError **error) {
  for (char **tag = call->tags; tag && *tag; tag++)
    if (!es_index_add_tag(run->index, call->rowid, *tag, "import", g_get_real_time(), error))
      return FALSE;
  return TRUE;
}

static gboolean put(Run *run, EsImportDone *done, GError **error) {
  if (!es_queue_log_apply(run->index, done->call, error) ||
      !es_index_put_call(run->index, done->call, error) || !put_tags(run, done->call, error))
    return FALSE;
  if (done->cues && !es_index_put_transcript(run->index, done->call->rowid, done->cues, error))
    return FALSE;
  run->stats->transcripts += done->cues != NULL;
  return TRUE;
}

static gboolean put_all(Run *run, GError **error) {
  if (!es_index_begin(run->index, error))
    return FALSE;
  for (guint i = 0; i < run->batch->len; i++)
    if (!put(run, run->batch->pdata[i], error)) {
      es_index_rollback(run->index);
      return FALSE;
    }
  return es_index_commit(run->index, error);
}

static void count(Run *run, const EsCall *call) {
  EsImportStats *stats = run->stats;
  if (strcmp(call->outcome, "recorded") == 0)
    stats->recorded++;
  else if (strcmp(call->outcome, "partial") == 0)
    stats->partial++;
  else
    stats->none++;
}

static gboolean commit(Run *run, GError **error) {
  g_autoptr(GPtrArray) calls = g_ptr_array_new();
  if (run->batch->len == 0)
    return TRUE;
  for (guint i = 0; i < run->batch->len; i++)
    g_ptr_array_add(calls, ((EsImportDone *)run->batch->pdata[i])->call);
  if (!es_staging_place(run->shared.staging, calls, error) || !put_all(run, error))
    return FALSE;
  es_staging_committed(run->shared.staging);
  for (guint i = 0; i < calls->len; i++) {
    count(run, calls->pdata[i]);
    if (run->sink->finished)
      run->sink->finished(calls->pdata[i], run->sink->user_data);
  }
  g_ptr_array_set_size(run->batch, 0);
  return TRUE;
}

static gboolean commit_when_due(Run *run, GError **error) {
  gboolean due = run->batch->len >= BATCH ||
                 (run->batch->len > 0 && g_get_monotonic_time() - run->batch_since >= BATCH_WAIT_US);
  return !due || commit(run, error);
}

// ---- results

// Takes done over.
static void take(Run *run, EsImportDone *done) {
  run->stats->files_done++;
  run->stats->bytes_done += done->item->bytes;
  if (done->message)
    warn(run, done->message);
  run->stats->known += done->status == ES_IMPORT_KNOWN;
  run->stats->failed += done->status == ES_IMPORT_FAILED;
  if (done->status != ES_IMPORT_STORE || run->options->dry_run) {
    if (done->status == ES_IMPORT_STORE && run->sink->finished)
      run->sink->finished(done->call, run->sink->user_data);
    es_import_done_free(done);
    return;
  }
  if (run->batch->len == 0)
    run->batch_since = g_get_monotonic_time();
  g_ptr_array_add(run->batch, done);
}

static gboolean drain(Run *run, EsImportPool *pool, GError **error) {
  EsImportDone *done;
  EsPoolStatus status;
  while ((status = es_import_pool_take(pool, &done)) != ES_POOL_END) {
    if (status == ES_POOL_DONE)
      take(run, done);
    if (!commit_when_due(run, error))
      return FALSE;
    tell_progress(run, FALSE);
  }
  return commit(run, error);
}

static guint thread_count(const EsImportOptions *options) {
  return options->threads ? options->threads : g_get_num_processors();
}

static gboolean import(Run *run, const GPtrArray *items, GError **error) {
  g_autoptr(EsImportPool) pool = es_import_pool_new(&run->shared, items, thread_count(run->options), error);
  gboolean ok = pool && drain(run, pool, error);
  run->stats->stopped = run->options->stop && g_atomic_int_get(run->options->stop);
  tell_progress(run, TRUE);
  return ok;
}

// ---- the whole

static gboolean check_end(const EsImportStats *stats, GError **error) {
  if (stats->failed == 0)
    return TRUE;
  g_set_error(
      error, ES_ERROR, ES_ERROR_CHECK,
      ngettext_("%d file could not be imported", "%d files could not be imported", (gulong)stats->failed),
      (int)stats->failed);
  return FALSE;
}

static gboolean prepare(Run *run, GError **error) {
  EsImportShared *shared = &run->shared;
  es_recording_settings_init(&shared->settings);
  if (!es_recording_settings_read(&shared->settings, run->options->config, error) ||
      !(shared->zone = es_time_zone(run->options->timezone, error)))
    return FALSE;
  if (!run->options->dry_run)
    shared->staging = es_staging_open(run->options->library, run->index, error);
  return run->options->dry_run || shared->staging;
}

gboolean es_import_run(const EsImportOptions *options, EsIndex *index, const EsImportSink *sink,
                       EsImportStats *stats, GError **error) {
  Run run = {
      .options = options, .index = index, .sink = sink, .stats = stats, .shared = {.options = options}};
  g_autoptr(GPtrArray) items = es_import_plan(options, sink, stats, error);
  if (!items)
    return FALSE;
  pthread_mutex_init(&run.shared.mutex, NULL);
  run.shared.claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  run.batch = g_ptr_array_new_with_free_func((GDestroyNotify)es_import_done_free);
  gboolean ok = prepare(&run, error) && import(&run, items, error) && check_end(stats, error);
  g_ptr_array_unref(run.batch);
  g_hash_table_unref(run.shared.claimed);
  g_clear_pointer(&run.shared.staging, es_staging_close);
  g_clear_pointer(&run.shared.zone, g_time_zone_unref);
  pthread_mutex_destroy(&run.shared.mutex);
  return ok;
}
