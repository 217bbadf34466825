// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls there and back again: every member, replacement of interrupted rows, ids by their ends, row ids.
#include "fixture.h"

static const EsInterval speech[] = {{0, 1200}, {1500, 1500}, {2000, 400000000}};

static EsCall *full_call(void) {
  EsCall *call = fixture_call(0, "2001");
  EsSegment *segment = g_ptr_array_index(call->segments, 0);
  segment->queue = g_strdup("billing");
  segment->agent_name = g_strdup("منى");
  segment->team = g_strdup("Team A");
  call->group_id = g_strdup("g1");
  call->source_key = g_strdup("k1");
  call->source = g_strdup("pcap:day1.pcap");
  call->caller = g_strdup("+20 100 123 4567");
  call->callee = g_strdup("2001");
  call->caller_name = g_strdup("Ünal");
  call->wait_ms = 4000;
  call->audio_ms = 90020;
  call->file = g_strdup("recordings/default/2026/11/20/x.opus");
  call->file_bytes = 123456;
  call->sample_rate_hz = 8000;
  call->channels = 1;
  EsCallLeg *leg = es_call_leg_new("caller");
  leg->filled_ms = 20;
  leg->drift_ppm = -1.5;
  leg->speech_ms = 1200;
  g_array_append_vals(leg->speech, speech, G_N_ELEMENTS(speech));
  EsStreamLedger stream = {.ssrc = 0xfedcba98u, .codec = "PCMU", .source = "192.0.2.1:4000", .expected = 100};
  stream.received = 97;
  stream.lost = 3;
  g_array_append_val(leg->streams, stream);
  g_ptr_array_add(call->legs, leg);
  g_ptr_array_add(call->legs, es_call_leg_new("agent"));
  EsGap gaps[] = {{0, 1000, 60, ES_GAP_LOST}, {1, 5000, 2000, ES_GAP_HOLD}};
  g_array_append_vals(call->gaps, gaps, 2);
  g_array_append_vals(call->talk_over, speech, 1);
  g_ptr_array_add(call->events, es_call_event_new(5000, "hold", 1, NULL));
  g_ptr_array_add(call->consent, es_consent_event_new(call->started_us, "given", "header"));
  return call;
}

static void test_round_trip(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_autoptr(EsCall) call = full_call();
  es_index_put_call(index, call, &error);
  g_assert_no_error(error);
  g_assert_cmpint(call->rowid, ==, call->started_us);

  g_autoptr(EsCall) back = es_index_get_call(index, call->id, &error);
  g_assert_no_error(error);
  g_assert_cmpstr(back->id, ==, call->id);
  g_assert_cmpstr(back->caller, ==, "+20 100 123 4567");
  g_assert_cmpstr(back->caller_name, ==, "Ünal");
  g_assert_cmpstr(back->outcome_reason, ==, NULL);
  g_assert_cmpint(back->file_bytes, ==, 123456);
  g_assert_cmpint(back->hold_ms, ==, ES_UNKNOWN);
  g_assert_cmpint(back->wait_ms, ==, 4000);
  g_assert_cmpint(back->missing_ms, ==, 60);
  g_assert_cmpstr(back->consent_state, ==, "given");
  g_assert_true(isnan(back->score));
  g_assert_cmpuint(back->segments->len, ==, 1);
  const EsSegment *segment = g_ptr_array_index(back->segments, 0);
  g_assert_cmpstr(segment->agent_name, ==, "منى");
  g_assert_cmpstr(segment->queue, ==, "billing");
  g_assert_cmpuint(back->legs->len, ==, 2);
  const EsCallLeg *leg = g_ptr_array_index(back->legs, 0);
  g_assert_cmpfloat(leg->drift_ppm, ==, -1.5);
  g_assert_true(isnan(leg->loudness_lufs));
  g_assert_cmpint(leg->greeting_ms, ==, ES_UNKNOWN);
  g_assert_cmpmem(leg->speech->data, leg->speech->len * sizeof(EsInterval), speech, sizeof speech);
  const EsStreamLedger *stream = &g_array_index(leg->streams, EsStreamLedger, 0);
  g_assert_cmpuint(stream->ssrc, ==, 0xfedcba98u);
  g_assert_cmpuint(stream->received, ==, 97);
  g_assert_cmpstr(stream->source, ==, "192.0.2.1:4000");
  g_assert_cmpuint(back->gaps->len, ==, 2);
  g_assert_cmpint(g_array_index(back->gaps, EsGap, 1).reason, ==, ES_GAP_HOLD);
  g_assert_cmpuint(back->talk_over->len, ==, 1);
  g_assert_cmpuint(back->dead_air->len, ==, 0);
  g_assert_cmpuint(back->events->len, ==, 1);
  g_assert_cmpuint(back->consent->len, ==, 1);
  g_clear_pointer(&index, es_index_close);

  g_autofree char *shell = fixture_shell(library, "PRAGMA integrity_check; PRAGMA foreign_key_check;"
                                                  "SELECT count(*), sum(missing_ms) FROM call");
  g_assert_cmpstr(shell, ==, "ok\n1|60");
  fixture_remove(library);
}

// A killed run's row becomes the whole call: id, row id, notes and consent stay, what was measured is new.
static void test_interrupted(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  EsCall *cut = full_call();
  cut->outcome_reason = g_strdup("interrupted");
  g_autofree char *first_id = g_strdup(cut->id);
  gint64 row = fixture_put(index, cut);
  es_index_add_note(index, row, "seen", ES_UNKNOWN, "mona", 1, &error);
  g_assert_no_error(error);

  EsSeen seen;
  g_autofree char *id = NULL;
  g_assert_true(es_index_seen(index, "k1", &seen, &id, &error));
  g_assert_cmpint(seen, ==, ES_SEEN_INTERRUPTED);
  g_assert_cmpstr(id, ==, first_id);

  EsCall *whole = full_call();
  EsSegment *segment = g_ptr_array_index(whole->segments, 0);
  g_free(segment->agent);
  segment->agent = g_strdup("2002");
  g_ptr_array_set_size(whole->legs, 1);
  EsConsentEvent *refused = es_consent_event_new(whole->started_us + 5, "refused", "dtmf");
  g_ptr_array_add(whole->consent, refused);
  es_index_put_call(index, whole, &error);
  g_assert_no_error(error);
  g_assert_cmpint(whole->rowid, ==, row);
  g_assert_cmpstr(whole->id, ==, first_id);
  es_call_free(whole);

  g_assert_true(es_index_seen(index, "k1", &seen, NULL, &error));
  g_assert_cmpint(seen, ==, ES_SEEN_COMPLETE);
  g_assert_true(es_index_seen(index, "other", &seen, NULL, &error));
  g_assert_cmpint(seen, ==, ES_SEEN_NO);
  g_autoptr(EsCall) again = full_call();
  g_assert_false(es_index_put_call(index, again, &error));
  g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
  g_clear_error(&error);

  EsSearch search;
  es_search_init(&search);
  search.agent = "2001";
  g_autofree char *old_agent = fixture_search(index, &search);
  g_assert_cmpstr(old_agent, ==, "");
  search.agent = "2002";
  search.words = "seen";
  search.consent = "refused";
  g_autofree char *new_agent = fixture_search(index, &search);
  g_assert_cmpstr(new_agent, ==, "c0");
  es_index_close(g_steal_pointer(&index));
  g_autofree char *shell =
      fixture_shell(library, "SELECT count(*), (SELECT count(*) FROM leg),"
                             " (SELECT count(*) FROM consent), (SELECT count(*) FROM note),"
                             " (SELECT count(*) FROM call_text) FROM call");
  g_assert_cmpstr(shell, ==, "1|1|2|1|1");
  fixture_remove(library);
}

static void test_row_ids(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  es_index_begin(index, &error);
  for (int i = 0; i < 40; i++)
    g_assert_cmpint(fixture_put(index, fixture_call(0, NULL)), ==, FIXTURE_DAY_US + i);
  EsCall *next = fixture_call(0, NULL); // inside the run: the first free place after it
  next->started_us += 7;
  g_assert_cmpint(fixture_put(index, next), ==, FIXTURE_DAY_US + 40);
  EsCall *early = fixture_call(0, NULL);
  early->started_us = 1;
  g_assert_cmpint(fixture_put(index, early), ==, 1);
  g_assert_true(es_index_commit(index, &error));
  gint64 count;
  g_assert_true(es_index_count_calls(index, &count, &error));
  g_assert_cmpint(count, ==, 42);
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

static void put_with_id(EsIndex *index, int minute, const char *id) {
  EsCall *call = fixture_call(minute, NULL);
  g_free(call->id);
  call->id = g_strdup(id);
  fixture_put(index, call);
}

static void test_ids(void) {
  static const struct {
    const char *asked;
    int code; // -1: found
    const char *found;
  } cases[] = {
      {"019aa000-0000-7000-8000-00000000a001", -1, "c0"},
      {"019AA000-0000-7000-8000-00000000A001", -1, "c0"},
      {"019aa00000007000800000000000a001", -1, "c0"},
      {"a001", -1, "c0"},
      {"0000a002", -1, "c1"},
      {"8000-00000000a002", -1, "c1"},
      {"019aa0001", -1, "c1"},
      {"019aa000-1", -1, "c1"},
      {"019a", ES_ERROR_AMBIGUOUS, NULL},
      {"0000", ES_ERROR_NOT_FOUND, NULL},
      {"beef", ES_ERROR_AMBIGUOUS, NULL}, // one begins, another ends with it
      {"deadbeef", -1, "c2"},
      {"00000000a003", ES_ERROR_NOT_FOUND, NULL},
      {"001", ES_ERROR_USAGE, NULL},
      {"a001%", ES_ERROR_USAGE, NULL},
      {"", ES_ERROR_USAGE, NULL},
      {"019aa000-0000-7000-8000-00000000a0011", ES_ERROR_USAGE, NULL},
  };
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  put_with_id(index, 0, "019aa000-0000-7000-8000-00000000a001");
  put_with_id(index, 1, "019aa000-1000-7000-8000-00000000a002");
  put_with_id(index, 2, "019aa001-0000-7000-8000-0000deadbeef");
  put_with_id(index, 3, "beefa001-0000-7000-8000-00000000cccc");
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    GError *error = NULL;
    g_autoptr(EsCall) call = es_index_get_call(index, cases[i].asked, &error);
    if (cases[i].code >= 0) {
      g_assert_error(error, ES_ERROR, cases[i].code);
      g_assert_null(call);
      g_clear_error(&error);
    } else {
      g_assert_no_error(error);
      g_assert_cmpstr(call->call_id, ==, cases[i].found);
    }
  }
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

// A call that cannot be stored leaves nothing of itself, inside a longer transaction too.
static void test_refused(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  GError *error = NULL;
  g_assert_true(es_index_begin(index, &error));
  fixture_put(index, fixture_call(0, "2001"));
  for (guint i = 0; i < 5; i++) {
    g_autoptr(EsCall) bad = full_call();
    g_clear_pointer(i == 0 ? &bad->id : i == 1 ? &bad->outcome : &bad->group_id, g_free);
    if (i == 2)
      bad->started_us = ES_UNKNOWN;
    if (i == 3)
      *bad->direction = 'x';
    if (i == 4) // found out late, after the row and its segments
      g_ptr_array_add(bad->consent, es_consent_event_new(1, "perhaps", "header"));
    g_assert_false(es_index_put_call(index, bad, &error));
    g_assert_error(error, ES_ERROR, ES_ERROR_INVALID);
    g_assert_cmpint(bad->rowid, ==, 0);
    g_clear_error(&error);
  }
  fixture_put(index, fixture_call(1, "2001"));
  g_assert_true(es_index_commit(index, &error));

  g_assert_true(es_index_begin(index, &error));
  fixture_put(index, fixture_call(2, "2001"));
  es_index_rollback(index);
  es_index_close(g_steal_pointer(&index));
  g_autofree char *shell = fixture_shell(
      library, "SELECT count(*), (SELECT count(*) FROM segment), (SELECT count(*) FROM consent),"
               " (SELECT count(*) FROM call_facet), (SELECT count(*) FROM call_text) FROM call");
  g_assert_cmpstr(shell, ==, "2|2|0|2|2");
  fixture_remove(library);
}

// Bytes from the network that are no text do not become invalid text.
static void test_invalid_utf8(void) {
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  EsCall *call = fixture_call(0, "20\xff"
                                 "01");
  call->caller = g_strdup("al\xc3ice");
  call->caller_name = g_strdup("\xf0\x28\x8c\x28");
  g_autofree char *id = g_strdup(call->id);
  fixture_put(index, call);
  GError *error = NULL;
  g_autoptr(EsCall) back = es_index_get_call(index, id, &error);
  g_assert_no_error(error);
  g_assert_true(g_utf8_validate(back->caller, -1, NULL));
  g_assert_true(g_utf8_validate(back->caller_name, -1, NULL));
  EsSearch search;
  es_search_init(&search);
  search.caller = "al\xc3ice";
  g_autofree char *found = fixture_search(index, &search);
  g_assert_cmpstr(found, ==, "c0");
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

static void assert_dialog(EsIndex *index, const char *call_id, const char *tag, const char *expected) {
  g_autofree char *id = NULL;
  GError *error = NULL;
  g_assert_true(es_index_find_dialog(index, call_id, tag, &id, &error));
  g_assert_no_error(error);
  g_autoptr(EsCall) found = id ? es_index_get_call(index, id, &error) : NULL;
  g_assert_cmpstr(found ? found->source_key : NULL, ==, expected);
}

// By the field behind the time, whatever follows it.
static void test_dialogs(void) {
  static const char *const keys[] = {"m@x|100|a", "m@x|200|a|again 1", "m@x|300|b|rest 2", "m|400|ba",
                                     "م|500|a|rest 3"};
  char *library = fixture_library();
  g_autoptr(EsIndex) index = fixture_open(library, ES_INDEX_CREATE);
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
    EsCall *call = fixture_call((int)i, "2001");
    call->source_key = g_strdup(keys[i]);
    fixture_put(index, call);
  }
  assert_dialog(index, "m@x", "a", keys[1]);
  assert_dialog(index, "m@x", "b", keys[2]);
  assert_dialog(index, "م", "a", keys[4]);
  static const char *const none[] = {"again 1", "rest 2", "1", "2", "200", "|a", ""};
  for (guint i = 0; i < G_N_ELEMENTS(none); i++)
    assert_dialog(index, "m@x", none[i], NULL);
  assert_dialog(index, "m", "a", NULL);
  es_index_close(g_steal_pointer(&index));
  fixture_remove(library);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/calls/round-trip", test_round_trip);
  g_test_add_func("/index/calls/interrupted", test_interrupted);
  g_test_add_func("/index/calls/row-ids", test_row_ids);
  g_test_add_func("/index/calls/ids", test_ids);
  g_test_add_func("/index/calls/refused", test_refused);
  g_test_add_func("/index/calls/dialogs", test_dialogs);
  g_test_add_func("/index/calls/invalid-utf8", test_invalid_utf8);
  return g_test_run();
}
