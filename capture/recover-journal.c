// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "recover-journal.h"
#include "durable.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/timed-wait.h"
#include "earshot/journal/scan.h"
#include "left-call.h"
#include "recovered-list.h"
#include "refused.h"
#include "shared-sink.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>

#define NICE 15
#define BATCH 32         // rows in one transaction
#define STOP_EVERY 256   // records between looks at whether to stop
#define PATIENCE_MS 5000 // that a recorder which stops has for it
#define LOOK_MS 10
#define AGAIN_US (2 * G_USEC_PER_SEC)   // between looks at who has died meanwhile
#define OWN_US G_USEC_PER_SEC           // at least, between attempts at calls of this run
#define FAILED_US (10 * G_USEC_PER_SEC) // after something could not be read or written
#define INSISTING 4                     // calls of each passage that may take descriptors which are held back

// A call of this run, and where in the journal all that is known of it has been said.
typedef struct {
  EsJournalCall *call;
  guint64 position;
} Own;

struct EsRecovery {
  EsSpool *spool;
  const char *library;
  const EsCaptureSink *sink;
  gboolean beside; // others capture meanwhile
  GThread *thread;
  GError *error; // of the thread; read once it is joined
  EsLeftBehind *behind;
  // Of the thread alone:
  char *told;                      // what was at fault with others when it last told of it
  gboolean failing, hurried;       // with calls of this run; the last attempt is made
  gboolean others_failing, latest; // it is at the last run that is left
  gint64 others_us, own_us;        // the next look at others and at calls of this run, monotonic
  // Between the owner and the thread:
  atomic_bool stop, done;
  atomic_uint repaired, left;          // of other runs
  atomic_uint recorded, partial, none; // of this one
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  GArray *own; // of Own, to be made
  gboolean ending;
};

// A run that is over, or this one.
typedef struct {
  EsRecovery *recovery;
  EsIndex *index;
  EsDurable *durable;
  char *directory;
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
} Run;

static gboolean is_stopped(const Run *run) {
  return atomic_load(&run->recovery->stop);
}

// ---- rows

static void count_own_row(EsRecovery *r, const EsCall *row) {
  atomic_uint *counter = strcmp(row->outcome, "recorded") == 0  ? &r->recorded
                         : strcmp(row->outcome, "partial") == 0 ? &r->partial
                                                                : &r->none;
  atomic_fetch_add(counter, 1);
}

// A call of this run that is a row now.
static void forget_own(EsRecovery *r, EsJournalCall *call) {
  pthread_mutex_lock(&r->mutex);
  for (guint i = r->own->len; i > 0; i--)
    if (g_array_index(r->own, Own, i - 1).call == call)
      g_array_remove_index(r->own, i - 1);
  pthread_mutex_unlock(&r->mutex);
  es_journal_gone(es_spool_journal(r->spool), call);
}

static gboolean wait_for_files(Run *run, GError **error) {
  es_durable_done(run->durable, run->ticket);
  while (run->flushed < run->ticket) {
    int failed = es_durable_failed(run->durable, ++run->flushed);
    if (failed)
      return es_set_errno(error, failed, "%s", run->directory);
  }
  return TRUE;
}

static void count_row(Run *run, guint i, gboolean refused) {
  EsRecovery *r = run->recovery;
  const EsCall *row = run->batch->pdata[i];
  if (run->own) {
    forget_own(r, run->made->pdata[i]);
  } else {
    atomic_fetch_sub(&r->left, 1);
  }
  if (refused)
    return;
  if (run->own)
    count_own_row(r, row);
  else
    atomic_fetch_add(&r->repaired, 1);
  if (r->sink && r->sink->finished)
    r->sink->finished(row, r->sink->user_data);
}

// Files before rows, rows before the list that says so.
static gboolean commit(Run *run, GError **error) {
  g_autofree gboolean *refused = g_new(gboolean, run->batch->len);
  if (run->batch->len == 0)
    return TRUE;
  if (!wait_for_files(run, error))
    return FALSE;
  if (es_rows_put(run->index, run->batch, run->batch->len, run->recovery->sink, refused, error) <
          run->batch->len ||
      (!run->own && !es_recovered_list_add(run->list, run->batch, error)))
    return FALSE;
  run->committed += run->batch->len;
  for (guint i = 0; i < run->batch->len; i++)
    count_row(run, i, refused[i]);
  g_ptr_array_set_size(run->batch, 0);
  g_ptr_array_set_size(run->made, 0);
  return TRUE;
}

// Calls that were open at once are recorded at once, and there may be more of them than descriptors. The
// first of each passage insist on theirs, so it gets on; others wait for the next one.
static gboolean put_off(Run *run, const EsLeftCall *call, GError *failed, GError **error) {
  if (!g_error_matches(failed, ES_ERROR, ES_ERROR_BUSY) || es_left_call_insists(call)) {
    g_propagate_error(error, failed);
    return FALSE;
  }
  g_error_free(failed);
  run->put_off++;
  return TRUE;
}

static gboolean finish_call(Run *run, gpointer number, EsLeftCall *call, GError **error) {
  GError *failed = NULL;
  EsCall *row = es_left_call_finish(call, run->recovery->library, run->directory, &failed);
  if (!row)
    return put_off(run, call, failed, error);
  gboolean place, ok = es_left_call_has_place(row, run->index, run->own != NULL, &place, error);
  if (!ok || !place) {
    es_call_free(row);
    atomic_fetch_sub(&run->recovery->left, ok);
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

// ---- two times from the first record to the last

// Learns which calls there are, and keeps those that are left.
static gboolean learn(Run *run, GError **error) {
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(run->directory, error);
  EsJournalRecord record;
  GError *failed = NULL;
  if (!scan)
    return FALSE;
  for (guint n = 1; es_journal_scan_next(scan, &record, &failed); n++) {
    gpointer number = GUINT_TO_POINTER(record.call);
    EsLeftCall *call = g_hash_table_lookup(run->calls, number);
    if (run->own && !g_hash_table_contains(run->own, number))
      continue;
    if (!call) {
      call = es_left_call_new();
      g_hash_table_insert(run->calls, number, call);
    }
    es_left_call_learn(call, &record);
    if (n % STOP_EVERY == 0 && is_stopped(run))
      return TRUE;
  }
  run->unreadable = es_journal_scan_unreadable(scan);
  GHashTableIter iter;
  gpointer number, call;
  g_hash_table_iter_init(&iter, run->calls);
  while (!failed && g_hash_table_iter_next(&iter, &number, &call))
    if (!es_left_call_is_left(call, run->index, run->list, &failed)) {
      run->nameless += !failed && es_left_call_is_nameless(call);
      if (run->own && !failed)
        forget_own(run->recovery, g_hash_table_lookup(run->own, number));
      g_hash_table_iter_remove(&iter);
    }
  if (failed)
    g_propagate_error(error, failed);
  else if (!run->own)
    es_left_behind_add(run->recovery->behind, run->calls, run->recovery->latest);
  return failed == NULL;
}

// All calls that are open lack something where bytes were passed over: whose they were nobody knows.
static void look_for_holes(Run *run, const EsJournalScan *scan) {
  GHashTableIter iter;
  gpointer call;
  if (es_journal_scan_unreadable(scan) == run->passed)
    return;
  run->passed = es_journal_scan_unreadable(scan);
  g_hash_table_iter_init(&iter, run->calls);
  while (g_hash_table_iter_next(&iter, NULL, &call))
    es_left_call_torn(call);
}

// FALSE with what keeps it from being recorded.
static gboolean say(Run *run, const EsJournalRecord *record, GError **error) {
  gpointer number = GUINT_TO_POINTER(record->call);
  EsLeftCall *call = g_hash_table_lookup(run->calls, number);
  gboolean ended = FALSE;
  GError *failed = NULL;
  if (!call)
    return TRUE;
  if (record->kind == ES_JOURNAL_BEGIN && run->insisting++ < INSISTING)
    es_left_call_insist(call);
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

static gboolean finish_rest(Run *run, GError **error) {
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

static void tell_unreadable(const Run *run) {
  const EsCaptureSink *sink = run->recovery->sink;
  g_autofree char *text = g_strdup_printf(
      _("%s: %" PRIu64 " bytes of the journal could not be read; what they held is missing in its calls"),
      run->directory, run->unreadable);
  es_sink_tell(sink, ES_LOG_JOURNAL_UNREADABLE, text);
}

// There is no row of them: of all that a row says nothing could be read.
static void tell_nameless(const Run *run) {
  g_autofree char *text = g_strdup_printf(
      ngettext_("%s: %u call of the journal has lost its beginning, and with it who spoke; there is "
                "no row of it",
                "%s: %u calls of the journal have lost their beginning, and with it who spoke; there "
                "are no rows of them",
                run->nameless),
      run->directory, run->nameless);
  es_sink_tell(run->recovery->sink, ES_LOG_JOURNAL_UNREADABLE, text);
}

// The list goes last. It says first that all is done: what is left of a journal whose beginning is removed
// looks like one that has lost it.
static void remove_run(const Run *run, EsJournalScan *scan) {
  es_recovered_list_end(run->list);
  es_journal_scan_remove(scan);
  es_recovered_list_remove(run->list);
  g_rmdir(run->directory);
}

static gboolean replay(Run *run, GError **error) {
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
  if (run->unreadable)
    tell_unreadable(run);
  if (run->nameless)
    tell_nameless(run);
  remove_run(run, scan);
  return TRUE;
}

static gboolean remove_rest(const Run *run, GError **error) {
  g_autoptr(EsJournalScan) scan = es_journal_scan_new(run->directory, error);
  if (scan)
    remove_run(run, scan);
  return scan != NULL;
}

static void begin_run(Run *run) {
  run->durable = es_durable_new();
  run->calls = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)es_left_call_free);
  run->list = es_recovered_list_new(run->directory);
  run->batch = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  run->made = g_ptr_array_new();
}

static void end_run(Run *run) {
  g_hash_table_unref(run->calls);
  es_recovered_list_free(run->list);
  g_ptr_array_unref(run->batch);
  g_ptr_array_unref(run->made);
  es_durable_free(run->durable);
}

static gboolean recover_run(EsRecovery *r, EsIndex *index, const char *directory, GError **error) {
  gboolean ok, more;
  do {
    Run run = {.recovery = r, .index = index, .directory = (char *)directory};
    begin_run(&run);
    es_journal_scan_remove_begun(directory);
    gboolean done = es_recovered_list_is_whole(run.list);
    ok = done ? remove_rest(&run, error) : learn(&run, error);
    atomic_store(&r->left, g_hash_table_size(run.calls));
    ok = ok && (done || is_stopped(&run) || replay(&run, error));
    more = ok && run.put_off && !is_stopped(&run);
    end_run(&run);
  } while (more);
  return ok;
}

// ---- this run

void es_recovery_add(EsRecovery *r, EsJournalCall *call) {
  EsJournalStats stats;
  es_journal_stats(es_spool_journal(r->spool), &stats);
  Own own = {call, stats.appended};
  pthread_mutex_lock(&r->mutex);
  g_array_append_val(r->own, own);
  pthread_cond_signal(&r->wake);
  pthread_mutex_unlock(&r->mutex);
}

// Calls of which all that was said can be read.
static GHashTable *readable_own(EsRecovery *r) {
  EsJournalStats stats;
  GHashTable *calls = g_hash_table_new(NULL, NULL);
  es_journal_stats(es_spool_journal(r->spool), &stats);
  pthread_mutex_lock(&r->mutex);
  for (guint i = 0; i < r->own->len; i++) {
    const Own *own = &g_array_index(r->own, Own, i);
    if (own->position <= stats.written)
      g_hash_table_insert(calls, GUINT_TO_POINTER(es_journal_call_number(own->call)), own->call);
  }
  pthread_mutex_unlock(&r->mutex);
  return calls;
}

static guint count_own(EsRecovery *r) {
  pthread_mutex_lock(&r->mutex);
  guint n = r->own->len;
  pthread_mutex_unlock(&r->mutex);
  return n;
}

static gboolean recover_own(EsRecovery *r, EsIndex *index, GError **error) {
  EsJournal *journal = es_spool_journal(r->spool);
  if (count_own(r) == 0)
    return TRUE;
  g_autoptr(GHashTable) calls = readable_own(r);
  if (g_hash_table_size(calls) == 0 || !es_journal_hold(journal))
    return TRUE;
  Run run = {.recovery = r, .index = index, .directory = (char *)es_journal_directory(journal), .own = calls};
  begin_run(&run);
  gboolean ok = learn(&run, error) && (is_stopped(&run) || replay(&run, error));
  end_run(&run);
  es_journal_release(journal);
  return ok;
}

// ---- all runs

// Once for each fault: beside others it is tried again until it works, or until this run ends.
static void tell_failed(EsRecovery *r, const char *directory, const GError *failed) {
  if (r->beside && g_strcmp0(r->told, failed->message) == 0)
    return;
  g_free(r->told);
  r->told = g_strdup(failed->message);
  g_autofree char *text =
      g_strdup_printf(_("%s: calls of an earlier run could not be recovered: %s; this will be tried again"),
                      directory, failed->message);
  es_sink_tell(r->sink, ES_LOG_UNFINISHED, text);
}

static gboolean recover_claimed(EsRecovery *r, const char *directory) {
  GError *failed = NULL;
  g_autoptr(EsIndex) index = es_index_open(r->library, ES_INDEX_WRITE, &failed);
  if (index && recover_run(r, index, directory, &failed))
    return TRUE;
  if (!failed)
    return FALSE; // told to stop
  if (r->beside || r->error) {
    tell_failed(r, directory, failed);
    g_error_free(failed);
  } else {
    r->error = failed;
  }
  return FALSE;
}

// What is at fault with one run keeps none of the others.
static gboolean recover_all(EsRecovery *r) {
  g_autoptr(GArray) runs = es_spool_list_runs(r->spool);
  gboolean ok = TRUE;
  for (guint i = 0; i < runs->len && !atomic_load(&r->stop); i++) {
    gint64 number = g_array_index(runs, gint64, i);
    g_autofree char *directory =
        g_strdup_printf("%s/journal/%" G_GINT64_FORMAT, es_spool_directory(r->spool), number);
    r->latest = i + 1 == runs->len;
    if (!es_spool_claim_run(r->spool, number))
      continue;
    if (g_file_test(directory, G_FILE_TEST_IS_DIR)) // another may have been done with it by now
      ok = recover_claimed(r, directory) && ok;
    es_spool_release_run(r->spool, number);
  }
  return ok;
}

// Others may die while this run captures: one whose place it takes, or another on the same library. Nobody
// but a recorder would look, and the next start may be months away.
static void look_at_others(EsRecovery *r) {
  r->others_failing = !recover_all(r);
  r->others_us = g_get_monotonic_time() + (r->others_failing ? FAILED_US : AGAIN_US);
}

static void tell_own(const EsRecovery *r) {
  g_autofree char *text =
      g_strdup_printf(_("%s; what waits in the journal is tried again every ten seconds"), r->error->message);
  es_sink_tell(r->sink, ES_LOG_OTHER, text);
}

static void make_own(EsRecovery *r) {
  gint64 begun_us = g_get_monotonic_time();
  g_autoptr(GError) failed = NULL;
  gboolean was_failing = r->failing;
  g_autoptr(EsIndex) index = es_index_open(r->library, ES_INDEX_WRITE, &failed);
  r->failing = index ? !recover_own(r, index, &failed) && failed : TRUE;
  g_clear_error(&r->error);
  r->error = g_steal_pointer(&failed);
  if (r->failing && !was_failing)
    tell_own(r);
  gint64 now_us = g_get_monotonic_time();
  r->own_us = now_us + (r->failing ? FAILED_US : MAX(OWN_US, 4 * (now_us - begun_us)));
}

// Until there is something to do, at the latest until others are looked at. When this run ends, what is left
// is tried a last time. FALSE: there will be no more.
static gboolean wait_for_work(EsRecovery *r) {
  gboolean more = FALSE;
  pthread_mutex_lock(&r->mutex);
  while (!atomic_load(&r->stop) && !more) {
    gint64 next_us = r->own->len ? MIN(r->own_us, r->others_us) : r->others_us;
    gint64 left_us = next_us - g_get_monotonic_time();
    gboolean work = r->own->len || r->others_failing;
    if (r->ending && (!work || (r->hurried && (r->failing || !r->own->len))))
      break;
    more = r->ending || left_us <= 0;
    if (!more)
      es_timed_wait(&r->wake, &r->mutex, (guint)(left_us / 1000 + 1));
  }
  if (more && r->hurried)
    es_timed_wait(&r->wake, &r->mutex, LOOK_MS); // until the journal is written
  pthread_mutex_unlock(&r->mutex);
  return more;
}

static gboolean is_ending(EsRecovery *r) {
  pthread_mutex_lock(&r->mutex);
  gboolean ending = r->ending;
  pthread_mutex_unlock(&r->mutex);
  return ending;
}

static void recover_beside(EsRecovery *r) {
  setpriority(PRIO_PROCESS, 0, NICE); // of this thread alone
  look_at_others(r);
  es_left_behind_complete(r->behind);
  while (wait_for_work(r)) {
    gboolean last = is_ending(r) && !r->hurried;
    gint64 now_us = g_get_monotonic_time();
    if (now_us >= r->others_us || (last && r->others_failing))
      look_at_others(r);
    if (count_own(r) && (r->hurried || last || now_us >= r->own_us))
      make_own(r);
    r->hurried = r->hurried || last;
  }
}

// ---- the thread

static gpointer run_thread(gpointer data) {
  EsRecovery *r = data;
  if (r->beside)
    recover_beside(r);
  else
    recover_all(r);
  atomic_store(&r->done, TRUE);
  return NULL;
}

EsRecovery *es_recovery_start(EsSpool *spool, const char *library, const EsCaptureSink *sink,
                              gboolean beside) {
  EsRecovery *r = g_new0(EsRecovery, 1);
  *r = (EsRecovery){.spool = spool, .library = library, .sink = sink, .beside = beside};
  r->behind = es_left_behind_new();
  r->own = g_array_new(FALSE, FALSE, sizeof(Own));
  pthread_mutex_init(&r->mutex, NULL);
  es_timed_wait_init(&r->wake);
  r->thread = g_thread_new("recover", run_thread, r);
  return r;
}

EsLeftBehind *es_recovery_left_behind(EsRecovery *r) {
  return r->behind;
}

void es_recovery_add_stats(EsRecovery *r, EsCaptureStats *stats) {
  stats->calls_repaired += atomic_load(&r->repaired);
  stats->calls_left = atomic_load(&r->left);
  stats->calls_recorded += atomic_load(&r->recorded);
  stats->calls_partial += atomic_load(&r->partial);
  stats->calls_none += atomic_load(&r->none);
}

static void hurry(EsRecovery *r) {
  pthread_mutex_lock(&r->mutex);
  r->ending = TRUE;
  pthread_cond_signal(&r->wake);
  pthread_mutex_unlock(&r->mutex);
}

void es_recovery_wait(EsRecovery *r) {
  hurry(r);
  for (guint waited = 0; r->beside && waited < PATIENCE_MS && !atomic_load(&r->done); waited += LOOK_MS)
    g_usleep(LOOK_MS * 1000);
  if (r->beside) {
    atomic_store(&r->stop, TRUE);
    hurry(r);
  }
  g_thread_join(r->thread);
}

gboolean es_recovery_free(EsRecovery *r, GError **error) {
  gboolean ok = r->error == NULL;
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&r->error));
  g_array_unref(r->own);
  es_left_behind_free(r->behind);
  pthread_mutex_destroy(&r->mutex);
  pthread_cond_destroy(&r->wake);
  g_free(r->told);
  g_free(r);
  return ok;
}
