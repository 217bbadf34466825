// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/i18n.h"
#include "earshot/common/timed-wait.h"
#include "recover-private.h"
#include "shared-sink.h"
#include <sys/resource.h>

#define NICE 15
#define PATIENCE_MS 5000 // that a recorder which stops has for it
#define LOOK_MS 10
#define AGAIN_US (2 * G_USEC_PER_SEC)   // between looks at who has died meanwhile
#define OWN_US G_USEC_PER_SEC           // at least, between attempts at calls of this run
#define FAILED_US (10 * G_USEC_PER_SEC) // after something could not be read or written

// ---- calls of this run

void es_recovery_add(EsRecovery *r, EsJournalCall *call, gconstpointer owner, char *key) {
  EsJournalStats stats;
  es_journal_stats(es_spool_journal(r->spool), &stats);
  Own own = {call, stats.appended, key, owner};
  pthread_mutex_lock(&r->mutex);
  g_array_append_val(r->own, own);
  pthread_cond_signal(&r->wake);
  pthread_mutex_unlock(&r->mutex);
}

GPtrArray *es_recovery_take_keys(EsRecovery *r, gconstpointer owner) {
  GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
  pthread_mutex_lock(&r->mutex);
  for (guint i = r->made->len; i > 0; i--)
    if (g_array_index(r->made, Own, i - 1).owner == owner) {
      g_ptr_array_add(keys, g_array_index(r->made, Own, i - 1).key);
      g_array_remove_index(r->made, i - 1);
    }
  pthread_mutex_unlock(&r->mutex);
  return keys;
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
  if (count_own(r) == 0)
    return TRUE;
  g_autoptr(GHashTable) calls = readable_own(r);
  return es_recovery_do_own(r, index, calls, error);
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

static void take_failure(EsRecovery *r, const char *directory, GError *failed) {
  if (r->beside || r->error) {
    tell_failed(r, directory, failed);
    g_error_free(failed);
  } else {
    r->error = failed;
  }
}

// A run of another recorder that is being recovered.
typedef struct {
  EsRecovery *recovery;
  gint64 number;
  char *directory;
  EsRecoveryRun *run; // NULL before it is learnt
} Claimed;

static void claimed_free(Claimed *claimed) {
  g_clear_pointer(&claimed->run, es_recovery_run_free);
  es_spool_release_run(claimed->recovery->spool, claimed->number);
  g_free(claimed->directory);
  g_free(claimed);
}

// NULL for one that another has in hand, or was done with by now.
static Claimed *claim(EsRecovery *r, gint64 number) {
  if (!es_spool_claim_run(r->spool, number))
    return NULL;
  Claimed *claimed = g_new0(Claimed, 1);
  claimed->recovery = r;
  claimed->number = number;
  claimed->directory = g_strdup_printf("%s/journal/%" G_GINT64_FORMAT, es_spool_directory(r->spool), number);
  if (g_file_test(claimed->directory, G_FILE_TEST_IS_DIR))
    return claimed;
  claimed_free(claimed);
  return NULL;
}

static gboolean learn_claimed(EsRecovery *r, EsIndex **index, Claimed *claimed) {
  GError *failed = NULL;
  if (!*index)
    *index = es_index_open(r->library, ES_INDEX_WRITE, &failed);
  if (*index)
    claimed->run = es_recovery_run_learn(r, *index, claimed->directory, &failed);
  if (failed)
    take_failure(r, claimed->directory, failed);
  return claimed->run != NULL;
}

static gboolean make_claimed(EsRecovery *r, const Claimed *claimed) {
  GError *failed = NULL;
  gboolean ok = es_recovery_run_make(claimed->run, &failed);
  if (failed)
    take_failure(r, claimed->directory, failed);
  return ok;
}

// All is learnt before anything is made, which takes long: calls that go on want to know what they go on
// from. What is at fault with one run keeps none of the others.
static gboolean recover_all(EsRecovery *r) {
  g_autoptr(GArray) numbers = es_spool_list_runs(r->spool);
  g_autoptr(EsIndex) index = NULL;
  g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)claimed_free);
  gboolean ok = TRUE;
  guint left = 0;
  for (guint i = 0; i < numbers->len && !atomic_load(&r->stop); i++) {
    Claimed *claimed = claim(r, g_array_index(numbers, gint64, i));
    if (!claimed)
      continue;
    g_ptr_array_add(runs, claimed);
    if (learn_claimed(r, &index, claimed)) {
      left += es_recovery_run_left(claimed->run);
    } else {
      g_ptr_array_set_size(runs, (gint)runs->len - 1);
      ok = FALSE;
    }
  }
  atomic_store(&r->left, left);
  es_left_behind_complete(r->behind);
  for (; runs->len && !atomic_load(&r->stop); g_ptr_array_remove_index(runs, 0))
    ok = make_claimed(r, runs->pdata[0]) && ok;
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
  r->made = g_array_new(FALSE, FALSE, sizeof(Own));
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

static void free_own(GArray *own) {
  for (guint i = 0; i < own->len; i++)
    g_free(g_array_index(own, Own, i).key);
  g_array_unref(own);
}

gboolean es_recovery_free(EsRecovery *r, GError **error) {
  gboolean ok = r->error == NULL;
  if (!ok)
    g_propagate_error(error, g_steal_pointer(&r->error));
  free_own(r->own);
  free_own(r->made);
  es_left_behind_free(r->behind);
  pthread_mutex_destroy(&r->mutex);
  pthread_cond_destroy(&r->wake);
  g_free(r->told);
  g_free(r);
  return ok;
}
