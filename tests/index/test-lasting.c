// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What waits for the disk and what does not: evidence does, the trace of a look does not; and what the latter
// leaves beside the database hides nothing from anybody. Waits are counted by standing in for the functions
// with which SQLite waits.
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static guint waits;

int fdatasync(int fd) {
  waits++;
  return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
  waits++;
  return (int)syscall(SYS_fsync, fd);
}

static gint64 journal_bytes(const char *library) {
  g_autofree char *wal = g_build_filename(library, "index.sqlite-wal", NULL);
  GStatBuf info;
  return g_stat(wal, &info) == 0 ? (gint64)info.st_size : -1;
}

static void add_row(EsIndex *index, gboolean lasting, const char *operation) {
  const EsAuditEntry entry = {.at_us = FIXTURE_DAY_US,
                              .actor = (char *)"mona",
                              .operation = (char *)operation,
                              .result = (char *)"ok"};
  GError *error = NULL;
  g_assert_true(lasting ? es_index_add_audit(index, &entry, &error)
                        : es_index_add_access(index, &entry, &error));
  g_assert_no_error(error);
}

// How often a whole command waits: opens, adds one row, closes.
static guint command(const char *library, gboolean lasting) {
  guint before = waits;
  EsIndex *index = fixture_open(library, ES_INDEX_WRITE);
  add_row(index, lasting, lasting ? "call.note" : "call.search");
  es_index_close(index);
  return waits - before;
}

static char *make_library(void) {
  char *library = fixture_library();
  EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
  fixture_put(index, fixture_call(0, "2001"));
  es_index_close(index);
  return library;
}

static void test_waits(void) {
  char *library = make_library();
  g_assert_cmpuint(waits, >, 0);
  g_assert_cmpint(journal_bytes(library), ==, -1); // evidence is merged by whoever closes last
  command(library, FALSE);                         // begins a journal, which is one wait
  g_assert_cmpint(journal_bytes(library), >, 0);
  for (int i = 0; i < 5; i++)
    g_assert_cmpuint(command(library, FALSE), ==, 0);
  g_assert_cmpuint(command(library, TRUE), >, 1);
  g_assert_cmpint(journal_bytes(library), ==, -1);
  g_autofree char *rows = fixture_shell(library, "SELECT operation, count(*) FROM audit GROUP BY 1");
  g_assert_cmpstr(rows, ==, "call.note|1\ncall.search|6");
  fixture_remove(library);
}

// Rows of a look do not lower what follows on the same connection.
static void test_mixed(void) {
  char *library = make_library();
  EsIndex *index = fixture_open(library, ES_INDEX_WRITE);
  add_row(index, FALSE, "call.search");
  guint before = waits;
  add_row(index, FALSE, "call.search");
  g_assert_cmpuint(waits, ==, before);
  add_row(index, TRUE, "call.note");
  g_assert_cmpuint(waits, ==, before + 1);
  add_row(index, FALSE, "call.search");
  g_assert_cmpuint(waits, ==, before + 1);
  es_index_close(index);
  g_assert_cmpint(journal_bytes(library), ==, -1);
  fixture_remove(library);
}

static void test_journal_stays_short(void) {
  char *library = make_library();
  gint64 longest = 0;
  for (int i = 0; i < 150; i++) {
    command(library, FALSE);
    longest = MAX(longest, journal_bytes(library));
  }
  g_assert_cmpint(longest, >, 4096);
  g_assert_cmpint(longest, <=, 300 * 1024);
  g_autofree char *rows = fixture_shell(library, "SELECT count(*) FROM audit");
  g_assert_cmpstr(rows, ==, "150");
  fixture_remove(library);
}

static gboolean finds_everything(const char *library) {
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_READ, NULL);
  gint64 calls = 0;
  g_autoptr(GPtrArray) audit = index ? es_index_list_audit(index, 0, NULL) : NULL;
  return index && es_index_is_read_only(index) && es_index_count_calls(index, &calls, NULL) && calls == 1 &&
         audit && audit->len == 1;
}

// A copy of the folder with such a journal, where nothing can be written.
static void test_read_only_copy(void) {
  static const char *const names[] = {"index.sqlite", "index.sqlite-wal", "index.sqlite-shm"};
  char *library = make_library();
  char *copy = fixture_library();
  command(library, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *from = g_build_filename(library, names[i], NULL);
    g_autofree char *to = g_build_filename(copy, names[i], NULL);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_true(g_file_set_contents(to, data, (gssize)size, NULL));
    g_assert_cmpint(g_chmod(to, 0444), ==, 0);
  }
  g_assert_cmpint(g_chmod(copy, 0555), ==, 0);
  g_assert_true(fixture_as_nobody(copy, finds_everything));
  g_assert_cmpint(g_chmod(copy, 0755), ==, 0);
  fixture_remove(copy);
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/lasting/waits", test_waits);
  g_test_add_func("/index/lasting/mixed", test_mixed);
  g_test_add_func("/index/lasting/journal-stays-short", test_journal_stays_short);
  g_test_add_func("/index/lasting/read-only-copy", test_read_only_copy);
  return g_test_run();
}
