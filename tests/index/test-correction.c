// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Values put right: the row, what follows from it, the history; and what is refused.
#include "earshot/index/correction.h"
#include "earshot/index/remap.h"
#include "fixture.h"

typedef struct {
  char *library;
  EsIndex *index;
  gint64 first, second, third;
} Fixture;

static gint64 put(EsIndex *index, int minute, const char *caller, const char *agent) {
  EsCall *call = fixture_call(minute, agent);
  call->caller = g_strdup(caller);
  g_free(call->direction);
  call->direction = g_strdup("inbound");
  return fixture_put(index, call);
}

static void set_up(Fixture *f, gconstpointer data) {
  EsAgent ahmed = {.extension = (char *)"2001",
                   .name = (char *)"أحمد سمير",
                   .latin_name = (char *)"Ahmed Samir",
                   .team = (char *)"billing",
                   .from_us = ES_UNKNOWN,
                   .until_us = ES_UNKNOWN};
  EsAgent mona = {.extension = (char *)"2002",
                  .name = (char *)"منى عادل",
                  .latin_name = (char *)"Mona Adel",
                  .team = (char *)"sales",
                  .from_us = ES_UNKNOWN,
                  .until_us = ES_UNKNOWN};
  GError *error = NULL;
  f->library = fixture_library();
  f->index = fixture_open(f->library, ES_INDEX_CREATE);
  g_assert_true(es_index_add_agent(f->index, &ahmed, "x", &error));
  g_assert_true(es_index_add_agent(f->index, &mona, "x", &error));
  f->first = put(f->index, 0, "0100111", "2001");
  f->second = put(f->index, 1, "0100222", "2001");
  f->third = put(f->index, 2, "0100222", NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
  es_index_close(f->index);
  fixture_remove(f->library);
}

static void correct(Fixture *f, gint64 call, int segment, const char *field, const char *value) {
  GError *error = NULL;
  es_index_correct(f->index, call, segment, field, value, "why", "person", "mona", 7, &error);
  g_assert_no_error(error);
}

static void expect(Fixture *f, const char *sql, const char *wanted) {
  g_autofree char *found = fixture_shell(f->library, sql);
  g_assert_cmpstr(found, ==, wanted);
}

static void expect_found(Fixture *f, const char *words, const char *agent, const char *caller,
                         const char *wanted) {
  EsSearch search;
  es_search_init(&search);
  search.words = words;
  search.agent = agent;
  search.caller = caller;
  g_autofree char *found = fixture_search(f->index, &search);
  g_assert_cmpstr(found, ==, wanted);
}

static void test_history(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  correct(f, f->first, -1, "client", "Nile Bank");
  correct(f, f->first, -1, "client", "Nile Bank");
  correct(f, f->first, -1, "wait_ms", "4200");
  correct(f, f->first, -1, "wait_ms", NULL);
  expect(f, "SELECT client, wait_ms FROM call ORDER BY id LIMIT 1", "Nile Bank|");
  g_autoptr(GPtrArray) list = es_index_list_corrections(f->index, f->first, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(list->len, ==, 3);
  const EsCorrection *client = list->pdata[0], *wait = list->pdata[1], *unknown = list->pdata[2];
  g_assert_cmpint(client->call, ==, f->first);
  g_assert_cmpint(client->segment, ==, -1);
  g_assert_cmpstr(client->field, ==, "client");
  g_assert_cmpstr(client->old_value, ==, "default");
  g_assert_cmpstr(client->new_value, ==, "Nile Bank");
  g_assert_cmpstr(client->reason, ==, "why");
  g_assert_cmpstr(client->source, ==, "person");
  g_assert_cmpstr(client->actor, ==, "mona");
  g_assert_cmpint(client->at_us, ==, 7);
  g_assert_null(wait->old_value);
  g_assert_cmpstr(wait->new_value, ==, "4200");
  g_assert_cmpstr(unknown->old_value, ==, "4200");
  g_assert_null(unknown->new_value);
  g_assert_true(fixture_shell_fails(f->library, "DELETE FROM correction", "append-only"));
}

static void test_caller(Fixture *f, gconstpointer data) {
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1");
  correct(f, f->first, -1, "caller", "0100222");
  expect(f, "SELECT group_concat(repeats) FROM call", "0,1,2");
  expect_found(f, NULL, NULL, "0100222", "c2 c1 c0");
  expect_found(f, "0100111", NULL, NULL, "");
  correct(f, f->second, -1, "direction", "outbound");
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1");
  correct(f, f->second, -1, "caller", NULL);
  expect_found(f, NULL, NULL, "0100222", "c2 c0");
  expect(f, "SELECT count(*) FROM call WHERE caller_key IS NULL", "1");
}

// What a transfer makes of one call is no repeat, whenever that becomes known.
static void test_group(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  put(f->index, 3, "0100222", NULL);
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1,2");
  correct(f, f->second, -1, "group_id", "g");
  correct(f, f->third, -1, "group_id", "g");
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,0,2");
  correct(f, f->third, -1, "group_id", NULL);
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1,2");
  g_autofree char *third = fixture_shell(f->library, "SELECT uuid FROM call ORDER BY id LIMIT 1 OFFSET 2");
  es_index_set_group(f->index, third, "h", "g", &error);
  g_assert_no_error(error);
  expect(f, "SELECT group_concat(ifnull(group_id, '') || repeats) FROM call", "0,h0,h0,2");
}

// A ticket number that was put right is found among the words, and said to be there.
static void test_business(Fixture *f, gconstpointer data) {
  correct(f, f->first, -1, "business_id", "T-1702");
  expect_found(f, "1702", NULL, NULL, "c0");
  correct(f, f->first, -1, "business_id", NULL);
  expect_found(f, "1702", NULL, NULL, "");
}

static void test_agent(Fixture *f, gconstpointer data) {
  correct(f, f->first, 0, "agent", "2002");
  expect(f, "SELECT agent, agent_name, team FROM segment ORDER BY call LIMIT 1", "2002|منى عادل|sales");
  expect(f, "SELECT group_concat(field || ' ' || old) FROM correction",
         "agent 2001,agent_name أحمد سمير,team billing");
  expect_found(f, "mona", NULL, NULL, "c0");
  expect_found(f, "احمد", NULL, NULL, "c1");
  expect_found(f, NULL, "Mona", NULL, "c0");
  expect_found(f, NULL, "2001", NULL, "c1");
  correct(f, f->third, 0, "agent", "2002"); // had no segment at all
  correct(f, f->third, 0, "queue", "vip");
  expect_found(f, NULL, "منى", NULL, "c2 c0");
  expect(f, "SELECT count(*) FROM call_facet WHERE kind = 'queue' AND value = 'vip'", "1");
  correct(f, f->first, 0, "agent", "2077"); // nobody's
  expect(f, "SELECT agent, agent_name, team FROM segment ORDER BY call LIMIT 1", "2077||");
  expect_found(f, NULL, "منى", NULL, "c2");
}

static EsCall *interrupted(int minute) {
  EsCall *call = fixture_call(minute, "2001");
  call->caller = g_strdup("0100333");
  g_free(call->direction);
  call->direction = g_strdup("inbound");
  call->source_key = g_strdup("key");
  return call;
}

// A killed recorder's row is written anew when the call is seen whole; what somebody put right stays.
static void test_written_anew(Fixture *f, gconstpointer data) {
  EsCall *call = interrupted(5);
  call->outcome_reason = g_strdup("interrupted");
  gint64 row = fixture_put(f->index, call);
  put(f->index, 6, "0100222", NULL);
  correct(f, row, -1, "client", "Nile Bank");
  correct(f, row, -1, "caller", "0100222");
  correct(f, row, 0, "agent", "2002");
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1,2,3");
  g_assert_cmpint(fixture_put(f->index, interrupted(5)), ==, row);
  expect(f, "SELECT client, caller, outcome_reason, repeats FROM call WHERE source_key = 'key'",
         "Nile Bank|0100222||2");
  expect(
      f,
      "SELECT agent, agent_name, team FROM segment s JOIN call c ON c.id = s.call WHERE source_key = 'key'",
      "2002|منى عادل|sales");
  expect(f, "SELECT group_concat(repeats) FROM call", "0,0,1,2,3");
  expect(f, "SELECT count(*) FROM correction", "5");
  expect_found(f, "mona", NULL, "0100222", "c5");
  expect_found(f, NULL, "2001", "0100222", "c1");
}

static gboolean write_change(const EsRemapChange *change, gpointer user_data, GError **error) {
  return es_index_correct(user_data, change->call, change->segment, change->field, change->new_value, NULL,
                          "remap", "x", 9, error);
}

static void walk(Fixture *f, guint steps, gint64 looked_at) {
  GError *error = NULL;
  gboolean done = FALSE;
  g_autoptr(EsRemap) remap = es_remap_new(f->index, ES_UNKNOWN, ES_UNKNOWN, &error);
  for (guint i = 0; i < steps && !done; i++) {
    es_remap_step(remap, 1, write_change, f->index, &done, &error);
    g_assert_no_error(error);
  }
  g_assert_cmpint(es_remap_count(remap), ==, looked_at);
}

// Stopped after one call, a walk goes on by beginning anew.
static void test_remap(Fixture *f, gconstpointer data) {
  GError *error = NULL;
  g_autoptr(EsAgent) ahmed = es_index_find_agent(f->index, "2001", FIXTURE_DAY_US, &error);
  g_assert_true(es_index_remove_agent(f->index, ahmed, "x", 3, &error));
  g_autoptr(GPtrArray) unknown = es_index_unknown_agents(f->index, ES_UNKNOWN, ES_UNKNOWN, &error);
  g_assert_cmpuint(unknown->len, ==, 0); // they carry a name still
  walk(f, 1, 1);
  expect(f, "SELECT group_concat(ifnull(agent_name, '-')) FROM segment", "-,أحمد سمير");
  walk(f, 9, 2);
  expect(f, "SELECT group_concat(ifnull(agent_name, '-')) FROM segment", "-,-");
  expect(f, "SELECT count(*) FROM correction WHERE field = 'agent_name'", "2");
  g_autoptr(GPtrArray) now = es_index_unknown_agents(f->index, ES_UNKNOWN, ES_UNKNOWN, &error);
  g_assert_cmpuint(now->len, ==, 1);
  g_assert_cmpint(((EsUnknownAgent *)now->pdata[0])->calls, ==, 2);
}

static void test_refused(Fixture *f, gconstpointer data) {
  static const struct {
    int segment;
    const char *field, *value;
  } wrong[] = {
      {-1, "started_us", "1"},
      {-1, "audio_ms", "1"},
      {-1, "uuid", "x"},
      {-1, "client", NULL},
      {-1, "client", ""},
      {-1, "direction", "sideways"},
      {-1, "direction", "in|out"},
      {-1, "disposition", NULL},
      {-1, "wait_ms", "-1"},
      {-1, "wait_ms", "4.5"},
      {-1, "caller", "\xff"},
      {-1, "agent", "2002"},
      {0, "client", "x"},
      {1, "agent", "2002"},
      {0, "start_ms", "0"},
      {-1, "client = 'x', id", "1"},
      {-1, "wait_ms", "4294967296"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(es_index_correct(f->index, f->first, wrong[i].segment, wrong[i].field, wrong[i].value,
                                    NULL, "person", "x", 1, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  }
  g_autoptr(GError) error = NULL;
  g_assert_false(es_index_correct(f->index, 4711, -1, "client", "x", NULL, "person", "x", 1, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_NOT_FOUND);
  expect(f, "SELECT count(*) FROM correction", "0");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add("/correction/history", Fixture, NULL, set_up, test_history, tear_down);
  g_test_add("/correction/caller", Fixture, NULL, set_up, test_caller, tear_down);
  g_test_add("/correction/group", Fixture, NULL, set_up, test_group, tear_down);
  g_test_add("/correction/business", Fixture, NULL, set_up, test_business, tear_down);
  g_test_add("/correction/agent", Fixture, NULL, set_up, test_agent, tear_down);
  g_test_add("/correction/written-anew", Fixture, NULL, set_up, test_written_anew, tear_down);
  g_test_add("/correction/remap", Fixture, NULL, set_up, test_remap, tear_down);
  g_test_add("/correction/refused", Fixture, NULL, set_up, test_refused, tear_down);
  return g_test_run();
}
