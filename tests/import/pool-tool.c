// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// pool-tool THREADS ITEMS STOP-AFTER: the threads of an import with a job that only claims a key, so that
// they are all there is. Every third key is another item's. Prints how many came through and how many keys
// were claimed. Built with ThreadSanitizer, hence without the libraries, which are not.
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

EsIndex *es_index_open(const char *library, EsIndexMode mode, GError **error) {
  return (EsIndex *)g_strdup(library);
}

void es_index_close(EsIndex *index) {
  g_free(index);
}

void es_call_free(EsCall *call) {
}

EsImportDone *es_import_job(EsImportShared *shared, EsIndex *index, const EsImportItem *item) {
  EsImportDone *done = g_new0(EsImportDone, 1);
  g_autofree char *key = g_strdup_printf("%d", (int)item->bytes - ((int)item->bytes % 3 == 2));
  done->item = item;
  done->message = es_import_claim(shared, key, item->name);
  done->status = done->message ? ES_IMPORT_KNOWN : ES_IMPORT_STORE;
  return done;
}

static GPtrArray *make_items(int n) {
  GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
  for (int i = 0; i < n; i++) {
    EsImportItem *item = g_new0(EsImportItem, 1);
    item->bytes = (guint64)i;
    item->name = (char *)"item";
    g_ptr_array_add(items, item);
  }
  return items;
}

int main(int argc, char **argv) {
  int threads = atoi(argv[1]), stop_after = atoi(argv[3]), taken = 0, stored = 0;
  gint stop = 0;
  const EsImportOptions options = {.library = "library", .stop = &stop};
  EsImportShared shared = {.options = &options,
                           .claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
  pthread_mutex_init(&shared.mutex, NULL);
  g_autoptr(GPtrArray) items = make_items(atoi(argv[2]));
  EsImportPool *pool = es_import_pool_new(&shared, items, (guint)threads, NULL);
  EsImportDone *done;
  EsPoolStatus status;
  while ((status = es_import_pool_take(pool, &done)) != ES_POOL_END && taken != -stop_after) {
    taken += status == ES_POOL_DONE;
    stored += status == ES_POOL_DONE && done->status == ES_IMPORT_STORE;
    if (status == ES_POOL_DONE)
      es_import_done_free(done);
    if (taken == stop_after)
      g_atomic_int_set(&stop, 1);
  }
  if (status == ES_POOL_DONE)
    es_import_done_free(done);
  es_import_pool_free(pool);
  printf("%d %d %d\n", taken, stored, (int)g_hash_table_size(shared.claimed));
  g_hash_table_unref(shared.claimed);
  return 0;
}
