// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the last search left for @N, whatever became of the file since. The first byte is N.
#include <glib/gstdio.h>
#include <string.h>

#include "earshot/common/id.h"
#include "fuzz.h"
#include "last-search.h"

static char *state, *folder, *path;

static void end(void) {
  g_unlink(path);
  g_rmdir(folder);
  g_rmdir(state);
  g_free(path);
  g_free(folder);
  g_free(state);
}

static void begin(void) {
  const char *memory = g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
  state = g_mkdtemp(g_build_filename(memory, "earshot-fuzz-XXXXXX", NULL));
  g_setenv("XDG_STATE_HOME", state, TRUE);
  folder = g_build_filename(state, "earshot", NULL);
  path = g_build_filename(folder, "last-search", NULL);
  g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
  atexit(end);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  if (size == 0)
    return 0;
  if (!path)
    begin();
  g_assert_true(g_file_set_contents_full(path, (const char *)data + 1, (gssize)size - 1,
                                         G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_autofree char *word = g_strdup_printf("@%u", data[0]);
  g_autoptr(GError) error = NULL;
  g_autofree char *id = es_last_search_resolve("/library", word, &error);
  g_assert_true((id != NULL) == (error == NULL));
  g_assert_true(!id || es_id_is_whole(id));
  return 0;
}
