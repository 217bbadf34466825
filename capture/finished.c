// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "finished.h"
#include "durable.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "refused.h"
#include "shared-sink.h"
#include <string.h>

// A live recorder outlives an index that cannot be written, for whatever reason and however long: what has
// ended waits (the journal has it too) and is tried again each second, with a fresh connection unless it was
// only locked, and nobody who reads packets waits long for a lock. The log says so once. A row that is
// refused for good holds up none (refused.h).
#define AGAIN_US (1000 * 1000)     // wall time
#define PATIENCE_MS 100            // for the lock of another process
#define MOST_WAITING 20000         // calls; of more the journal keeps what is needed to make them again
#define BATCH 32                   // finished calls in one transaction
#define BATCH_WAIT_US (100 * 1000) // wall time that the first of them waits

// What becomes of a finished call in the journal.
typedef struct {
  EsJournalCall *call; // NULL: it is in none
  guint64 ticket;      // its file is on disk once this is done; 0: nothing to wait for
} Waiting;

struct EsFinished {
  const EsCallContext *context;
  const EsCaptureSink *sink;
  EsCaptureStats *stats;
  GPtrArray *batch; // of EsCall
  GArray *waiting;  // of Waiting, of the same
  EsDurable *durable;
  gint64 since;     // monotonic
  gint64 again_us;  // the next attempt after one that failed, monotonic; 0: none failed
  gboolean stale;   // the connection to the index may be to blame
  gint64 groups_us; // the next attempt at groups that wait, monotonic
};

EsFinished *es_finished_new(const EsCallContext *context, const EsCaptureSink *sink, EsCaptureStats *stats) {
  EsFinished *f = g_new0(EsFinished, 1);
  f->context = context;
  f->sink = sink;
  f->stats = stats;
  f->batch = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  f->waiting = g_array_new(FALSE, FALSE, sizeof(Waiting));
  f->durable = es_durable_new();
  return f;
}

void es_finished_free(EsFinished *f) {
  es_durable_free(f->durable);
  g_ptr_array_unref(f->batch);
  g_array_unref(f->waiting);
  g_free(f);
}

void es_finished_add(EsFinished *f, EsCall *row, EsJournalCall *call) {
  Waiting waiting = {call, 0};
  if (f->batch->len == 0)
    f->since = g_get_monotonic_time();
  if (call && row->file) {
    g_autofree char *path = g_build_filename(f->context->library, row->file, NULL);
    waiting.ticket = es_durable_add(f->durable, path);
  }
  g_ptr_array_add(f->batch, row);
  g_array_append_val(f->waiting, waiting);
}

GPtrArray *es_finished_rows(EsFinished *f) {
  return f->batch;
}

gboolean es_finished_are_many(const EsFinished *f) {
  return f->batch->len >= BATCH;
}

gboolean es_finished_are_due(const EsFinished *f) {
  return (f->batch->len && g_get_monotonic_time() - f->since > BATCH_WAIT_US) ||
         (es_live_index_waiting(f->context->live_index) && g_get_monotonic_time() >= f->groups_us);
}

// ---- figures

static guint64 count_leg(EsCaptureStats *stats, const EsCallLeg *leg) {
  guint64 received = 0;
  for (guint i = 0; i < leg->streams->len; i++) {
    const EsStreamLedger *ledger = &g_array_index(leg->streams, EsStreamLedger, i);
    received += ledger->received;
    stats->lost += ledger->lost;
    stats->late += ledger->late;
  }
  stats->filled_ms += (guint64)MAX(leg->filled_ms, 0);
  return received;
}

static void count_call(EsCaptureStats *stats, const EsCall *call) {
  guint heard = 0;
  for (guint i = 0; i < call->legs->len; i++)
    heard += count_leg(stats, call->legs->pdata[i]) > 0;
  gboolean answered = g_strcmp0(call->disposition, "answered") == 0;
  stats->calls_answered += answered;
  stats->calls_one_way += answered && heard == 1;
  stats->recorded_bytes += call->file ? (guint64)MAX(call->file_bytes, 0) : 0;
  stats->last_call_us = call->ended_us;
}

static void count_outcome(EsFinished *f, const EsCall *call) {
  if (strcmp(call->outcome, "recorded") == 0)
    f->stats->calls_recorded++;
  else if (strcmp(call->outcome, "partial") == 0)
    f->stats->calls_partial++;
  else
    f->stats->calls_none++;
}

// ---- rows

// Of calls that were left to the journal and are rows now.
static void let_keys_go(EsFinished *f) {
  g_autoptr(GPtrArray) keys =
      f->context->recovery ? es_recovery_take_keys(f->context->recovery, f->context->keys) : NULL;
  for (guint i = 0; keys && i < keys->len; i++)
    g_hash_table_remove(f->context->keys, keys->pdata[i]);
}

static void remove_rows(EsFinished *f, guint from, guint rows) {
  g_ptr_array_remove_range(f->batch, from, rows);
  g_array_remove_range(f->waiting, from, rows);
}

static void leave_to_journal(EsFinished *f, guint i) {
  EsCall *call = f->batch->pdata[i];
  es_recovery_add(f->context->recovery, g_array_index(f->waiting, Waiting, i).call, f->context->keys,
                  g_steal_pointer(&call->source_key));
  remove_rows(f, i, 1);
}

static void leave_unflushed(EsFinished *f, guint i, int failed) {
  const EsCall *call = f->batch->pdata[i];
  g_autofree char *text = g_strdup_printf(
      _("%s: the recording may not have reached the disk: %s; it is made again from the journal"), call->file,
      g_strerror(failed));
  es_sink_tell(f->sink, ES_LOG_FILE_UNFLUSHED, text);
  leave_to_journal(f, i);
}

// How many rows, from the first on, can be committed. wait: all of them.
static guint durable_rows(EsFinished *f, gboolean wait) {
  guint n = 0;
  guint64 last = 0;
  for (guint i = 0; i < f->waiting->len; i++)
    last = MAX(last, g_array_index(f->waiting, Waiting, i).ticket);
  guint64 done = es_durable_done(f->durable, wait ? last : 0);
  while (n < f->waiting->len && g_array_index(f->waiting, Waiting, n).ticket <= done) {
    guint64 ticket = g_array_index(f->waiting, Waiting, n).ticket;
    int failed = ticket ? es_durable_failed(f->durable, ticket) : 0;
    if (failed)
      leave_unflushed(f, n, failed);
    else
      n++;
  }
  return n;
}

static void forget(EsFinished *f, const EsCall *call, const Waiting *waiting) {
  if (waiting->call)
    es_journal_gone(es_spool_journal(f->context->spool), waiting->call);
  else
    es_spool_forget(f->context->spool, call->id);
}

static gboolean is_locked(const GError *failed) {
  return g_error_matches(failed, ES_ERROR, ES_ERROR_BUSY);
}

// The newest wait in the journal alone.
static void bound_waiting(EsFinished *f) {
  for (guint i = f->batch->len; i > 0 && f->batch->len > MOST_WAITING; i--)
    if (g_array_index(f->waiting, Waiting, i - 1).call)
      leave_to_journal(f, i - 1);
}

// Whatever keeps rows from the index, somebody may mend it.
static gboolean hold(EsFinished *f, const GError *failed) {
  if (!f->context->live)
    return FALSE;
  if (f->again_us == 0) {
    g_autofree char *text = g_strdup_printf(_("calls wait to be written to the index: %s"), failed->message);
    es_sink_tell(f->sink, ES_LOG_INDEX_FAILING, text);
  }
  f->again_us = g_get_monotonic_time() + AGAIN_US;
  f->stale = !is_locked(failed);
  bound_waiting(f);
  f->stats->calls_waiting = f->batch->len;
  return TRUE;
}

// FALSE: the connection may be to blame, and there is no better one yet.
static gboolean refresh(EsFinished *f, gboolean wait, GError **error) {
  if (!f->stale)
    return TRUE;
  if (!es_index_reopen(f->context->index, wait ? ES_INDEX_PATIENCE_MS : PATIENCE_MS, error))
    return FALSE;
  es_index_set_patience(f->context->index, ES_INDEX_PATIENCE_MS);
  f->stale = FALSE;
  return TRUE;
}

static guint put_rows_soon(EsFinished *f, guint rows, gboolean wait, gboolean *put, GError **error) {
  EsIndex *index = f->context->index;
  gboolean briefly = f->context->live && !wait;
  if (!refresh(f, wait, error))
    return 0;
  if (briefly)
    es_index_set_patience(index, PATIENCE_MS);
  guint done = es_rows_put(index, f->batch, rows, f->sink, put, error);
  if (briefly)
    es_index_set_patience(index, ES_INDEX_PATIENCE_MS);
  return done;
}

static void put_done(EsFinished *f, guint i, gboolean put) {
  const EsCall *call = f->batch->pdata[i];
  forget(f, call, &g_array_index(f->waiting, Waiting, i));
  g_hash_table_remove(f->context->keys, call->source_key);
  if (!put)
    return;
  count_outcome(f, call);
  count_call(f->stats, call);
  if (f->sink && f->sink->finished)
    f->sink->finished(call, f->sink->user_data);
}

static void tell_torn(EsFinished *f, const GError *failed) {
  guint calls = es_live_index_waiting(f->context->live_index);
  g_autofree char *text =
      g_strdup_printf(ngettext_("%u call could not be put into the story that it belongs to: %s",
                                "%u calls could not be put into the stories that they belong to: %s", calls),
                      calls, failed->message);
  es_sink_tell(f->sink, ES_LOG_INDEX_FAILING, text);
}

// Which stories calls belong to. wait: it is now or never.
static void settle_groups(EsFinished *f, gboolean wait, const GError *rows_failed) {
  EsLiveIndex *index = f->context->live_index;
  g_autoptr(GError) failed = NULL;
  if (es_live_index_waiting(index) == 0)
    return;
  if (!rows_failed && refresh(f, wait, &failed) && es_live_index_settle(index, wait, &failed))
    return;
  const GError *why = rows_failed ? rows_failed : failed;
  f->stale = !is_locked(why);
  f->groups_us = g_get_monotonic_time() + AGAIN_US;
  if (wait)
    tell_torn(f, why);
}

static void put_again(EsFinished *f) {
  if (f->again_us)
    es_sink_tell(f->sink, ES_LOG_INDEX_WORKS, _("the index can be written again; no call was lost"));
  f->again_us = 0;
  f->stats->calls_waiting = 0;
}

gboolean es_finished_commit(EsFinished *f, gboolean wait, GError **error) {
  if (!wait && g_get_monotonic_time() < f->again_us)
    return TRUE;
  let_keys_go(f);
  guint rows = durable_rows(f, wait);
  g_autoptr(GError) failed = NULL;
  g_autofree gboolean *put = g_new(gboolean, rows);
  guint done = rows ? put_rows_soon(f, rows, wait, put, &failed) : 0;
  for (guint i = 0; i < done; i++)
    put_done(f, i, put[i]);
  remove_rows(f, 0, done);
  if (failed && !wait && hold(f, failed))
    return TRUE;
  settle_groups(f, wait, failed);
  if (failed) {
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
  }
  if (rows)
    put_again(f);
  return TRUE;
}
