// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Opening what is not there, not ours, newer, damaged, locked, full or not to be written: one clear error
// that names the file, and the file as it was.
#include "../../index/index-private.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char *checksum(const char *path) {
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)data, size);
}

// In every mode given, opening fails with code, names the file, and leaves it alone.
static void expect_refusal(const char *library, int code, const char *says) {
  g_autofree char *path = fixture_path(library);
  g_autofree char *before = checksum(path);
  for (EsIndexMode mode = ES_INDEX_READ; mode <= ES_INDEX_CREATE; mode++) {
    GError *error = NULL;
    g_assert_null(es_index_open(library, mode, &error));
    g_assert_error(error, ES_ERROR, code);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_nonnull(strstr(error->message, says));
    g_assert_null(strchr(error->message, '\n'));
    g_clear_error(&error);
  }
  g_autofree char *after = checksum(path);
  g_assert_cmpstr(after, ==, before);
}

static void make_library(const char *library, int calls) {
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_assert_true(es_index_begin(index, &error));
  for (int i = 0; i < calls; i++)
    fixture_put(index, fixture_call(i, "2001"));
  g_assert_true(es_index_commit(index, &error));
}

static guint count_files(const char *library) {
  guint count = 0;
  GDir *folder = g_dir_open(library, 0, NULL);
  while (g_dir_read_name(folder))
    count++;
  g_dir_close(folder);
  return count;
}

static void test_create(void) {
  char *parent = fixture_library();
  g_autofree char *library = g_build_filename(parent, "a", "b", NULL);
  GError *error = NULL;
  for (EsIndexMode mode = ES_INDEX_READ; mode <= ES_INDEX_WRITE; mode++) {
    g_assert_null(es_index_open(library, mode, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_NOT_FOUND);
    g_clear_error(&error);
  }
  make_library(library, 1);
  g_assert_cmpuint(count_files(library), ==, 1);
  make_library(library, 0); // again: the one that is there
  GStatBuf info;
  g_autofree char *path = fixture_path(library);
  g_assert_cmpint(g_stat(library, &info), ==, 0);
  g_assert_cmpuint(info.st_mode & 0777, ==, 0700);
  g_assert_cmpint(g_stat(path, &info), ==, 0);
  g_assert_cmpuint(info.st_mode & 0777, ==, 0600);
  g_autofree char *shell =
      fixture_shell(library, "PRAGMA journal_mode; PRAGMA user_version; SELECT count(*),"
                             " max(version) FROM schema_history; SELECT count(*) FROM call");
  g_assert_cmpstr(shell, ==, "wal\n2\n2|2\n1");
  fixture_remove(parent);
}

static void test_not_ours(void) {
  char *library = fixture_library();
  g_autofree char *path = fixture_path(library);
  g_assert_true(g_file_set_contents(path, "", 0, NULL));
  expect_refusal(library, ES_ERROR_CORRUPT, "empty");
  g_autoptr(GString) prose = g_string_new(NULL);
  while (prose->len < 10000)
    g_string_append(prose, "Dear diary, today I was taken for a database. ");
  g_assert_true(g_file_set_contents(path, prose->str, -1, NULL));
  expect_refusal(library, ES_ERROR_CORRUPT, "not a database");
  g_unlink(path);
  g_free(fixture_shell(library, "CREATE TABLE recipe (title TEXT)"));
  expect_refusal(library, ES_ERROR_CORRUPT, "not an Earshot index");
  fixture_remove(library);
}

static void test_newer(void) {
  char *library = fixture_library();
  make_library(library, 1);
  g_free(fixture_shell(library, "PRAGMA user_version = 7"));
  expect_refusal(library, ES_ERROR_NEWER_VERSION, "schema 7, this program knows 2");
  fixture_remove(library);
}

// ---- damage

static gboolean count_call(const EsCall *call, gpointer user_data) {
  ++*(guint *)user_data;
  return TRUE;
}

// Opens and reads everything; the error, if any, must say that it is damage.
static gboolean reads_whole(const char *library) {
  GError *error = NULL;
  g_autofree char *path = fixture_path(library);
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_READ, &error);
  EsSearch search;
  es_search_init(&search);
  guint calls = 0;
  gboolean ok = index && es_index_search(index, &search, count_call, &calls, &error);
  if (ok)
    return calls == 200;
  g_assert_error(error, ES_ERROR, ES_ERROR_CORRUPT);
  g_assert_nonnull(strstr(error->message, path));
  g_clear_error(&error);
  return FALSE;
}

static void test_damage(void) {
  char *library = fixture_library();
  make_library(library, 200);
  g_autofree char *path = fixture_path(library);
  g_autofree char *data = NULL;
  gsize size;
  g_assert_true(g_file_get_contents(path, &data, &size, NULL));
  g_assert_true(reads_whole(library));
  guint refused = 0;
  for (gsize keep = size / 16; keep < size; keep += size / 16) { // cut short
    g_assert_true(g_file_set_contents(path, data, (gssize)keep, NULL));
    g_autofree char *before = checksum(path);
    refused += !reads_whole(library);
    g_autofree char *after = checksum(path);
    g_assert_cmpstr(after, ==, before);
  }
  g_assert_cmpuint(refused, >=, 12);
  g_autofree char *damaged = g_memdup2(data, size);
  memset(damaged + 4096, 0xaa, size - 2 * 4096); // the first page is fine, the rest is not
  g_assert_true(g_file_set_contents(path, damaged, (gssize)size, NULL));
  g_assert_false(reads_whole(library));
  fixture_remove(library);
}

// ---- locks

static void test_locked(void) {
  char *library = fixture_library();
  make_library(library, 1);
  g_autofree char *path = fixture_path(library);
  g_autoptr(EsIndex) holder = fixture_open(library, ES_INDEX_WRITE);
  g_autoptr(EsIndex) other = fixture_open(library, ES_INDEX_WRITE);
  es_db_set_patience(other->db, 20);
  GError *error = NULL;
  g_assert_true(es_index_begin(holder, &error));
  gint64 row = fixture_put(holder, fixture_call(5, NULL));
  g_assert_false(es_index_add_note(other, row, "x", ES_UNKNOWN, "x", 1, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_BUSY);
  g_assert_nonnull(strstr(error->message, path));
  g_clear_error(&error);
  gint64 count; // readers are not held up, and see what was committed
  g_assert_true(es_index_count_calls(other, &count, &error));
  g_assert_cmpint(count, ==, 1);
  g_assert_true(es_index_commit(holder, &error));
  g_assert_true(es_index_add_note(other, row, "x", ES_UNKNOWN, "x", 1, &error));
  g_assert_no_error(error);
  es_index_close(g_steal_pointer(&holder));
  es_index_close(g_steal_pointer(&other));
  fixture_remove(library);
}

// ---- no space

// Puts calls until that fails for want of space; gives how many are stored.
static int fill(EsIndex *index) {
  for (int stored = 0; stored < 5000; stored++) {
    GError *error = NULL;
    g_autoptr(EsCall) call = fixture_call(1000 + stored, "2001");
    if (es_index_put_call(index, call, &error))
      continue;
    g_assert_error(error, ES_ERROR, ES_ERROR_NO_SPACE);
    g_assert_nonnull(strstr(error->message, "index.sqlite"));
    g_clear_error(&error);
    return stored;
  }
  g_assert_not_reached();
}

static void expect_calls(const char *library, int calls) {
  g_autofree char *shell = fixture_shell(
      library, "PRAGMA integrity_check; SELECT count(*), (SELECT count(*) FROM call_text) FROM call");
  g_autofree char *wanted = g_strdup_printf("ok\n%d|%d", calls, calls);
  g_assert_cmpstr(shell, ==, wanted);
}

// Whoever opens it while calls are open waits as long as it says, and no longer.
static void test_reopened_locked(void) {
  char *library = fixture_library();
  g_autofree char *path = fixture_path(library);
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  g_autoptr(GError) error = NULL;
  es_index_close(g_steal_pointer(&index));
  g_autofree char *mode =
      fixture_shell(library, "PRAGMA journal_mode=DELETE"); // in which readers wait as well
  g_assert_cmpstr(mode, ==, "delete");
  index = fixture_open(library, ES_INDEX_WRITE);
  g_autoptr(EsDb) other = es_db_open(path, ES_DB_WRITE, 20, &error);
  g_assert_true(es_db_run(other, "BEGIN EXCLUSIVE", &error));
  gint64 begun_us = g_get_monotonic_time();
  g_assert_false(es_index_reopen(index, 100, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_BUSY);
  g_assert_cmpint(g_get_monotonic_time() - begun_us, <, 3 * G_USEC_PER_SEC);
  g_clear_error(&error);
  es_db_run(other, "ROLLBACK", NULL);
  g_assert_true(es_index_reopen(index, 100, &error));
  g_assert_no_error(error);
  es_db_close(g_steal_pointer(&other));
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

static void test_database_full(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_assert_true(es_db_run(index->db, "PRAGMA max_page_count = 90", &error));
  int stored = fill(index);
  expect_calls(library, stored);
  g_assert_true(es_db_run(index->db, "PRAGMA max_page_count = 10000", &error));
  fixture_put(index, fixture_call(0, "2001"));
  expect_calls(library, stored + 1);
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void test_disk_full(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  signal(SIGXFSZ, SIG_IGN);
  limit_files(600 * 1024);
  int stored = fill(index);
  limit_files(RLIM_INFINITY);
  g_assert_cmpint(stored, >, 0);
  expect_calls(library, stored);
  fixture_put(index, fixture_call(0, "2001"));
  expect_calls(library, stored + 1);
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

// ---- not to be written

static gboolean finds_calls(const char *library) {
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_READ, NULL);
  EsSearch search;
  es_search_init(&search);
  search.agent = "2001";
  search.words = "2001";
  guint calls = 0;
  return index && es_index_is_read_only(index) && es_index_search(index, &search, count_call, &calls, NULL) &&
         calls == 3;
}

static gboolean refuses_to_write(const char *library) {
  g_autoptr(GError) error = NULL;
  return !es_index_open(library, ES_INDEX_WRITE, &error) &&
         g_error_matches(error, ES_ERROR, ES_ERROR_READ_ONLY) && strstr(error->message, "index.sqlite");
}

static gboolean says_what_is_wrong(const char *library) {
  g_autoptr(GError) error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_READ, &error);
  return !index && g_error_matches(error, ES_ERROR, ES_ERROR_READ_ONLY) &&
         strstr(error->message, "index.sqlite");
}

static void test_read_only_media(void) {
  char *library = fixture_library();
  make_library(library, 3);
  g_autofree char *path = fixture_path(library);
  g_assert_cmpint(g_chmod(path, 0444), ==, 0);
  g_assert_cmpint(g_chmod(library, 0555), ==, 0);
  g_autofree char *before = checksum(path);
  g_assert_true(fixture_as_nobody(library, finds_calls));
  g_assert_true(fixture_as_nobody(library, refuses_to_write));
  g_autofree char *after = checksum(path);
  g_assert_cmpstr(after, ==, before);
  g_assert_cmpuint(count_files(library), ==, 1);

  // Copied while in use: the journal holds what could not be merged. Reading past it would hide calls.
  g_assert_cmpint(g_chmod(library, 0755), ==, 0);
  g_autofree char *wal = g_strconcat(path, "-wal", NULL);
  g_assert_true(g_file_set_contents(wal, "x", 1, NULL));
  g_assert_cmpint(g_chmod(library, 0555), ==, 0);
  g_assert_true(fixture_as_nobody(library, says_what_is_wrong));
  g_assert_cmpint(g_chmod(library, 0755), ==, 0);
  fixture_remove(library);
}

static void test_reader_cannot_write(void) {
  char *library = fixture_library();
  make_library(library, 1);
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_READ);
  GError *error = NULL;
  g_assert_true(es_index_is_read_only(index));
  g_assert_false(es_index_begin(index, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_READ_ONLY);
  g_clear_error(&error);
  g_autoptr(EsCall) call = fixture_call(7, NULL);
  g_assert_false(es_index_put_call(index, call, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_READ_ONLY);
  g_clear_error(&error);
  es_index_close(g_steal_pointer(&index));
  expect_calls(library, 1);
  fixture_remove(library);
}

// ---- a writer that dies

static void test_killed(void) {
  char *library = fixture_library();
  pid_t child = fork();
  if (child == 0) {
    EsIndex *index = fixture_open(library, ES_INDEX_CREATE);
    fixture_put(index, fixture_call(0, NULL));
    fixture_put(index, fixture_call(1, NULL));
    es_index_begin(index, NULL);
    fixture_put(index, fixture_call(2, NULL));
    kill(getpid(), SIGKILL);
  }
  int status;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_true(WIFSIGNALED(status));
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_READ);
  gint64 count;
  g_assert_true(es_index_count_calls(index, &count, NULL));
  g_assert_cmpint(count, ==, 2);
  es_index_close(g_steal_pointer(&index));
  expect_calls(library, 2);
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/open/create", test_create);
  g_test_add_func("/index/open/not-ours", test_not_ours);
  g_test_add_func("/index/open/newer", test_newer);
  g_test_add_func("/index/open/damage", test_damage);
  g_test_add_func("/index/open/locked", test_locked);
  g_test_add_func("/index/open/reopened-locked", test_reopened_locked);
  g_test_add_func("/index/open/database-full", test_database_full);
  g_test_add_func("/index/open/disk-full", test_disk_full);
  g_test_add_func("/index/open/read-only-media", test_read_only_media);
  g_test_add_func("/index/open/reader-cannot-write", test_reader_cannot_write);
  g_test_add_func("/index/open/killed", test_killed);
  return g_test_run();
}
