// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls there and back again: every member, replacement of interrupted rows, ids by their ends, row ids.
#include "fixture.h"

#include <string.h>

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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/index/calls/round-trip", test_round_trip);
  return g_test_run();
}
