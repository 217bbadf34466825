// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// POSIX locks and not GLib's, whose own are made of futexes: ThreadSanitizer, under which a test runs this,
// sees these.
#include "pool.h"

#include <time.h>

#define TAKE_NS 100000000
#define WAITING_EACH 2 // results a thread may be ahead

struct EsImportPool {
  EsImportShared *shared;
  const GPtrArray *items;
  guint n_threads;
  GThread **threads;
  EsIndex **indexes; // one a thread; NULL members in a dry run without a library
  gint next;         // atomic: the item that is taken next
  gint given;        // atomic: threads that have a number
  // Guarded by mutex.
  pthread_mutex_t mutex;
  pthread_cond_t pushed, taken;
  GQueue results; // of EsImportDone, the pool's until they are taken
  guint running;  // threads that may still push
  gboolean closing;
};

void es_import_done_free(EsImportDone *done) {
  if (!done)
    return;
  g_clear_pointer(&done->call, es_call_free);
  g_clear_pointer(&done->cues, g_ptr_array_unref);
  g_free(done->message);
  g_free(done);
}

char *es_import_claim(EsImportShared *shared, const char *key, const char *name) {
  pthread_mutex_lock(&shared->mutex);
  char *holder = g_strdup(g_hash_table_lookup(shared->claimed, key));
  if (!holder)
    g_hash_table_insert(shared->claimed, g_strdup(key), g_strdup(name));
  pthread_mutex_unlock(&shared->mutex);
  return holder;
}

static const EsImportItem *next_item(EsImportPool *pool) {
  const gint *stop = pool->shared->options->stop;
  if (stop && g_atomic_int_get(stop))
    return NULL;
  guint at = (guint)g_atomic_int_add(&pool->next, 1);
  return at < pool->items->len ? pool->items->pdata[at] : NULL;
}

// FALSE when nobody takes any more.
static gboolean push(EsImportPool *pool, EsImportDone *done) {
  pthread_mutex_lock(&pool->mutex);
  while (!pool->closing && pool->results.length >= pool->n_threads * WAITING_EACH)
    pthread_cond_wait(&pool->taken, &pool->mutex);
  gboolean open = !pool->closing;
  g_queue_push_tail(&pool->results, done);
  pthread_cond_signal(&pool->pushed);
  pthread_mutex_unlock(&pool->mutex);
  return open;
}

static gpointer work(gpointer data) {
  EsImportPool *pool = data;
  EsIndex *index = pool->indexes[g_atomic_int_add(&pool->given, 1)];
  const EsImportItem *item;
  while ((item = next_item(pool)) && push(pool, es_import_job(pool->shared, index, item)))
    ;
  pthread_mutex_lock(&pool->mutex);
  pool->running--;
  pthread_cond_signal(&pool->pushed);
  pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

static gboolean open_indexes(EsImportPool *pool, GError **error) {
  for (guint i = 0; i < pool->n_threads; i++) {
    pool->indexes[i] = es_index_open(pool->shared->options->library, ES_INDEX_READ, error);
    if (!pool->indexes[i])
      return FALSE;
  }
  return TRUE;
}

EsImportPool *es_import_pool_new(EsImportShared *shared, const GPtrArray *items, guint threads,
                                 GError **error) {
  g_autoptr(EsImportPool) pool = g_new0(EsImportPool, 1);
  pool->shared = shared;
  pool->items = items;
  pool->n_threads = CLAMP(threads, 1, 64);
  pool->threads = g_new0(GThread *, pool->n_threads);
  pool->indexes = g_new0(EsIndex *, pool->n_threads);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->pushed, NULL);
  pthread_cond_init(&pool->taken, NULL);
  g_queue_init(&pool->results);
  if (!open_indexes(pool, error))
    return NULL;
  pool->running = pool->n_threads;
  for (guint i = 0; i < pool->n_threads; i++)
    pool->threads[i] = g_thread_new("import", work, pool);
  return g_steal_pointer(&pool);
}

void es_import_pool_free(EsImportPool *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->mutex);
  pool->closing = TRUE;
  pthread_cond_broadcast(&pool->taken);
  pthread_mutex_unlock(&pool->mutex);
  for (guint i = 0; i < pool->n_threads; i++) {
    if (pool->threads[i])
      g_thread_join(pool->threads[i]);
    if (pool->indexes[i])
      es_index_close(pool->indexes[i]);
  }
  g_queue_clear_full(&pool->results, (GDestroyNotify)es_import_done_free);
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->pushed);
  pthread_cond_destroy(&pool->taken);
  g_free(pool->threads);
  g_free(pool->indexes);
  g_free(pool);
}

EsPoolStatus es_import_pool_take(EsImportPool *pool, EsImportDone **done) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += TAKE_NS;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&pool->mutex);
  while (pool->results.length == 0 && pool->running > 0 &&
         pthread_cond_timedwait(&pool->pushed, &pool->mutex, &until) == 0)
    ;
  *done = g_queue_pop_head(&pool->results);
  EsPoolStatus status = *done ? ES_POOL_DONE : pool->running > 0 ? ES_POOL_WAIT : ES_POOL_END;
  pthread_cond_signal(&pool->taken);
  pthread_mutex_unlock(&pool->mutex);
  return status;
}
