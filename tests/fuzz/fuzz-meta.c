// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Metadata that a killed recorder left, as the next start finds it: whatever it says, there is one row more
// and nothing in the spool any more. The id of the seeds is replaced by a fresh one each time.
#include <string.h>

#include "earshot/common/id.h"
#include "fuzz.h"
#include "library.h"
#include "recover.h"

#define SEED_ID "0199c82c-0000-7000-8000-00000000000a"

static gint64 count(EsIndex *index) {
  gint64 calls = 0;
  g_assert_true(es_index_count_calls(index, &calls, NULL));
  return calls;
}

static void write_meta(const char *library, const char *id, const guint8 *data, gsize size) {
  g_autofree char *name = g_strdup_printf("%s.meta", id);
  g_autofree char *path = g_build_filename(library, "spool", name, NULL);
  g_autofree char *text = g_malloc(size + 1);
  memcpy(text, data, size);
  text[size] = '\0';
  for (char *at = memmem(text, size, SEED_ID, strlen(SEED_ID)); at;
       at = memmem(at, size - (gsize)(at - text), SEED_ID, strlen(SEED_ID)))
    memcpy(at, id, strlen(SEED_ID));
  g_assert_true(g_file_set_contents_full(path, text, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void look(const EsCall *call, gpointer user_data) {
  (*(guint *)user_data)++;
  g_assert_cmpstr(call->outcome, ==, "none");
  g_assert_cmpint(call->ended_us, >=, call->started_us);
  g_assert_true(call->duration_ms == ES_UNKNOWN || call->duration_ms >= 0);
  g_assert_cmpuint(call->legs->len, ==, 2);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  EsFuzzLibrary *l = es_fuzz_library();
  char id[ES_ID_SIZE];
  g_autoptr(GError) error = NULL;
  gboolean alone;
  guint repaired = 0, seen = 0;
  gint64 before = count(l->index);
  EsCaptureSink sink = {.finished = look, .user_data = &seen};
  es_id_new(1760000000000000, id);
  g_autoptr(EsSpool) spool = es_spool_open(l->path, &alone, &error);
  g_assert_no_error(error);
  write_meta(l->path, id, data, size);
  es_spool_recover(spool, alone, FALSE, l->path, l->index, &sink, &repaired, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(repaired, ==, 1);
  g_assert_cmpuint(seen, ==, 1);
  g_assert_cmpint(count(l->index), <=, before + 1); // the same source_key replaces its row
  g_assert_cmpuint(es_fuzz_library_spooled(l), ==, 0);
  return 0;
}
