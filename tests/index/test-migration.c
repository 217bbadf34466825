// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The frozen library of each schema version opens, is whole after it, and answers; one that may only be read
// is never migrated.
#include "earshot/index/correction.h"
#include "earshot/index/saved-search.h"
#include "earshot/index/transcript.h"
#include "earshot/index/worklist.h"
#include "fixture.h"

#include <glib/gstdio.h>

static char *thawed(int version) {
  char *library = fixture_library();
  g_autofree char *path = fixture_path(library);
  g_autofree char *name = g_strdup_printf("v%d.sqlite", version);
  g_autofree char *frozen = g_test_build_filename(G_TEST_DIST, "data", name, NULL);
  g_autofree char *data = NULL;
  gsize size;
  GError *error = NULL;
  g_file_get_contents(frozen, &data, &size, &error);
  g_assert_no_error(error);
  g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
  return library;
}

static void expect(EsIndex *index, EsSearch search, const char *found) {
  g_autofree char *ids = fixture_search(index, &search);
  g_assert_cmpstr(ids, ==, found);
}

static void check_searches(EsIndex *index) {
  EsSearch any;
  es_search_init(&any);
  static const struct {
    const char *words, *found;
  } cases[] = {{"فاتوره 2025", "c0"}, {"احمد", "c3 c2 c0"}, {"muller refund", "c1"},
               {"اعتذار", "c0"},      {"vip", ""},          {"el sayed", "c3 c0"}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsSearch search = any;
    search.words = cases[i].words;
    expect(index, search, cases[i].found);
  }
  EsSearch agent = any, number = any, tag = any, flag = any, consent = any, score = any, missing = any;
  agent.agent = "mona";
  expect(index, agent, "c3 c0");
  number.number = "01234567";
  number.min_duration_ms = 60000;
  expect(index, number, "c1 c0");
  tag.tag = "شكوي";
  expect(index, tag, "c0");
  flag.flag = "training";
  expect(index, flag, "c0");
  consent.consent = "withdrawn";
  expect(index, consent, "c1");
  score.score_below = 73;
  expect(index, score, "c0");
  missing.missing_audio = TRUE;
  expect(index, missing, "c0");
}

static void check_call(EsIndex *index) {
  GError *error = NULL;
  g_autoptr(EsCall) call = es_index_get_call(index, "a001", &error);
  g_assert_no_error(error);
  g_assert_cmpstr(call->caller, ==, "+201001234567");
  g_assert_cmpstr(call->tags[0], ==, "شكوى");
  g_assert_cmpfloat(call->score, ==, 72.5);
  g_assert_cmpuint(call->legs->len, ==, 2);
  const EsCallLeg *leg = g_ptr_array_index(call->legs, 1);
  g_assert_cmpint(g_array_index(leg->speech, EsInterval, 1).end_ms, ==, 36000);
  g_assert_cmpuint(g_array_index(leg->streams, EsStreamLedger, 0).ssrc, ==, 0xdeadbef0u);
  g_autoptr(GPtrArray) flags = es_index_list_flags(index, call->rowid, TRUE, &error);
  g_autoptr(GPtrArray) evaluations = es_index_list_evaluations(index, call->rowid, &error);
  g_assert_cmpuint(flags->len, ==, 1);
  g_assert_cmpuint(evaluations->len, ==, 2);
  g_assert_cmpstr(((EsEvaluation *)g_ptr_array_index(evaluations, 0))->rubric_text, ==,
                  "[rubric]\nid=standard\nversion=1\n");
  g_autofree char *rubric = es_index_get_rubric(index, "floor", NULL, &error);
  g_assert_cmpstr(rubric, ==, "[rubric]\nid=floor\nversion=1\n");
  EsSeen seen;
  g_assert_true(es_index_seen(index, "day1.pcap:c3", &seen, NULL, &error));
  g_assert_cmpint(seen, ==, ES_SEEN_INTERRUPTED);
}

static void test_version_1(void) {
  char *library = thawed(1);
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_WRITE);
  check_searches(index);
  check_call(index);
  GError *error = NULL;
  g_autoptr(EsCall) call = es_index_get_call(index, "a002", &error);
  g_assert_true(es_index_add_note(index, call->rowid, "heard again later", ES_UNKNOWN, "x", 1, &error));
  fixture_put(index, fixture_call(9, "2001"));
  es_index_close(g_steal_pointer(&index));
  g_autofree char *shell =
      fixture_shell(library, "PRAGMA integrity_check; PRAGMA foreign_key_check;"
                             "INSERT INTO call_text(call_text) VALUES ('integrity-check');"
                             "SELECT count(*), (SELECT count(*) FROM note),"
                             " (SELECT count(*) FROM audit) FROM call; PRAGMA user_version");
  g_autofree char *wanted = g_strdup_printf("ok\n5|3|1\n%d", es_index_schema_version());
  g_assert_cmpstr(shell, ==, wanted);
  fixture_remove(library);
}

// What version 2 added.
static void check_version_2(EsIndex *index) {
  GError *error = NULL;
  EsSearch said;
  es_search_init(&said);
  said.words = "refund arrived";
  expect(index, said, "c0");
  g_autoptr(EsCall) call = es_index_get_call(index, "a001", &error);
  g_assert_cmpstr(call->pbx_id, ==, "1763625600.17");
  g_assert_cmpstr(call->business_id, ==, "T-4711");
  g_assert_cmpint(call->raised_ms, ==, 6000);
  g_assert_cmpint(call->repeats, ==, 0);
  g_assert_false(isnan(call->tension));
  g_autoptr(GPtrArray) cues = es_index_get_transcript(index, call->rowid, &error);
  g_assert_cmpuint(cues->len, ==, 2);
  g_autoptr(GPtrArray) corrections = es_index_list_corrections(index, call->rowid, &error);
  g_assert_cmpstr(((EsCorrection *)g_ptr_array_index(corrections, 0))->new_value, ==, "nile");
  g_autoptr(EsSavedSearch) saved = es_index_find_saved_search(index, "huda", "ANGRY", &error);
  g_assert_nonnull(saved);
  g_autoptr(GPtrArray) work = es_index_list_work(index, "huda", &error);
  g_assert_cmpuint(work->len, ==, 1);
  g_assert_true(((EsWorkItem *)g_ptr_array_index(work, 0))->begun);
  g_autoptr(GPtrArray) agents = es_index_list_agents(index, FALSE, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(agents->len, ==, 3);
}

static void test_version_2(void) {
  char *library = thawed(2);
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_WRITE);
  check_searches(index);
  check_call(index);
  check_version_2(index);
  fixture_put(index, fixture_call(9, "2001"));
  es_index_close(g_steal_pointer(&index));
  g_autofree char *shell =
      fixture_shell(library, "PRAGMA integrity_check; PRAGMA foreign_key_check;"
                             "INSERT INTO call_text(call_text) VALUES ('integrity-check');"
                             "SELECT count(*), (SELECT count(*) FROM draft) FROM call; PRAGMA user_version");
  g_autofree char *wanted = g_strdup_printf("ok\n5|1\n%d", es_index_schema_version());
  g_assert_cmpstr(shell, ==, wanted);
  fixture_remove(library);
}

static const char schema_sql[] = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";

// While calls are open nobody has time for it: the older copy is refused, and stays as it is.
static void test_put_in_place(void) {
  char *library = fixture_library(), *older = thawed(1);
  g_autofree char *path = fixture_path(library), *from = fixture_path(older);
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  g_autoptr(GError) error = NULL;
  g_assert_cmpint(g_rename(from, path), ==, 0);
  g_assert_false(es_index_reopen(index, 100, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_READ_ONLY);
  g_assert_nonnull(strstr(error->message, "is older (schema 1"));
  g_autofree char *version = fixture_shell(library, "PRAGMA user_version");
  g_assert_cmpstr(version, ==, "1");
  es_index_close(g_steal_pointer(&index));
  fixture_remove(older);
  fixture_remove(library);
}

// The schema of a released version never changes: what its files make today is what was frozen.
static void test_schema_is_frozen(void) {
  char *new = fixture_library();
  for (int version = 1; version <= es_index_schema_version(); version++) {
    g_autofree char *name = g_strdup_printf("schema-%03d.sql", version);
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "..", "..", "index", "sql", name, NULL);
    g_autofree char *script = g_strdup_printf(".read '%s'", file);
    char *old = thawed(version);
    g_free(fixture_shell(new, script));
    g_autofree char *frozen = fixture_shell(old, schema_sql);
    g_autofree char *present = fixture_shell(new, schema_sql);
    g_assert_cmpstr(present, ==, frozen);
    fixture_remove(old);
  }
  fixture_remove(new);
}

// A library that was brought forward is like one made anew.
static void test_same_schema(void) {
  char *old = thawed(1), *new = fixture_library();
  es_index_close(fixture_open(old, ES_INDEX_WRITE));
  es_index_close(fixture_open(new, ES_INDEX_CREATE));
  g_autofree char *migrated = fixture_shell(old, schema_sql);
  g_autofree char *made = fixture_shell(new, schema_sql);
  g_assert_cmpstr(migrated, ==, made);
  fixture_remove(old);
  fixture_remove(new);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/migration/version-1", test_version_1);
  g_test_add_func("/index/migration/version-2", test_version_2);
  g_test_add_func("/index/migration/put-in-place", test_put_in_place);
  g_test_add_func("/index/migration/schema-is-frozen", test_schema_is_frozen);
  g_test_add_func("/index/migration/same-schema", test_same_schema);
  return g_test_run();
}
