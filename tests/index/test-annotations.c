// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Consent, notes, tags, flags, evaluations, rubrics, directory, audit: present state, history, search, and
// that the database itself refuses to change what was said.
#include "fixture.h"

#include <string.h>

typedef struct {
  char *library;
  EsIndex *index;
  gint64 call;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->library = fixture_library();
  f->index = fixture_open(f->library, ES_INDEX_CREATE);
  f->call = fixture_put(f->index, fixture_call(0, "2001"));
  fixture_put(f->index, fixture_call(1, "2002"));
}

static void tear_down(Fixture *f, gconstpointer data) {
  es_index_close(f->index);
  fixture_remove(f->library);
}

static void expect_words(Fixture *f, const char *words, const char *found) {
  EsSearch search;
  es_search_init(&search);
  search.words = words;
  g_autofree char *ids = fixture_search(f->index, &search);
  g_assert_cmpstr(ids, ==, found);
}

static EsCall *reload(Fixture *f) {
  GError *error = NULL;

  g_autofree char *sql = g_strdup_printf("SELECT uuid FROM call WHERE id = %" G_GINT64_FORMAT, f->call);
  g_autofree char *id = fixture_shell(f->library, sql);
  EsCall *found = es_index_get_call(f->index, id, &error);
  g_assert_no_error(error);
  return found;
}

static void test_notes(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_assert_true(es_index_add_note(f->index, f->call, "promised a refund", 65000, "mona", 10, &error));
  g_assert_true(es_index_add_note(f->index, f->call, "قدّمت اعتذارًا", ES_UNKNOWN, "علي", 20, &error));
  g_assert_false(es_index_add_note(f->index, f->call, "", ES_UNKNOWN, "x", 20, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
  g_clear_error(&error);
  g_assert_false(es_index_add_note(f->index, 4711, "to nobody", ES_UNKNOWN, "x", 20, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_clear_error(&error);
  g_autoptr(GPtrArray) notes = es_index_list_notes(f->index, f->call, &error);
  g_assert_cmpuint(notes->len, ==, 2);
  const EsNote *first = g_ptr_array_index(notes, 0), *second = g_ptr_array_index(notes, 1);
  g_assert_cmpstr(first->text, ==, "promised a refund");
  g_assert_cmpint(first->position_ms, ==, 65000);
  g_assert_cmpint(second->position_ms, ==, ES_UNKNOWN);
  g_assert_cmpstr(second->actor, ==, "علي");
  expect_words(f, "REFUND اعتذارا", "c0");
  expect_words(f, "refund nothing", "");
}

static void test_tags(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_assert_true(es_index_add_tag(f->index, f->call, "VIP", "mona", 1, &error));
  g_assert_true(es_index_add_tag(f->index, f->call, "شكوى", "mona", 2, &error));
  g_assert_true(es_index_add_tag(f->index, f->call, "vip", "mona", 3, &error)); // is there already
  g_autoptr(EsCall) call = reload(f);
  g_autofree char *tags = g_strjoinv(",", call->tags);
  g_assert_cmpstr(tags, ==, "VIP,شكوى");
  EsSearch search;
  es_search_init(&search);
  search.tag = "شكوي";
  g_autofree char *found = fixture_search(f->index, &search);
  g_assert_cmpstr(found, ==, "c0");
  expect_words(f, "vip", "c0");
  g_assert_true(es_index_remove_tag(f->index, f->call, "Vip", "ali", 4, &error));
  expect_words(f, "vip", "");
  g_assert_false(es_index_remove_tag(f->index, f->call, "vip", "ali", 5, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_NOT_FOUND);
  g_clear_error(&error);
  g_assert_false(es_index_add_tag(f->index, f->call, " \u200f ", "ali", 5, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
  g_clear_error(&error);
  g_autofree char *history = fixture_shell(f->library, "SELECT tag, added, actor FROM tag_event ORDER BY id");
  g_assert_cmpstr(history, ==, "VIP|1|mona\nشكوى|1|mona\nVip|0|ali");
}

static void test_flags(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_assert_true(
      es_index_add_flag(f->index, f->call, "training", "listen here", 65000, 100000, "mona", 1, &error));
  g_assert_true(
      es_index_add_flag(f->index, f->call, "training", NULL, ES_UNKNOWN, ES_UNKNOWN, "ali", 2, &error));
  g_assert_false(es_index_add_flag(f->index, f->call, "training", NULL, 500, 500, "ali", 2, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
  g_clear_error(&error);
  expect_words(f, "listen", "c0");
  EsSearch search;
  es_search_init(&search);
  search.flag = "Training";
  g_autofree char *before = fixture_search(f->index, &search);
  g_assert_cmpstr(before, ==, "c0");
  g_autoptr(EsCall) call = reload(f);
  g_assert_cmpuint(g_strv_length(call->flags), ==, 1);

  g_assert_true(es_index_remove_flag(f->index, f->call, "training", "done", "mona", 3, &error));
  g_autofree char *after = fixture_search(f->index, &search);
  g_assert_cmpstr(after, ==, "");
  g_assert_false(es_index_remove_flag(f->index, f->call, "training", "again", "mona", 4, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_NOT_FOUND);
  g_clear_error(&error);
  g_autoptr(GPtrArray) active = es_index_list_flags(f->index, f->call, FALSE, &error);
  g_assert_cmpuint(active->len, ==, 0);
  g_autoptr(GPtrArray) all = es_index_list_flags(f->index, f->call, TRUE, &error);
  g_assert_cmpuint(all->len, ==, 2);
  const EsFlag *flag = g_ptr_array_index(all, 0);
  g_assert_cmpint(flag->start_ms, ==, 65000);
  g_assert_cmpstr(flag->removed_by, ==, "mona");
  g_assert_cmpstr(flag->removed_reason, ==, "done");
  g_assert_cmpint(flag->removed_us, ==, 3);
  g_assert_true(es_id_is_whole(flag->call_uuid));
}

static EsEvaluation *evaluation(gint64 call, gint64 at_us, double score) {
  EsEvaluation *e = es_evaluation_new();
  e->call = call;
  e->at_us = at_us;
  e->evaluator = g_strdup("mona");
  e->rubric_id = g_strdup("standard");
  e->rubric_version = g_strdup("1");
  e->rubric_text = g_strdup("[rubric]\nid=standard\n");
  e->answers_json = g_strdup("[{\"question\":\"greeting\",\"comment\":\"صوت ودود\"}]");
  e->comments_json = g_strdup("[{\"at_ms\":1000,\"text\":\"interrupted twice\"}]");
  e->score = score;
  e->score_raw = 80;
  e->critical_failed = score == 0;
  return e;
}

static void test_evaluations(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  static const double scores[] = {55, 0, 70};
  static const gint64 times[] = {100, 300, 200};
  for (guint i = 0; i < 3; i++) {
    g_autoptr(EsEvaluation) e = evaluation(f->call, times[i], scores[i]);
    g_assert_true(es_index_add_evaluation(f->index, e, &error));
    g_assert_true(es_id_is_whole(e->id));
    g_assert_cmpint(e->rowid, ==, i + 1);
  }
  g_autoptr(EsEvaluation) none = evaluation(f->call, 400, (double)NAN); // all N/A: does not count
  g_assert_true(es_index_add_evaluation(f->index, none, &error));
  g_autoptr(EsCall) call = reload(f);
  g_assert_cmpfloat(call->score, ==, 0);

  g_autoptr(GPtrArray) list = es_index_list_evaluations(f->index, f->call, &error);
  g_assert_cmpuint(list->len, ==, 4);
  const EsEvaluation *oldest = g_ptr_array_index(list, 0), *latest = g_ptr_array_index(list, 3);
  g_assert_cmpfloat(oldest->score, ==, 55);
  g_assert_true(isnan(latest->score));
  g_assert_cmpstr(latest->rubric_text, ==, "[rubric]\nid=standard\n");
  g_assert_true(((EsEvaluation *)g_ptr_array_index(list, 2))->critical_failed);
  expect_words(f, "interrupted", "c0");
  expect_words(f, "ودود", "c0");
  EsSearch search;
  es_search_init(&search);
  search.score_below = 1;
  g_autofree char *below = fixture_search(f->index, &search);
  g_assert_cmpstr(below, ==, "c0");
  search.score_below = 0;
  g_autofree char *nothing = fixture_search(f->index, &search);
  g_assert_cmpstr(nothing, ==, "");
  g_autofree char *texts = fixture_shell(f->library, "SELECT count(*) FROM rubric_text");
  g_assert_cmpstr(texts, ==, "1");

  g_autoptr(EsEvaluation) broken = evaluation(f->call, 500, 90);
  g_free(broken->comments_json);
  broken->comments_json = g_strdup("[{");
  g_assert_false(es_index_add_evaluation(f->index, broken, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_clear_error(&error);
  g_assert_cmpint(broken->rowid, ==, 0);
  g_autofree char *count = fixture_shell(f->library, "SELECT count(*) FROM evaluation");
  g_assert_cmpstr(count, ==, "4");
}

static void test_consent(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_autoptr(EsConsentEvent) no = es_consent_event_new(20, "withdrawn", "manual");
  no->actor = g_strdup("mona");
  no->detail = g_strdup("asked by letter");
  g_autoptr(EsConsentEvent) yes = es_consent_event_new(30, "given", "header");
  g_assert_true(es_index_add_consent(f->index, f->call, no, &error));
  g_assert_cmpint(no->recorded_us, >, 0);
  g_assert_true(es_index_add_consent(f->index, f->call, yes, &error));
  g_autoptr(EsConsentEvent) odd = es_consent_event_new(40, "maybe", "manual");
  g_assert_false(es_index_add_consent(f->index, f->call, odd, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_USAGE);
  g_clear_error(&error);
  g_autoptr(EsCall) call = reload(f);
  g_assert_cmpstr(call->consent_state, ==, "withdrawn");
  g_assert_cmpuint(call->consent->len, ==, 2);
  EsSearch search;
  es_search_init(&search);
  search.consent = "withdrawn";
  g_autofree char *found = fixture_search(f->index, &search);
  g_assert_cmpstr(found, ==, "c0");
}

static void append_rubric(const char *id, const char *version, const char *text, gpointer user_data) {
  g_string_append_printf(user_data, "%s %s %s;", id, version, text);
}

static void test_rubrics(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_assert_true(es_index_add_rubric(f->index, "r", "1", "one", "mona", 1, &error));
  g_assert_true(es_index_add_rubric(f->index, "r", "2", "two", "mona", 2, &error));
  g_assert_true(es_index_add_rubric(f->index, "r", "1", "one", "mona", 3, &error)); // the same again: nothing
  g_assert_false(es_index_add_rubric(f->index, "r", "1", "changed", "mona", 4, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_clear_error(&error);
  g_autofree char *newest = es_index_get_rubric(f->index, "r", NULL, &error);
  g_autofree char *first = es_index_get_rubric(f->index, "r", "1", &error);
  g_assert_cmpstr(newest, ==, "two");
  g_assert_cmpstr(first, ==, "one");
  g_assert_null(es_index_get_rubric(f->index, "r", "3", &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_NOT_FOUND);
  g_clear_error(&error);
  g_autoptr(GString) all = g_string_new(NULL);
  g_assert_true(es_index_list_rubrics(f->index, append_rubric, all, &error));
  g_assert_cmpstr(all->str, ==, "r 1 one;r 2 two;");
}

static gboolean add_agent(Fixture *f, const char *extension, const char *name, const char *latin, gint64 from,
                          gint64 until, GError **error) {
  EsAgent agent = {.extension = (char *)extension,
                   .name = (char *)name,
                   .latin_name = (char *)latin,
                   .team = (char *)"Blue",
                   .from_us = from,
                   .until_us = until};
  return es_index_add_agent(f->index, &agent, "admin", error);
}

static void test_overlap(Fixture *f, gconstpointer data) {
  // Present: 7 from 100 until 200.
  static const struct {
    const char *extension;
    gint64 from, until;
    gboolean ok;
  } cases[] = {
      {"7", 200, 300, TRUE},        {"7", 50, 100, TRUE},
      {"8", 100, 200, TRUE},        {"7", 199, 200, FALSE},
      {"7", 90, 101, FALSE},        {"7", 120, 130, FALSE},
      {"7", 10, 1000, FALSE},       {"7", ES_UNKNOWN, 60, FALSE},
      {"7", ES_UNKNOWN, 50, TRUE},  {"7", 250, ES_UNKNOWN, FALSE},
      {"7", 300, ES_UNKNOWN, TRUE}, {"٧", 150, 160, FALSE},
      {"9", 5, 5, FALSE},           {"", 1, 2, FALSE},
  };
  GError *error = NULL;
  g_assert_true(add_agent(f, "7", "Mona", NULL, 100, 200, &error));
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    gboolean ok = add_agent(f, cases[i].extension, "Ali", NULL, cases[i].from, cases[i].until, &error);
    g_assert_cmpint(ok, ==, cases[i].ok);
    if (!ok)
      g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_clear_error(&error);
  }
  g_autoptr(EsAgent) mona = es_index_find_agent(f->index, "7", 199, &error);
  g_autoptr(EsAgent) ali = es_index_find_agent(f->index, "7", 200, &error);
  g_assert_cmpstr(mona->name, ==, "Mona");
  g_assert_cmpstr(ali->name, ==, "Ali");
  g_assert_null(es_index_find_agent(f->index, "77", 200, &error));
  g_assert_no_error(error);
  g_autoptr(GPtrArray) all = es_index_list_agents(f->index, FALSE, &error);
  g_assert_cmpuint(all->len, ==, 6);
}

// The directory may be filled after the calls came; an extension may change hands.
static void test_agent_search(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  gint64 noon = FIXTURE_DAY_US + 240 * FIXTURE_MINUTE_US;
  g_assert_true(add_agent(f, "2001", "منى السيد أحمد", "Mona El-Sayed", ES_UNKNOWN, noon, &error));
  g_assert_true(add_agent(f, "2001", "كريم", "Karim", noon, ES_UNKNOWN, &error));
  fixture_put(f->index, fixture_call(300, "2001"));
  EsCall *named = fixture_call(301, "sip:9@pbx");
  ((EsSegment *)g_ptr_array_index(named->segments, 0))->agent_name = g_strdup("Mona Zaki");
  fixture_put(f->index, named);
  EsCall *transferred = fixture_call(302, "2001");
  EsSegment *second = es_segment_new();
  second->agent = g_strdup("2002");
  second->start_ms = 50000;
  g_ptr_array_add(transferred->segments, second);
  fixture_put(f->index, transferred);
  static const struct {
    const char *agent, *found;
  } cases[] = {
      {"2001", "c302 c300 c0"}, {"٢٠٠١", "c302 c300 c0"}, {"mona", "c301 c0"},
      {"احمد مني", "c0"},       {"sayed mona", "c0"},     {"سيد", "c0"},
      {"KARIM", "c302 c300"},   {"2002", "c302 c1"},      {"zaki", "c301"},
      {"SIP:9@PBX", "c301"},    {"kar*", "c302 c300"},    {"kar", ""},
      {"mona karim", ""},       {"\u200f", ""},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    EsSearch search;
    es_search_init(&search);
    search.agent = cases[i].agent;
    g_autofree char *found = fixture_search(f->index, &search);
    g_assert_cmpstr(found, ==, cases[i].found);
  }
  g_autoptr(EsCall) call = reload(f); // stored before the directory knew: named when read
  const EsSegment *segment = g_ptr_array_index(call->segments, 0);
  g_assert_cmpstr(segment->agent_name, ==, "منى السيد أحمد");
  g_assert_cmpstr(segment->team, ==, "Blue");
  expect_words(f, "karim", "c302 c300"); // stored after: both scripts are in the full text
  expect_words(f, "كريم blue", "c302 c300");
}

static void test_audit(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  for (int i = 0; i < 3; i++) {
    g_autofree char *params = g_strdup_printf("{\"n\":%d}", i);
    EsAuditEntry entry = {.at_us = i,
                          .actor = (char *)"mona",
                          .operation = (char *)"call.search",
                          .params_json = params,
                          .result = (char *)"ok"};
    g_assert_true(es_index_add_audit(f->index, &entry, &error));
  }
  g_autoptr(GPtrArray) two = es_index_list_audit(f->index, 2, &error);
  g_assert_cmpuint(two->len, ==, 2);
  g_assert_cmpstr(((EsAuditEntry *)g_ptr_array_index(two, 0))->params_json, ==, "{\"n\":2}");
  g_autoptr(GPtrArray) all = es_index_list_audit(f->index, 0, &error);
  g_assert_cmpuint(all->len, ==, 3);
}

// History holds against the sqlite3 shell, too.
static void test_append_only(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  EsAuditEntry entry = {.at_us = 1, .actor = (char *)"a", .operation = (char *)"o", .result = (char *)"ok"};
  g_autoptr(EsConsentEvent) given = es_consent_event_new(20, "given", "manual");
  g_autoptr(EsEvaluation) e = evaluation(f->call, 1, 50);
  g_assert_true(es_index_add_audit(f->index, &entry, &error) &&
                es_index_add_consent(f->index, f->call, given, &error) &&
                es_index_add_evaluation(f->index, e, &error) &&
                es_index_add_note(f->index, f->call, "n", ES_UNKNOWN, "a", 1, &error) &&
                es_index_add_tag(f->index, f->call, "t", "a", 1, &error) &&
                es_index_add_flag(f->index, f->call, "f", NULL, -1, -1, "a", 1, &error) &&
                es_index_remove_flag(f->index, f->call, "f", NULL, "a", 2, &error) &&
                es_index_add_rubric(f->index, "r", "1", "text", "a", 1, &error));
  static const char *const tables[] = {"audit", "consent",      "evaluation", "note",       "tag_event",
                                       "flag",  "flag_removal", "rubric",     "rubric_text"};
  for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
    g_autofree char *before_sql = g_strdup_printf("SELECT * FROM %s", tables[i]);
    g_autofree char *before = fixture_shell(f->library, before_sql);
    g_assert_cmpstr(before, !=, "");
    g_autofree char *remove = g_strdup_printf("DELETE FROM %s", tables[i]);
    g_autofree char *update =
        g_strdup_printf("UPDATE %s SET %s = %s", tables[i], i == 8 ? "text" : "actor", "'someone else'");
    if (g_str_equal(tables[i], "evaluation"))
      memcpy(strstr(update, "actor"), "agent", 5);
    g_assert_true(fixture_shell_fails(f->library, remove, "append-only"));
    g_assert_true(fixture_shell_fails(f->library, update, "append-only"));
    g_autofree char *after = fixture_shell(f->library, before_sql);
    g_assert_cmpstr(after, ==, before);
  }
}

#define ADD(name, function) g_test_add("/index/annotations/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  ADD("notes", test_notes);
  ADD("tags", test_tags);
  ADD("flags", test_flags);
  ADD("evaluations", test_evaluations);
  ADD("consent", test_consent);
  ADD("rubrics", test_rubrics);
  ADD("overlap", test_overlap);
  ADD("agent-search", test_agent_search);
  ADD("audit", test_audit);
  ADD("append-only", test_append_only);
  return g_test_run();
}
