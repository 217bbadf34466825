// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "durable.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/journal/scan.h"
#include "left-call.h"
#include "recover-private.h"
#include "recovered-list.h"
#include "refused.h"
#include "shared-sink.h"
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#define BATCH 32       // rows in one transaction
#define STOP_EVERY 256 // records between looks at whether to stop
#define INSISTING 4    // calls of each passage that may take descriptors which are held back

// A run that is over, or this one.
struct EsRecoveryRun {
  EsRecovery *recovery;
  EsIndex *index;
  EsDurable *durable;
  const char *directory;
  gboolean done;         // all its calls are rows, only its files are left
  guint left;            // calls that r->left counts
  GHashTable *calls;     // of EsLeftCall by number
  EsRecoveredList *list; // calls that became rows before
  GPtrArray *batch;      // of EsCall, on their way into the index
  guint64 ticket;        // of the batch's last file
  guint64 flushed;       // the last that is known to be flushed
  guint64 unreadable;    // bytes of its journal
  guint nameless;        // calls of which nothing but packets could be read
  guint64 passed;        // of these, so far
  guint insisting;       // calls of this passage
  guint put_off;         // to another one, for want of descriptors
  guint committed;       // rows of this passage
  GHashTable *own;       // of this run: EsJournalCall by number; NULL: another
  GPtrArray *made;       // of these, those in the batch
};

static gboolean is_stopped(const EsRecoveryRun *run) {
  return atomic_load(&run->recovery->stop);
}

// ---- rows

static void count_own_row(EsRecovery *r, const EsCall *row) {
  atomic_uint *counter = strcmp(row->outcome, "recorded") == 0  ? &r->recorded
                         : strcmp(row->outcome, "partial") == 0 ? &r->partial
                                                                : &r->none;
  atomic_fetch_add(counter, 1);
}

// A call of this run that is a row now, or never will be.
static void forget_own(EsRecovery *r, EsJournalCall *call) {
  pthread_mutex_lock(&r->mutex);
  for (guint i = r->own->len; i > 0; i--)
    if (g_array_index(r->own, Own, i - 1).call == call) {
      g_array_append_val(r->made, g_array_index(r->own, Own, i - 1));
      g_array_remove_index(r->own, i - 1);
    }
  pthread_mutex_unlock(&r->mutex);
  es_journal_gone(es_spool_journal(r->spool), call);
}

static gboolean wait_for_files(EsRecoveryRun *run, GError **error) {
  es_durable_done(run->durable, run->ticket);
  while (run->flushed < run->ticket) {
    int failed = es_durable_failed(run->durable, ++run->flushed);
    if (failed)
      return es_set_errno(error, failed, "%s", run->directory);
  }
  return TRUE;
}

static void count_down(EsRecoveryRun *run) {
  run->left--;
  atomic_fetch_sub(&run->recovery->left, 1);
}

static void count_row(EsRecoveryRun *run, guint i, gboolean put) {
  EsRecovery *r = run->recovery;
  const EsCall *row = run->batch->pdata[i];
  if (run->own)
    forget_own(r, run->made->pdata[i]);
  else
    count_down(run);
  if (!put)
    return;
  if (run->own)
    count_own_row(r, row);
  else
    atomic_fetch_add(&r->repaired, 1);
  if (r->sink && r->sink->finished)
    r->sink->finished(row, r->sink->user_data);
}

// Files before rows, rows before the list that says so.
static gboolean commit(EsRecoveryRun *run, GError **error) {
  g_autofree gboolean *put = g_new(gboolean, run->batch->len);
  if (run->batch->len == 0)
    return TRUE;
  if (!wait_for_files(run, error))
    return FALSE;
  if (es_rows_put(run->index, run->batch, run->batch->len, run->recovery->sink, put, error) <
          run->batch->len ||
      (!run->own && !es_recovered_list_add(run->list, run->batch, error)))
    return FALSE;
  run->committed += run->batch->len;
  for (guint i = 0; i < run->batch->len; i++)
    count_row(run, i, put[i]);
  g_ptr_array_set_size(run->batch, 0);
  g_ptr_array_set_size(run->made, 0);
  return TRUE;
}

// Calls that were open at once are recorded at once, and there may be more of them than descriptors. The
// first of each passage insist on theirs, so it gets on; others wait for the next one.
static gboolean put_off(EsRecoveryRun *run, const EsLeftCall *call, GError *failed, GError **error) {
  if (!g_error_matches(failed, ES_ERROR, ES_ERROR_BUSY) || es_left_call_insists(call)) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  g_error_free(failed);
  run->put_off++;
  return TRUE;
}

static gboolean finish_call(EsRecoveryRun *run, gpointer number, EsLeftCall *call, GError **error) {
  GError *failed = NULL;
  EsCall *row = es_left_call_finish(call, run->recovery->library, run->directory, &failed);
  if (!row)
    return put_off(run, call, failed, error);
  gboolean place, ok = es_left_call_has_place(row, run->index, run->own != NULL, &place, error);
  if (!ok || !place) {
    es_call_free(row);
    if (ok)
      count_down(run);
    return ok;
  }
  if (row->file) {
    g_autofree char *path = g_build_filename(run->recovery->library, row->file, NULL);
    run->ticket = es_durable_add(run->durable, path);
  }
  g_ptr_array_add(run->batch, row);
  if (run->own)
    g_ptr_array_add(run->made, g_hash_table_lookup(run->own, number));
  return run->batch->len < BATCH || commit(run, error);
}

// ---- what is lost

static void tell_unreadable(const EsRecoveryRun *run) {
  const EsCaptureSink *sink = run->recovery->sink;
  g_autofree char *text = g_strdup_printf(
      _("%s: %" PRIu64 " bytes of the journal could not be read; what they held is missing in its calls"),
      run->directory, run->unreadable);
  es_sink_tell(sink, ES_LOG_JOURNAL_UNREADABLE, text);
}

// There is no row of them: of all that a row says nothing could be read.
static void tell_nameless(const EsRecoveryRun *run) {
  g_autofree char *text = g_strdup_printf(
      ngettext_("%s: %u call of the journal has lost its beginning, and with it who spoke; there is "
                "no row of it",
                "%s: %u calls of the journal have lost their beginning, and with it who spoke; there "
                "are no rows of them",
                run->nameless),
      run->directory, run->nameless);
  es_sink_tell(run->recovery->sink, ES_LOG_JOURNAL_UNREADABLE, text);
}

static void tell_lost(const EsRecoveryRun *run) {
  if (run->unreadable)
    tell_unreadable(run);
  if (run->nameless)
    tell_nameless(run);
}

// Of this run, whose journal is read again for the next of its calls: once each.
static void tell_own_lost(const EsRecoveryRun *run) {
  if (run->unreadable > run->recovery->own_unreadable)
    tell_unreadable(run);
  run->recovery->own_unreadable = run->unreadable;
  if (run->nameless)
    tell_nameless(run);
}

// ---- two times from the first record to the last

// Learns which calls there are. FALSE with an error, or without one when told to stop.
static gboolean read_calls(EsRecoveryRun *run, GError **error) {
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(run->directory, error);
  EsJournalRecord record;
  GError *failed = NULL;
  if (!scan)
    return FALSE;
  for (guint n = 1; es_journal_scan_next(scan, &record, &failed); n++) {
    gpointer number = GUINT_TO_POINTER(record.call);
    EsLeftCall *call = g_hash_table_lookup(run->calls, number);
    run->unreadable = es_journal_scan_unreadable(scan);
    if (run->own && !g_hash_table_contains(run->own, number))
      continue;
    if (!call) {
      call = es_left_call_new();
      g_hash_table_insert(run->calls, number, call);
    }
    es_left_call_learn(call, &record);
    if (n % STOP_EVERY == 0 && is_stopped(run))
      return FALSE;
  }
  if (!run->own) // whose end may be half written yet
    run->unreadable = es_journal_scan_unreadable(scan);
  if (failed)
    g_propagate_error(error, failed);
  return failed == NULL;
}

// Calls of this run of which nothing at all can be read.
static void forget_unread(EsRecoveryRun *run) {
  GHashTableIter iter;
  gpointer number, call;
  g_hash_table_iter_init(&iter, run->own);
  while (g_hash_table_iter_next(&iter, &number, &call))
    if (!g_hash_table_contains(run->calls, number)) {
      run->nameless++;
      forget_own(run->recovery, call);
    }
}

static gboolean keep_left(EsRecoveryRun *run, GError **error) {
  GHashTableIter iter;
  gpointer number, call;
  GError *failed = NULL;
  g_hash_table_iter_init(&iter, run->calls);
  while (!failed && g_hash_table_iter_next(&iter, &number, &call))
    if (!es_left_call_is_left(call, run->index, run->list, &failed)) {
      run->nameless += !failed && es_left_call_is_nameless(call, run->own != NULL);
      if (run->own && !failed)
        forget_own(run->recovery, g_hash_table_lookup(run->own, number));
      g_hash_table_iter_remove(&iter);
    }
  if (failed)
    g_propagate_error(error, failed);
  return failed == NULL;
}

// Learns which calls there are, and keeps those that are left. FALSE as above.
static gboolean learn(EsRecoveryRun *run, GError **error) {
  if (!read_calls(run, error))
    return FALSE;
  if (run->own)
    forget_unread(run);
  gboolean kept = keep_left(run, error);
  if (run->own)
    tell_own_lost(run);
  else if (kept)
    es_left_behind_add(run->recovery->behind, run->calls);
  return kept;
}

// All calls that are open lack something where bytes were passed over: whose they were nobody knows.
static void look_for_holes(EsRecoveryRun *run, const EsJournalScan *scan) {
  GHashTableIter iter;
  gpointer call;
  if (es_journal_scan_unreadable(scan) == run->passed)
    return;
  run->passed = es_journal_scan_unreadable(scan);
  g_hash_table_iter_init(&iter, run->calls);
  while (g_hash_table_iter_next(&iter, NULL, &call))
    es_left_call_torn(call);
}

static void insist(EsRecoveryRun *run, EsLeftCall *call) {
  if (es_left_call_insists(call) || run->insisting == INSISTING)
    return;
  run->insisting++;
  es_left_call_insist(call);
}

// FALSE with what keeps it from being recorded.
static gboolean say(EsRecoveryRun *run, const EsJournalRecord *record, GError **error) {
  gpointer number = GUINT_TO_POINTER(record->call);
  EsLeftCall *call = g_hash_table_lookup(run->calls, number);
  gboolean ended = FALSE;
  GError *failed = NULL;
  if (!call)
    return TRUE;
  if (record->kind == ES_JOURNAL_BEGIN) // which is said again now and then
    insist(run, call);
  if (es_left_call_say(call, record, run->directory, &ended, &failed)) {
    if (ended && !finish_call(run, number, call, error))
      return FALSE;
  } else if (!put_off(run, call, failed, error)) {
    return FALSE;
  }
  if (ended || failed)
    g_hash_table_remove(run->calls, number);
  return TRUE;
}

static gboolean finish_rest(EsRecoveryRun *run, GError **error) {
  GHashTableIter iter;
  gpointer number, call;
  g_hash_table_iter_init(&iter, run->calls);
  while (!is_stopped(run) && g_hash_table_iter_next(&iter, &number, &call)) {
    if (!finish_call(run, number, call, error))
      return FALSE;
    g_hash_table_iter_remove(&iter);
  }
  return commit(run, error);
}

// The list goes last. It says first that all is done: what is left of a journal whose beginning is removed
// looks like one that has lost it.
static gboolean remove_run(const EsRecoveryRun *run, EsJournalScan *scan, GError **error) {
  if (!es_recovered_list_end(run->list, error))
    return FALSE;
  tell_lost(run);
  es_journal_scan_remove(scan);
  es_recovered_list_remove(run->list);
  g_rmdir(run->directory);
  return TRUE;
}

static gboolean replay(EsRecoveryRun *run, GError **error) {
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(run->directory, error);
  EsJournalRecord record;
  GError *failed = NULL;
  if (!scan)
    return FALSE;
  for (guint n = 1; g_hash_table_size(run->calls) && es_journal_scan_next(scan, &record, &failed); n++) {
    if (n % STOP_EVERY == 0 && is_stopped(run))
      return commit(run, error);
    look_for_holes(run, scan);
    if (!say(run, &record, error))
      return FALSE;
  }
  if (failed) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  if (!finish_rest(run, error) || is_stopped(run))
    return FALSE;
  if (run->put_off && !run->committed)
    return es_set_errno(error, EMFILE, "%s", run->directory); // another passage would do no better now
  if (run->own || run->put_off)
    return TRUE;
  return remove_run(run, scan, error);
}

static gboolean remove_rest(const EsRecoveryRun *run, GError **error) {
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(run->directory, error);
  return scan && remove_run(run, scan, error);
}

static void begin_passage(EsRecoveryRun *run) {
  run->durable = es_durable_new();
  run->calls = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)es_left_call_free);
  run->list = es_recovered_list_new(run->directory);
  run->batch = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  run->made = g_ptr_array_new();
}

static void end_passage(EsRecoveryRun *run) {
  g_hash_table_unref(run->calls);
  es_recovered_list_free(run->list);
  g_ptr_array_unref(run->batch);
  g_ptr_array_unref(run->made);
  es_durable_free(run->durable);
}

static gboolean look_into(EsRecoveryRun *run, GError **error) {
  es_journal_scan_remove_begun(run->directory);
  run->done = es_recovered_list_is_whole(run->list);
  return run->done || learn(run, error);
}

EsRecoveryRun *es_recovery_run_learn(EsRecovery *r, EsIndex *index, const char *directory, GError **error) {
  EsRecoveryRun *run = g_new0(EsRecoveryRun, 1);
  *run = (EsRecoveryRun){.recovery = r, .index = index, .directory = directory};
  begin_passage(run);
  gboolean ok = look_into(run, error);
  run->left = g_hash_table_size(run->calls);
  if (ok && !is_stopped(run))
    return run;
  es_recovery_run_free(run);
  return NULL;
}

guint es_recovery_run_left(const EsRecoveryRun *run) {
  return run->left;
}

void es_recovery_run_free(EsRecoveryRun *run) {
  end_passage(run);
  g_free(run);
}

// What was left when it was learnt may have become a row with another run.
static gboolean make(EsRecoveryRun *run, GError **error) {
  if (run->done)
    return remove_rest(run, error);
  if (!keep_left(run, error))
    return FALSE;
  for (guint left = g_hash_table_size(run->calls); run->left > left;)
    count_down(run);
  return replay(run, error);
}

// For those that were put off.
static gboolean look_again(EsRecoveryRun *run, GError **error) {
  EsRecoveryRun former = *run;
  end_passage(run);
  *run = (EsRecoveryRun){.recovery = former.recovery, .index = former.index, .directory = former.directory};
  begin_passage(run);
  gboolean ok = look_into(run, error);
  run->left = g_hash_table_size(run->calls);
  atomic_fetch_add(&run->recovery->left, run->left - former.left); // either way round
  return ok;
}

gboolean es_recovery_run_make(EsRecoveryRun *run, GError **error) {
  gboolean ok = make(run, error);
  while (ok && run->put_off && !is_stopped(run))
    ok = look_again(run, error) && !is_stopped(run) && make(run, error);
  return ok;
}

gboolean es_recovery_do_own(EsRecovery *r, EsIndex *index, GHashTable *calls, GError **error) {
  EsJournal *journal = es_spool_journal(r->spool);
  if (g_hash_table_size(calls) == 0 || !es_journal_hold(journal))
    return TRUE;
  EsRecoveryRun run = {
      .recovery = r, .index = index, .directory = es_journal_directory(journal), .own = calls};
  begin_passage(&run);
  gboolean ok = learn(&run, error) && (is_stopped(&run) || replay(&run, error));
  end_passage(&run);
  es_journal_release(journal);
  return ok;
}
