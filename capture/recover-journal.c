// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "recover-journal.h"
#include "durable.h"
#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/id.h"
#include "journal-scan.h"
#include "left-call.h"
#include "shared-sink.h"
#include "timed-wait.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICE 15
#define BATCH 32         // rows in one transaction
#define STOP_EVERY 256   // records between looks at whether to stop
#define PATIENCE_MS 5000 // that a recorder which stops has for it
#define LOOK_MS 10
#define AGAIN_MS 2000   // between looks at who has died meanwhile
#define FAILED_MS 10000 // the same after something could not be read or written
#define DONE_LIST "recovered"

struct EsRecovery {
  EsSpool *spool;
  const char *library;
  const EsCaptureSink *sink;
  gboolean beside; // others capture meanwhile
  GThread *thread;
  GError *error;          // of the thread; read once it is joined
  char *told;             // the thread's: what was at fault when it last told of it
  atomic_bool stop, done; // done: nothing is being recovered
  atomic_uint repaired, left;
  // Between the owner and the thread:
  pthread_mutex_t mutex;
  pthread_cond_t wake;
};

// A run that is over.
typedef struct {
  EsRecovery *recovery;
  EsIndex *index;
  EsDurable *durable;
  char *directory;
  GHashTable *calls;     // of EsLeftCall by number
  GHashTable *recovered; // ids of calls that became rows before
  GPtrArray *batch;      // of EsCall, on their way into the index
  guint64 ticket;        // of the batch's last file
  guint64 flushed;       // the last that is known to be flushed
  guint64 unreadable;    // bytes of its journal
  guint64 passed;        // of these, so far
} Run;

static gboolean is_stopped(const Run *run) {
  return atomic_load(&run->recovery->stop);
}

// ---- the list of what is done

static char *list_path(const Run *run) {
  return g_build_filename(run->directory, DONE_LIST, NULL);
}

static void read_list(Run *run) {
  g_autofree char *path = list_path(run), *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return;
  g_auto(GStrv) ids = g_strsplit(text, "\n", -1);
  for (char **id = ids; *id; id++)
    if (es_id_is_whole(*id))
      g_hash_table_add(run->recovered, g_strdup(*id));
}

static gboolean append_list(const Run *run, GError **error) {
  g_autofree char *path = list_path(run);
  g_autoptr(GString) lines = g_string_new(NULL);
  for (guint i = 0; i < run->batch->len; i++)
    g_string_append_printf(lines, "%s\n", ((const EsCall *)run->batch->pdata[i])->id);
  int fd = g_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return es_set_errno(error, errno, "%s", path);
  gboolean written = write(fd, lines->str, lines->len) == (gssize)lines->len && fsync(fd) == 0;
  int failed = written ? 0 : errno;
  close(fd);
  return written || es_set_errno(error, failed, "%s", path);
}

// ---- rows

static gboolean put_batch(Run *run, GError **error) {
  if (!es_index_begin(run->index, error))
    return FALSE;
  for (guint i = 0; i < run->batch->len; i++)
    if (!es_index_put_call(run->index, run->batch->pdata[i], error)) {
      es_index_rollback(run->index);
      return FALSE;
    }
  return es_index_commit(run->index, error);
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

// Files before rows, rows before the list that says so.
static gboolean commit(Run *run, GError **error) {
  EsRecovery *r = run->recovery;
  if (run->batch->len == 0)
    return TRUE;
  if (!wait_for_files(run, error) || !put_batch(run, error) || !append_list(run, error))
    return FALSE;
  for (guint i = 0; i < run->batch->len; i++) {
    atomic_fetch_add(&r->repaired, 1);
    atomic_fetch_sub(&r->left, 1);
    if (r->sink && r->sink->finished)
      r->sink->finished(run->batch->pdata[i], r->sink->user_data);
  }
  g_ptr_array_set_size(run->batch, 0);
  return TRUE;
}

static gboolean finish_call(Run *run, EsLeftCall *call, GError **error) {
  EsCall *row = es_left_call_finish(call, run->recovery->library, run->directory, error);
  if (!row)
    return FALSE;
  if (row->file) {
    g_autofree char *path = g_build_filename(run->recovery->library, row->file, NULL);
    run->ticket = es_durable_add(run->durable, path);
  }
  g_ptr_array_add(run->batch, row);
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
    EsLeftCall *call = g_hash_table_lookup(run->calls, GUINT_TO_POINTER(record.call));
    if (!call) {
      call = es_left_call_new();
      g_hash_table_insert(run->calls, GUINT_TO_POINTER(record.call), call);
    }
    es_left_call_learn(call, &record);
    if (n % STOP_EVERY == 0 && is_stopped(run))
      return TRUE;
  }
  run->unreadable = es_journal_scan_unreadable(scan);
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, run->calls);
  while (!failed && g_hash_table_iter_next(&iter, NULL, &call))
    if (!es_left_call_is_left(call, run->index, run->recovered, &failed))
      g_hash_table_iter_remove(&iter);
  if (failed)
    g_propagate_error(error, failed);
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
  if (!call)
    return TRUE;
  if (!es_left_call_say(call, record, run->directory, &ended, error) ||
      (ended && !finish_call(run, call, error)))
    return FALSE;
  if (ended)
    g_hash_table_remove(run->calls, number);
  return TRUE;
}

static gboolean finish_rest(Run *run, GError **error) {
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, run->calls);
  while (!is_stopped(run) && g_hash_table_iter_next(&iter, NULL, &call)) {
    if (!finish_call(run, call, error))
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

// Removes what is neither audio nor journal first, the list last.
static void remove_run(const Run *run, EsJournalScan *scan) {
  g_autofree char *list = list_path(run);
  es_journal_scan_remove(scan);
  g_unlink(list);
  g_rmdir(run->directory);
}

// Audio that was begun, by the recorder or by a recovery before this one, and a file that was being cleaned.
static void remove_begun(const Run *run) {
  g_autoptr(GDir) dir = g_dir_open(run->directory, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(run->directory, name, NULL);
    if (g_str_has_suffix(name, ".part") || strcmp(name, "cleaned") == 0)
      g_unlink(path);
  }
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
  if (run->unreadable)
    tell_unreadable(run);
  remove_run(run, scan);
  return TRUE;
}

static gboolean recover_run(EsRecovery *r, EsIndex *index, const char *directory, GError **error) {
  Run run = {.recovery = r, .index = index, .directory = (char *)directory};
  run.durable = es_durable_new();
  run.calls = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)es_left_call_free);
  run.recovered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  run.batch = g_ptr_array_new_with_free_func((GDestroyNotify)es_call_free);
  remove_begun(&run);
  read_list(&run);
  gboolean ok = learn(&run, error);
  atomic_store(&r->left, g_hash_table_size(run.calls));
  ok = ok && (is_stopped(&run) || replay(&run, error));
  g_hash_table_unref(run.calls);
  g_hash_table_unref(run.recovered);
  g_ptr_array_unref(run.batch);
  es_durable_free(run.durable);
  return ok;
}

// ---- all runs

static GArray *list_runs(EsSpool *spool, const char *journals) {
  GArray *runs = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_autoptr(GDir) dir = g_dir_open(journals, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    gint64 number;
    if (g_ascii_string_to_signed(name, 10, 1, G_MAXINT64, &number, NULL) && number != es_spool_run(spool))
      g_array_append_val(runs, number);
  }
  return runs;
}

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
  atomic_store(&r->done, FALSE);
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
  g_autofree char *journals = g_build_filename(es_spool_directory(r->spool), "journal", NULL);
  g_autoptr(GArray) runs = list_runs(r->spool, journals);
  gboolean ok = TRUE;
  for (guint i = 0; i < runs->len && !atomic_load(&r->stop); i++) {
    gint64 number = g_array_index(runs, gint64, i);
    g_autofree char *directory = g_strdup_printf("%s/%" G_GINT64_FORMAT, journals, number);
    if (!es_spool_claim_run(r->spool, number))
      continue;
    ok = recover_claimed(r, directory) && ok;
    es_spool_release_run(r->spool, number);
  }
  atomic_store(&r->done, TRUE);
  return ok;
}

static void wait_for_others(EsRecovery *r, guint ms) {
  gint64 until_us = g_get_monotonic_time() + (gint64)ms * 1000, left_us;
  pthread_mutex_lock(&r->mutex);
  while (!atomic_load(&r->stop) && (left_us = until_us - g_get_monotonic_time()) > 0)
    es_timed_wait(&r->wake, &r->mutex, (guint)(left_us / 1000 + 1));
  pthread_mutex_unlock(&r->mutex);
}

// Others may die while this run captures: one whose place it takes, or another on the same library. Nobody
// but a recorder would look, and the next start may be months away.
static void recover_beside(EsRecovery *r) {
  setpriority(PRIO_PROCESS, 0, NICE); // of this thread alone
  while (!atomic_load(&r->stop)) {
    gboolean ok = recover_all(r);
    wait_for_others(r, ok ? AGAIN_MS : FAILED_MS);
  }
}

static gpointer run_thread(gpointer data) {
  EsRecovery *r = data;
  if (r->beside)
    recover_beside(r);
  else
    recover_all(r);
  return NULL;
}

EsRecovery *es_recovery_start(EsSpool *spool, const char *library, const EsCaptureSink *sink,
                              gboolean beside) {
  EsRecovery *r = g_new0(EsRecovery, 1);
  r->spool = spool;
  r->library = library;
  r->sink = sink;
  r->beside = beside;
  pthread_mutex_init(&r->mutex, NULL);
  es_timed_wait_init(&r->wake);
  r->thread = g_thread_new("recover", run_thread, r);
  return r;
}

void es_recovery_wait(EsRecovery *r) {
  if (r->thread)
    g_thread_join(r->thread);
  r->thread = NULL;
}

void es_recovery_progress(EsRecovery *r, guint *repaired, guint *left) {
  *repaired = atomic_load(&r->repaired);
  *left = atomic_load(&r->left);
}

gboolean es_recovery_free(EsRecovery *r, GError **error) {
  for (guint waited = 0; waited < PATIENCE_MS && !atomic_load(&r->done); waited += LOOK_MS)
    g_usleep(LOOK_MS * 1000);
  pthread_mutex_lock(&r->mutex);
  atomic_store(&r->stop, TRUE);
  pthread_cond_signal(&r->wake);
  pthread_mutex_unlock(&r->mutex);
  es_recovery_wait(r);
  gboolean ok = r->error == NULL;
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&r->error));
  pthread_mutex_destroy(&r->mutex);
  pthread_cond_destroy(&r->wake);
  g_free(r->told);
  g_free(r);
  return ok;
}
