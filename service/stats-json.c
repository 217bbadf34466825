// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The counters of a recorder as members of a JSON object: of the rows that tell the progress of a recording,
// and of what a running recorder answers.
#include "json.h"

#include <math.h>

static void set_counters(JsonObject *o, const EsCaptureStats *s) {
  const struct {
    const char *name;
    guint64 value;
  } counters[] = {
      {"packets", s->packets},
      {"bytes", s->bytes},
      {"sip", s->sip},
      {"sip_tcp", s->sip_tcp},
      {"tcp_lost_bytes", s->tcp_lost_bytes},
      {"rtp", s->rtp},
      {"rtcp", s->rtcp},
      {"other", s->other},
      {"bad", s->bad},
      {"fragments", s->fragments},
      {"undecoded_link", s->undecoded_link},
      {"stray_streams", s->stray_streams},
      {"calls_open", s->calls_open},
      {"calls_recorded", s->calls_recorded},
      {"calls_partial", s->calls_partial},
      {"calls_none", s->calls_none},
      {"calls_skipped", s->calls_skipped},
      {"calls_repaired", s->calls_repaired},
      {"calls_left", s->calls_left},
      {"journal_bytes", s->journal_bytes},
      {"journal_live_bytes", s->journal_live_bytes},
      {"journal_waiting_bytes", s->journal_waiting_bytes},
      {"journal_refused", s->journal_refused},
      {"calls_answered", s->calls_answered},
      {"calls_one_way", s->calls_one_way},
      {"dropped", s->dropped},
      {"copies", s->copies},
      {"lost", s->lost},
      {"late", s->late},
      {"filled_ms", s->filled_ms},
      {"recorded_bytes", s->recorded_bytes},
      {"sessions_open", s->sessions_open},
      {"sessions", s->sessions},
      {"sessions_refused", s->sessions_refused},
      {"sessions_limited", s->sessions_limited},
      {"foreign", s->foreign},
      {"deferred_calls", s->deferred_calls},
      {"backlog_bytes", s->backlog_bytes},
      {"calls_waiting", s->calls_waiting},
      {"calls_shed", s->calls_shed},
      {"calls_unrecorded", s->calls_unrecorded},
      {"reloads", s->reloads},
      {"done_bytes", s->done_bytes},
      {"total_bytes", s->total_bytes},
  };
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
    json_object_set_int_member(o, counters[i].name, (gint64)counters[i].value);
}

void es_json_set_stats(JsonObject *object, const EsCaptureStats *stats) {
  set_counters(object, stats);
  es_json_set_ms(object, "ring_bytes", stats->ring_bytes ? (gint64)stats->ring_bytes : ES_UNKNOWN);
  es_json_set_number(object, "ring_fill", stats->ring_bytes ? stats->ring_fill : NAN);
  es_json_set_text(object, "encode", stats->encode_later ? "later" : "now");
  es_json_set_ms(object, "behind_ms", stats->behind_ms);
  es_json_set_text(object, "overload", stats->overload);
  json_object_set_boolean_member(object, "no_descriptors", stats->no_descriptors);
  es_json_set_ms(object, "memory_bytes", stats->memory_bytes ? (gint64)stats->memory_bytes : ES_UNKNOWN);
  es_json_set_ms(object, "memory_limit_bytes",
                 stats->memory_limit_bytes ? (gint64)stats->memory_limit_bytes : ES_UNKNOWN);
  es_json_set_ms(object, "journal_limit_bytes",
                 stats->journal_limit_bytes ? (gint64)stats->journal_limit_bytes : ES_UNKNOWN);
  es_json_set_ms(object, "complexity", stats->complexity);
  es_json_set_ms(object, "complexity_least", stats->least_complexity);
  es_json_set_number(
      object, "complexity_mean",
      stats->encoded_packets ? (double)stats->encoded_complexities / (double)stats->encoded_packets : NAN);
  es_json_set_number(object, "encode_load", stats->encode_load);
  es_json_set_time(object, "capture_time", stats->capture_us);
  json_object_set_boolean_member(object, "finishing", stats->finishing);
  json_object_set_int_member(object, "journal_behind_ms", stats->journal_behind_ms);
  json_object_set_int_member(object, "flush_slowest_ms", stats->flush_slowest_ms);
  json_object_set_int_member(object, "journal_errno", stats->journal_errno);
}
