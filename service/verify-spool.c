// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What lies in the spool and belongs to nobody who runs.
#include "capture-module.h"
#include "earshot/common/i18n.h"
#include "verify.h"

typedef struct {
  EsFound found;
  char *id, *file;
} Left;

typedef struct {
  EsVerify *verify;
  GPtrArray *left;    // of Left
  GHashTable *called; // ids that were told already: a call has two files there
} Look;

static void left_free(gpointer data) {
  Left *left = data;
  g_free(left->id);
  g_free(left->file);
  g_free(left);
}

static void on_entry(const EsSpoolEntry *entry, gpointer user_data) {
  Look *look = user_data;
  look->verify->busy |= entry->owner == ES_SPOOL_OPEN;
  if (entry->owner == ES_SPOOL_OPEN ||
      (entry->call && !g_hash_table_add(look->called, g_strdup(entry->call))))
    return;
  Left *left = g_new0(Left, 1);
  left->found = entry->owner == ES_SPOOL_LEFT      ? ES_FOUND_SPOOL_LEFT
                : entry->owner == ES_SPOOL_REFUSED ? ES_FOUND_REFUSED
                                                   : ES_FOUND_SPOOL_STRAY;
  left->id = g_strdup(entry->call);
  left->file = g_build_filename("spool", entry->name, NULL);
  g_ptr_array_add(look->left, left);
}

gboolean es_verify_spool(EsVerify *verify, GError **error) {
  const EsCaptureModule *module = es_capture_module(error);
  g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(left_free);
  g_autoptr(GHashTable) called = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  Look look = {verify, left, called};
  gboolean running = FALSE;
  if (!module || !module->spool_look(es_request_library(verify->request), on_entry, &running, &look, error))
    return FALSE;
  verify->busy |= running;
  gboolean all = !verify->range.id && !verify->range.client;
  for (guint i = 0; all && i < left->len; i++) {
    const Left *l = left->pdata[i];
    es_verify_tell(verify, l->found, l->id, l->file,
                   l->found == ES_FOUND_SPOOL_LEFT ? _("left by a recorder that was killed")
                   : l->found == ES_FOUND_REFUSED  ? _("a call that the index refused")
                                                   : _("nothing that a recorder puts there"));
  }
  return TRUE;
}
