// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Several processes in one library: making it at once, being killed in the middle of making it, a recorder
// that writes while others search and annotate and one reads for long. Nobody is told that the library is
// busy, and everything written is there.
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 25

typedef gboolean (*Work)(const char *library);

static pid_t start(const char *library, Work work) {
  pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0)
    _exit(work(library) ? 0 : 1);
  return child;
}

static void expect_done(pid_t child) {
  int status;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static gboolean said(GError *error) {
  if (error)
    g_printerr("%d: %s\n", (int)getpid(), error->message);
  return error == NULL;
}

static gint64 stored(const char *library) {
  g_autofree char *count = fixture_shell(library, "SELECT count(*) FROM call");
  return g_ascii_strtoll(count, NULL, 10);
}

static void expect_sound(const char *library) {
  g_autofree char *check = fixture_shell(library, "PRAGMA integrity_check");
  g_assert_cmpstr(check, ==, "ok");
}

// ---- making

static gboolean make(const char *library) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_CREATE, &error);
  g_autoptr(EsCall) call = fixture_call((int)getpid(), "2001");
  return said(error) && es_index_put_call(index, call, &error) && said(error);
}

static void test_made_at_once(void) {
  char *library = fixture_library();
  pid_t children[6];
  for (guint i = 0; i < G_N_ELEMENTS(children); i++)
    children[i] = start(library, make);
  for (guint i = 0; i < G_N_ELEMENTS(children); i++)
    expect_done(children[i]);
  g_assert_cmpint(stored(library), ==, G_N_ELEMENTS(children));
  expect_sound(library);
  fixture_remove(library);
}

// At whatever moment it dies: afterwards there is no library or a whole one, and it can be made.
static void test_killed_while_making(void) {
  for (gulong us = 0; us < 24000; us += 3000) {
    char *library = fixture_library();
    pid_t child = start(library, make);
    g_usleep(us);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect_done(start(library, make));
    expect_sound(library);
    g_assert_cmpint(stored(library), <=, 2);
    fixture_remove(library);
  }
}

// ---- working

static gboolean record(const char *library) {
  GError *error = NULL;
  g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_WRITE, &error);
  for (int i = 0; index && !error && i < CALLS; i++) {
    g_autoptr(EsCall) call = fixture_call(i, "2001");
    es_index_put_call(index, call, &error);
  }
  return said(error);
}

static gboolean count_call(const EsCall *call, gpointer user_data) {
  ++*(guint *)user_data;
  return TRUE;
}

// As commands do: open, search, leave the trace of it, close.
static gboolean search_often(const char *library) {
  GError *error = NULL;
  for (int i = 0; !error && i < CALLS; i++) {
    g_autoptr(EsIndex) index = es_index_open(library, ES_INDEX_WRITE, &error);
    EsAuditEntry entry = {1, (char *)"mona", (char *)"call.search", NULL, (char *)"ok", NULL};
    EsSearch search;
    guint calls = 0;
    es_search_init(&search);
    search.agent = "2001";
    if (!index || !es_index_search(index, &search, count_call, &calls, &error) ||
        !es_index_add_access(index, &entry, &error))
      break;
  }
  return said(error);
}

static void test_together(void) {
  char *library = fixture_library();
  es_index_close(fixture_open(library, ES_INDEX_CREATE));
  pid_t children[] = {start(library, record), start(library, search_often), start(library, search_often),
                      start(library, record)};
  for (guint i = 0; i < G_N_ELEMENTS(children); i++)
    expect_done(children[i]);
  g_assert_cmpint(stored(library), ==, 2 * CALLS);
  g_autofree char *audit = fixture_shell(library, "SELECT count(*) FROM audit");
  g_assert_cmpint(g_ascii_strtoll(audit, NULL, 10), ==, 2 * CALLS);
  expect_sound(library);
  fixture_remove(library);
}

typedef struct {
  const char *library;
  guint calls;
} Long;

static gboolean record_meanwhile(const EsCall *call, gpointer user_data) {
  Long *reading = user_data;
  if (++reading->calls == 1)
    expect_done(start(reading->library, record));
  return TRUE;
}

// An export reads on for as long as it likes: whoever records meanwhile is not kept waiting, and it sees the
// calls as they were when it began.
static void test_long_reader(void) {
  char *library = fixture_library();
  es_index_close(fixture_open(library, ES_INDEX_CREATE));
  expect_done(start(library, make));
  Long reading = {library, 0};
  GError *error = NULL;
  EsSearch search;
  es_search_init(&search);
  EsIndex *index = fixture_open(library, ES_INDEX_WRITE);
  g_assert_true(es_index_search(index, &search, record_meanwhile, &reading, &error));
  g_assert_no_error(error);
  g_assert_cmpuint(reading.calls, ==, 1);
  es_index_close(index);
  g_assert_cmpint(stored(library), ==, CALLS + 1);
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/together/made-at-once", test_made_at_once);
  g_test_add_func("/index/together/killed-while-making", test_killed_while_making);
  g_test_add_func("/index/together/working", test_together);
  g_test_add_func("/index/together/long-reader", test_long_reader);
  return g_test_run();
}
