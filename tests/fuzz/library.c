// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "library.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#define INPUTS 500

static EsFuzzLibrary library;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  return g_remove(path);
}

static void clear(void) {
  if (!library.path)
    return;
  g_clear_pointer(&library.index, es_index_close);
  nftw(library.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_clear_pointer(&library.path, g_free);
}

EsFuzzLibrary *es_fuzz_library(void) {
  static gboolean registered;
  if (!registered)
    atexit(clear);
  registered = TRUE;
  if (library.path && ++library.used < INPUTS)
    return &library;
  clear();
  const char *memory = g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
  library.path = g_mkdtemp(g_build_filename(memory, "earshot-fuzz-XXXXXX", NULL));
  library.index = es_index_open(library.path, ES_INDEX_CREATE, NULL);
  library.used = 0;
  g_assert_nonnull(library.index);
  return &library;
}

guint es_fuzz_library_spooled(const EsFuzzLibrary *l) {
  g_autofree char *spool = g_build_filename(l->path, "spool", NULL);
  g_autoptr(GDir) dir = g_dir_open(spool, 0, NULL);
  const char *name;
  guint n = 0;
  while (dir && (name = g_dir_read_name(dir)))
    n += g_strcmp0(name, "lock") != 0;
  return n;
}
