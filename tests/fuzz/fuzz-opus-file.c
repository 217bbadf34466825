// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The readers of Ogg Opus files: each input as it is, and once more with the checksums of its pages put
// right, so that what lies behind them is reached too. A repaired file must be one that needs no repair.
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "earshot/encode/file.h"
#include "fuzz.h"
#include "opus-repair.h"

static void remove_folder(void);

static const char *folder(void) {
  static char *path;
  if (!path) {
    path = g_dir_make_tmp("earshot-fuzz-XXXXXX", NULL);
    atexit(remove_folder);
  }
  return path;
}

static void remove_folder(void) {
  g_rmdir(folder());
}

static void mend_checksums(int fd) {
  static EsOggPage page;
  gint64 offset = 0;
  for (;;) {
    EsOggPageState state = es_ogg_page_read(&page, fd, offset);
    if (state != ES_OGG_PAGE_WHOLE && state != ES_OGG_PAGE_DAMAGED)
      return;
    es_ogg_page_write(&page, fd, "", NULL);
    offset += (gint64)page.length;
  }
}

static void cut(const char *path) {
  static const gint64 stretches[][2] = {{0, -1}, {20, 60}, {100, 2000}};
  g_autofree char *output = g_build_filename(folder(), "cut.opus", NULL);
  for (guint i = 0; i < G_N_ELEMENTS(stretches); i++) {
    EsRepair repair;
    gboolean done = es_opus_cut(path, output, stretches[i][0], stretches[i][1], NULL, NULL);
    g_assert_cmpint(done, ==, g_file_test(output, G_FILE_TEST_EXISTS));
    g_assert_true(!done || (es_opus_repair(output, &repair, NULL) && repair.cut_bytes == 0));
    g_unlink(output);
  }
}

static void check(int fd) {
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
  EsRepair repair;
  g_auto(GStrv) tags = es_opus_read_tags(path, NULL);
  for (guint i = 0; tags && tags[i]; i++)
    g_assert_true(g_utf8_validate(tags[i], -1, NULL));
  cut(path);
  if (!es_opus_repair_fd(fd, path, &repair, NULL))
    return;
  g_assert_cmpint(repair.audio_ms, >=, 0);
  g_assert_true(es_opus_repair_fd(fd, path, &repair, NULL));
  g_assert_cmpint(repair.cut_bytes, ==, 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static int fd = -1;
  if (fd < 0)
    fd = memfd_create("recording", MFD_CLOEXEC);
  for (int mend = 0; mend < 2; mend++) {
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    g_assert_cmpint(pwrite(fd, data, size, 0), ==, (gssize)size);
    if (mend)
      mend_checksums(fd);
    check(fd);
  }
  return 0;
}
