// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The text exposition format, version 0.0.4: for each family a HELP and a TYPE line and then all its samples
// together. Names are those of Prometheus' conventions: base units (seconds, bytes, ratios), _total for what
// only grows. A recorder is known by source, interface and process, since during a take-over two of one
// interface run. Texts are English, whatever the reader's language: families of several machines are merged
// by theirs.
#include "status-metrics.h"

#include <math.h>
#include <string.h>

#include "earshot/common/clock.h"
#include "reply.h"

#define NAME "earshot_"

typedef enum { COUNTER, GAUGE } Type;
typedef enum {
  AS_IS,
  MS,
  MOMENT,
  PERCENT,
  PER_DAY,
  DAYS,
  TRUTH,
  FLAG
} Unit; // of the member; metrics have base units

typedef struct {
  const char *member; // of the JSON reply
  const char *metric; // consecutive entries of one metric are a family
  const char *label;  // further label, "outcome=\"partial\""; NULL
  Type type;
  Unit unit;
  const char *help;
} Metric;

// One a line.
// clang-format off
static const Metric of_recorder[] = {
    {"up", "recorder_up", NULL, GAUGE, FLAG, "Whether the recorder answers and moves."},
    {"finishing", "recorder_finishing", NULL, GAUGE, TRUTH, "Whether another recorder takes what begins; this one ends with its last call."},
    {"started_at", "recorder_start_time_seconds", NULL, GAUGE, MOMENT, "When the recorder was started."},
    {"updated_at", "recorder_update_time_seconds", NULL, GAUGE, MOMENT, "When the recorder renewed its counters."},
    {"last_packet_at", "last_packet_time_seconds", NULL, GAUGE, MOMENT, "When the last packet came."},
    {"last_call_at", "last_call_end_time_seconds", NULL, GAUGE, MOMENT, "When the last call was finished."},
    {"capture_time", "capture_time_seconds", NULL, GAUGE, MOMENT, "Where the clock of the capture stands."},
    {"packets", "packets_total", NULL, COUNTER, AS_IS, "Packets read."},
    {"bytes", "packets_bytes_total", NULL, COUNTER, AS_IS, "Bytes of the packets read."},
    {"sip", "datagrams_total", "kind=\"sip\"", COUNTER, AS_IS, "Datagrams and messages by kind."},
    {"rtp", "datagrams_total", "kind=\"rtp\"", COUNTER, AS_IS, NULL},
    {"rtcp", "datagrams_total", "kind=\"rtcp\"", COUNTER, AS_IS, NULL},
    {"other", "datagrams_total", "kind=\"other\"", COUNTER, AS_IS, NULL},
    {"bad", "datagrams_total", "kind=\"bad\"", COUNTER, AS_IS, NULL},
    {"sip_tcp", "sip_stream_messages_total", NULL, COUNTER, AS_IS, "SIP messages over TCP and WebSocket."},
    {"tcp_lost_bytes", "sip_stream_lost_bytes_total", NULL, COUNTER, AS_IS, "Bytes of SIP over TCP that were never seen."},
    {"dropped", "packets_dropped_total", NULL, COUNTER, AS_IS, "Packets that the kernel or the interface dropped."},
    {"recently_dropped", "packets_dropped_recently", NULL, GAUGE, AS_IS, "Packets dropped within the last ten minutes."},
    {"fragments", "packets_unread_total", "reason=\"fragment\"", COUNTER, AS_IS, "Packets that could not be read, by reason."},
    {"undecoded_link", "packets_unread_total", "reason=\"link\"", COUNTER, AS_IS, NULL},
    {"copies", "packets_copies_total", NULL, COUNTER, AS_IS, "Packets that another mirror point had shown already."},
    {"stray_streams", "stray_streams_total", NULL, COUNTER, AS_IS, "Voices that belonged to no call that was seen."},
    {"ring_bytes", "capture_ring_size_bytes", NULL, GAUGE, AS_IS, "Size of the kernel's ring."},
    {"ring_fill", "capture_ring_fill_ratio", NULL, GAUGE, AS_IS, "Part of the kernel's ring that waits to be read."},
    {"calls_open", "calls_open", NULL, GAUGE, AS_IS, "Calls that go on."},
    {"calls_recorded", "calls_finished_total", "outcome=\"recorded\"", COUNTER, AS_IS, "Calls finished, by outcome."},
    {"calls_partial", "calls_finished_total", "outcome=\"partial\"", COUNTER, AS_IS, NULL},
    {"calls_none", "calls_finished_total", "outcome=\"none\"", COUNTER, AS_IS, NULL},
    {"calls_answered", "calls_answered_total", NULL, COUNTER, AS_IS, "Finished calls that were answered."},
    {"calls_one_way", "calls_one_way_total", NULL, COUNTER, AS_IS, "Answered calls with media of one side alone."},
    {"calls_skipped", "calls_skipped_total", NULL, COUNTER, AS_IS, "Calls that were in the library already."},
    {"calls_repaired", "calls_repaired_total", NULL, COUNTER, AS_IS, "Calls that a killed run had left."},
    {"calls_left", "calls_left", NULL, GAUGE, AS_IS, "Calls that a killed run left in its journal and that are not repaired yet."},
    {"lost", "rtp_packets_missing_total", "reason=\"lost\"", COUNTER, AS_IS, "RTP packets of finished calls that are missing, by reason."},
    {"late", "rtp_packets_missing_total", "reason=\"late\"", COUNTER, AS_IS, NULL},
    {"filled_ms", "audio_filled_seconds_total", NULL, COUNTER, MS, "Silence written in place of what is missing."},
    {"recorded_bytes", "recorded_bytes_total", NULL, COUNTER, AS_IS, "Bytes written to recordings."},
    {"complexity", "encode_complexity", NULL, GAUGE, AS_IS, "Complexity in use, the lowest of all threads (0 to 10)."},
    {"complexity_least", "encode_complexity_least", NULL, GAUGE, AS_IS, "The lowest complexity so far."},
    {"complexity_mean", "encode_complexity_mean", NULL, GAUGE, AS_IS, "Mean complexity of the audio so far."},
    {"encode_load", "encode_load_ratio", NULL, GAUGE, AS_IS, "Share of its time that the busiest encoding thread works."},
    {"journal_bytes", "journal_bytes", NULL, GAUGE, AS_IS, "Bytes of the journal on disk."},
    {"journal_live_bytes", "journal_live_bytes", NULL, GAUGE, AS_IS, "Bytes of the journal that open calls need."},
    {"journal_waiting_bytes", "journal_waiting_bytes", NULL, GAUGE, AS_IS, "Bytes in memory that wait to be written to the journal."},
    {"journal_refused", "journal_refused_total", NULL, COUNTER, AS_IS, "Records for which the journal had no memory."},
    {"journal_behind_ms", "journal_behind_seconds", NULL, GAUGE, MS, "Age of the oldest record that is not on the disk yet."},
    {"flush_slowest_ms", "journal_flush_slowest_seconds", NULL, GAUGE, MS, "Longest flush within the last minute."},
    {"journal_errno", "journal_error", NULL, GAUGE, AS_IS, "Number of the error of the last write to the journal; 0 is none."},
    {"journal_limit_bytes", "journal_limit_bytes", NULL, GAUGE, AS_IS, "How large the journal may become."},
    {"deferred_calls", "calls_deferred", NULL, GAUGE, AS_IS, "Calls that are encoded later, out of the journal."},
    {"backlog_bytes", "encode_backlog_bytes", NULL, GAUGE, AS_IS, "Bytes of the journal that wait to be encoded."},
    {"behind_ms", "encode_behind_seconds", NULL, GAUGE, MS, "How long ago what is encoded now arrived."},
    {"calls_waiting", "calls_waiting", NULL, GAUGE, AS_IS, "Rows that wait because the index cannot be written."},
    {"calls_shed", "calls_shed_total", NULL, COUNTER, AS_IS, "Calls whose audio was cut off because of overload."},
    {"calls_unrecorded", "calls_unrecorded_total", NULL, COUNTER, AS_IS, "Calls that were not recorded because of overload."},
    {"no_descriptors", "descriptors_short", NULL, GAUGE, TRUTH, "Whether no more files or sockets can be opened."},
    {"memory_bytes", "memory_bytes", NULL, GAUGE, AS_IS, "Memory in use."},
    {"memory_limit_bytes", "memory_limit_bytes", NULL, GAUGE, AS_IS, "How much memory may be used."},
    {"sessions_open", "siprec_sessions_open", NULL, GAUGE, AS_IS, "Recording sessions that go on."},
    {"sessions", "siprec_sessions_total", NULL, COUNTER, AS_IS, "Recording sessions opened."},
    {"sessions_refused", "siprec_sessions_refused_total", NULL, COUNTER, AS_IS, "INVITEs that did not get in."},
    {"sessions_limited", "siprec_sessions_limited_total", NULL, COUNTER, AS_IS, "Of those, because there were too many."},
    {"foreign", "siprec_foreign_packets_total", NULL, COUNTER, AS_IS, "Packets at media ports from others than the client."},
    {"reloads", "config_reloads_total", NULL, COUNTER, AS_IS, "How often the configuration was read again."},
    {"done_bytes", "input_done_bytes", NULL, GAUGE, AS_IS, "Bytes of the input that were read; of files."},
    {"total_bytes", "input_bytes", NULL, GAUGE, AS_IS, "Bytes of the input; of files, 0 when not known."},
};

static const Metric of_library[] = {
    {"last_call_at", "library_last_call_start_time_seconds", NULL, GAUGE, MOMENT, "When the newest call of the library began."},
    {"calls_today", "library_calls_today", NULL, GAUGE, AS_IS, "Calls since midnight."},
    {"audio_today_ms", "library_audio_today_seconds", NULL, GAUGE, MS, "Audio of the calls since midnight."},
    {"recordings_bytes", "library_recordings_bytes", NULL, GAUGE, AS_IS, "Bytes of all recordings."},
    {"disk_total_bytes", "library_disk_size_bytes", NULL, GAUGE, AS_IS, "Size of the disk."},
    {"disk_free_bytes", "library_disk_free_bytes", NULL, GAUGE, AS_IS, "What is left of it for this account."},
    {"disk_free_percent", "library_disk_free_ratio", NULL, GAUGE, PERCENT, "The same as a part of the disk."},
    {"bytes_per_day", "library_growth_bytes_per_second", NULL, GAUGE, PER_DAY, "How fast recordings grow, by the last week."},
    {"disk_days", "library_disk_full_in_seconds", NULL, GAUGE, DAYS, "When the disk is full at that rate."},
};
// clang-format on

// ---- values

static double read_value(JsonObject *object, const Metric *metric) {
  gint64 moment_us;
  const char *text;
  switch (metric->unit) {
  case TRUTH:
    return json_object_has_member(object, metric->member) ? es_reply_true(object, metric->member)
                                                          : (double)NAN;
  case FLAG:
    return es_reply_true(object, "answers") && !es_reply_true(object, "stalled");
  case MOMENT:
    text = es_reply_text(object, metric->member);
    return text && es_time_parse(text, 0, &moment_us, NULL, NULL) ? (double)moment_us / ES_US_PER_S : NAN;
  case MS:
    return es_reply_number(object, metric->member) / 1000;
  case PERCENT:
    return es_reply_number(object, metric->member) / 100;
  case PER_DAY:
    return es_reply_number(object, metric->member) / 86400;
  case DAYS:
    return es_reply_number(object, metric->member) * 86400;
  default:
    return es_reply_number(object, metric->member);
  }
}

static void append_value(GString *out, double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  if (value == floor(value) && fabs(value) < 1e15)
    g_string_append_printf(out, " %.0f\n", value);
  else
    g_string_append_printf(out, " %s\n", g_ascii_dtostr(text, sizeof text, value));
}

// A label's value, with what the format escapes.
static void append_label(GString *labels, const char *name, const char *value) {
  g_autofree char *valid = g_utf8_make_valid(value ? value : "", -1);
  g_string_append_printf(labels, "%s%s=\"", labels->len ? "," : "", name);
  for (const char *c = valid; *c; c++)
    if (*c == '\n')
      g_string_append(labels, "\\n");
    else if (*c == '\\' || *c == '"')
      g_string_append_printf(labels, "\\%c", *c);
    else
      g_string_append_c(labels, *c);
  g_string_append_c(labels, '"');
}

static void append_labels(GString *out, const char *labels, const char *further) {
  const char *between = *labels && further ? "," : "";
  if (*labels || further)
    g_string_append_printf(out, "{%s%s%s}", labels, between, further ? further : "");
}

// ---- families

static void append_head(GString *out, const char *metric, Type type, const char *help) {
  g_string_append_printf(out, "# HELP " NAME "%s %s\n# TYPE " NAME "%s %s\n", metric, help, metric,
                         type == COUNTER ? "counter" : "gauge");
}

typedef struct {
  JsonObject *object;
  char *labels;
} Labelled;

static void append_samples(GString *out, const Metric *metric, const GPtrArray *objects) {
  for (guint i = 0; i < objects->len; i++) {
    const Labelled *labelled = objects->pdata[i];
    double value = read_value(labelled->object, metric);
    if (!isfinite(value))
      continue;
    g_string_append_printf(out, NAME "%s", metric->metric);
    append_labels(out, labelled->labels, metric->label);
    append_value(out, value);
  }
}

static void append_families(GString *out, const Metric *metrics, guint n, const GPtrArray *objects) {
  for (guint i = 0; i < n;) {
    const Metric *first = &metrics[i];
    g_autoptr(GString) samples = g_string_new(NULL);
    for (; i < n && strcmp(metrics[i].metric, first->metric) == 0; i++)
      append_samples(samples, &metrics[i], objects);
    if (samples->len == 0)
      continue;
    append_head(out, first->metric, first->type, first->help);
    g_string_append(out, samples->str);
  }
}

static void labelled_free(gpointer data) {
  Labelled *labelled = data;
  g_free(labelled->labels);
  g_free(labelled);
}

static void add_labelled(GPtrArray *objects, JsonObject *object, GString *labels) {
  Labelled *labelled = g_new0(Labelled, 1);
  *labelled = (Labelled){object, g_string_free(labels, FALSE)};
  g_ptr_array_add(objects, labelled);
}

static void append_pid(GString *labels, JsonObject *object) {
  g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, es_reply_int(object, "pid"));
  append_label(labels, "pid", es_reply_int(object, "pid") >= 0 ? pid : "");
}

static void append_recorders(GString *out, JsonObject *status) {
  JsonArray *recorders = es_reply_array(status, "recorders");
  g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(labelled_free);
  for (guint i = 0; i < json_array_get_length(recorders); i++) {
    JsonObject *recorder = es_reply_object_at(recorders, i);
    if (!recorder)
      continue;
    GString *labels = g_string_new(NULL);
    append_label(labels, "source", es_reply_text(recorder, "source"));
    append_label(labels, "interface", es_reply_text(recorder, "name"));
    append_pid(labels, recorder);
    add_labelled(objects, recorder, labels);
  }
  append_head(out, "recorders", GAUGE, "Recorders that run.");
  g_string_append(out, NAME "recorders");
  append_value(out, objects->len);
  append_families(out, of_recorder, G_N_ELEMENTS(of_recorder), objects);
}

static void append_library(GString *out, JsonObject *status) {
  g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(labelled_free);
  JsonNode *node = json_object_get_member(status, "library");
  if (node && JSON_NODE_HOLDS_OBJECT(node))
    add_labelled(objects, json_node_get_object(node), g_string_new(NULL));
  append_families(out, of_library, G_N_ELEMENTS(of_library), objects);
}

// As --check has them; a code of several recorders is a sample for each.
static void append_complaints(GString *out, JsonObject *status) {
  JsonArray *complaints = es_reply_array(status, "complaints");
  guint n = json_array_get_length(complaints);
  append_head(out, "complaints", GAUGE, "How many complaints there are.");
  g_string_append(out, NAME "complaints");
  append_value(out, n);
  for (guint i = 0; i < n; i++) {
    JsonObject *complaint = es_reply_object_at(complaints, i);
    g_autoptr(GString) labels = g_string_new(NULL);
    if (i == 0)
      append_head(out, "complaint", GAUGE, "A complaint, by its code and the recorder concerned.");
    if (!complaint)
      continue;
    append_label(labels, "code", es_reply_text(complaint, "code"));
    append_pid(labels, complaint);
    g_string_append_printf(out, NAME "complaint{%s} 1\n", labels->str);
  }
}

char *es_status_metrics(JsonObject *status) {
  GString *out = g_string_new(NULL);
  append_recorders(out, status);
  append_complaints(out, status);
  append_library(out, status);
  return g_string_free(out, FALSE);
}
