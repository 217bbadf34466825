// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What earlier runs left, found again by the tags of a message: whatever the order in which their journals
// are read, whoever speaks first, and whatever follows the tag in a key.
#include "left-behind.h"
#include "left-call.h"
#include "spool.h"
#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define BEGAN_US (1760000000 * ES_US_PER_S)

typedef struct {
  char *library;
  EsIndex *index;
  EsRecoveredList *recovered;
  EsLeftBehind *left;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  f->library = g_dir_make_tmp("earshot-left-XXXXXX", &error);
  g_assert_no_error(error);
  f->index = es_index_open(f->library, ES_INDEX_CREATE, &error);
  g_assert_no_error(error);
  f->recovered = es_recovered_list_new(f->library);
  f->left = es_left_behind_new();
}

static void remove_tree(const char *path) {
  g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_DIR) ? g_dir_open(path, 0, NULL) : NULL;
  const char *name;
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    remove_tree(inner);
  }
  g_assert_cmpint(g_remove(path), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data) {
  es_left_behind_free(f->left);
  es_recovered_list_free(f->recovered);
  es_index_close(f->index);
  remove_tree(f->library);
  g_free(f->library);
}

// As a journal of a run tells it. after: what follows "call" in its key; answered_us may be ES_UNKNOWN.
static void leave(Fixture *f, const char *id, const char *after, gint64 started_us, gint64 answered_us) {
  g_autoptr(EsCall) row = es_call_new();
  row->id = g_strdup(id);
  row->call_id = g_strdup("call");
  row->source_key = g_strconcat("call", after, NULL);
  row->started_us = started_us;
  row->answered_us = answered_us;
  EsSpoolMoments moments = {ES_UNKNOWN, started_us, ES_UNKNOWN, ES_UNKNOWN};
  EsSettlement *settled = es_settlement_new(row);
  g_autofree char *text = es_spool_json(row, &moments, 1, settled);
  es_settlement_free(settled);
  EsJournalRecord record = {ES_JOURNAL_META, 1, strlen(text), (const guint8 *)text};
  EsLeftCall *call = es_left_call_new();
  GError *error = NULL;
  es_left_call_learn(call, &record);
  g_assert_true(es_left_call_is_left(call, f->index, f->recovered, &error));
  g_assert_no_error(error);
  g_autoptr(GHashTable) calls = g_hash_table_new(NULL, NULL);
  g_hash_table_insert(calls, GUINT_TO_POINTER(1), call);
  es_left_behind_add(f->left, calls);
  es_left_call_free(call);
}

static void assert_taken(Fixture *f, const char *from, const char *to, const char *id, gboolean turned) {
  gboolean other;
  g_autoptr(EsCall) row = es_left_behind_take(f->left, "call", from, to, &other);
  g_assert_cmpstr(row ? row->id : NULL, ==, id);
  g_assert_cmpint(other, ==, turned);
}

#define X "0199c7b5-3c00-7000-8000-000000000001"
#define Y "0199c7b5-3c00-7000-8000-000000000002"

static void test_answered(Fixture *f, gconstpointer data) {
  for (guint answered_first = 0; answered_first < 2; answered_first++) {
    gboolean turned;
    for (guint i = 0; i < 2; i++)
      leave(f, X, "|1|a", BEGAN_US, i == answered_first ? ES_UNKNOWN : BEGAN_US + 1);
    g_autoptr(EsCall) row = es_left_behind_take(f->left, "call", "a", NULL, &turned);
    g_assert_cmpint(row->answered_us, ==, BEGAN_US + 1);
  }
}

static void test_later(Fixture *f, gconstpointer data) {
  leave(f, Y, "|2|a", BEGAN_US + 2, BEGAN_US + 2);
  leave(f, X, "|1|a", BEGAN_US, BEGAN_US + 1);
  assert_taken(f, "a", "b", Y, FALSE);
  assert_taken(f, "a", "b", NULL, FALSE);
}

static void test_turned(Fixture *f, gconstpointer data) {
  leave(f, X, "|1|a", BEGAN_US, BEGAN_US + 1);
  assert_taken(f, "b", NULL, NULL, FALSE);
  assert_taken(f, "b", "a", X, TRUE);
  leave(f, X, "|1|a", BEGAN_US, BEGAN_US + 1);
  leave(f, Y, "|2|b", BEGAN_US + 2, BEGAN_US + 2);
  assert_taken(f, "a", "b", Y, TRUE);
  assert_taken(f, "b", "a", NULL, FALSE);
}

static void test_keys(Fixture *f, gconstpointer data) {
  static const char *const afters[] = {"|1|a|again " Y, "|1|a|rest " Y, "|1|a|again " Y "|rest " X};
  for (guint i = 0; i < G_N_ELEMENTS(afters); i++) {
    leave(f, X, afters[i], BEGAN_US, BEGAN_US + 1);
    assert_taken(f, "again " Y, "rest " Y, NULL, FALSE);
    assert_taken(f, "1", "", NULL, FALSE);
    assert_taken(f, "a", NULL, X, FALSE);
  }
}

static void make_run(const EsSpool *spool, const char *number, time_t born, time_t latest) {
  g_autofree char *run = g_build_filename(es_spool_directory(spool), "journal", number, NULL);
  const time_t times[] = {latest, born};
  g_assert_cmpint(g_mkdir_with_parents(run, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
    g_autofree char *path = g_strdup_printf("%s/%010u.journal", run, i + 1);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(utime(path, &(struct utimbuf){times[i], times[i]}), ==, 0);
  }
}

static void test_runs(Fixture *f, gconstpointer data) {
  gboolean alone;
  g_autoptr(EsSpool) spool = es_spool_open(f->library, &alone, NULL);
  make_run(spool, "5000000001", 100, 900);
  make_run(spool, "5000000002", 300, 400);
  make_run(spool, "5000000003", 200, 800);
  g_autoptr(GArray) runs = es_spool_list_runs(spool);
  g_assert_cmpuint(runs->len, ==, 3);
  g_assert_cmpint(g_array_index(runs, gint64, 0), ==, 5000000001);
  g_assert_cmpint(g_array_index(runs, gint64, 1), ==, 5000000003);
  g_assert_cmpint(g_array_index(runs, gint64, 2), ==, 5000000002);
}

static void add(const char *path, void (*test)(Fixture *, gconstpointer)) {
  g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  add("/capture/left-behind/answered", test_answered);
  add("/capture/left-behind/later", test_later);
  add("/capture/left-behind/turned", test_turned);
  add("/capture/left-behind/keys", test_keys);
  add("/capture/left-behind/runs", test_runs);
  return g_test_run();
}
