// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "watch-log.h"
#include "earshot/common/i18n.h"
#include "json.h"

#include <string.h>
#include <unistd.h>

#define MINUTE_US (60 * G_USEC_PER_SEC)
#define CALLS_A_MINUTE 20

// A counter of which only the growth is told.
typedef struct {
  guint64 told;   // its value when it was told last
  gint64 told_us; // monotonic; 0: never
} Growth;

struct EsWatchLog {
  EsRequest *request;
  char *source, *name;
  gboolean begun; // that it records was told
  EsCaptureStats last;
  Growth dropped, repaired, limited, refused;
  gint64 least_us; // when the least effort was told; monotonic
  // Calls told within the minute that began then, and those that were not.
  gint64 minute_us;
  guint calls, calls_left_out;
};

static JsonObject *fields_of(const EsWatchLog *log) {
  JsonObject *fields = json_object_new();
  es_json_set_text(fields, "source", log->source);
  es_json_set_text(fields, "interface", log->name);
  json_object_set_int_member(fields, "pid", getpid());
  return fields;
}

EsWatchLog *es_watch_log_start(EsRequest *request, const char *source, const char *name) {
  EsWatchLog *log = g_new0(EsWatchLog, 1);
  log->request = request;
  log->source = g_strdup(source);
  log->name = g_strdup(name);
  return log;
}

// ---- counters

// By how much it has grown since it was told, when it is time to tell; else 0.
static guint64 grown(Growth *growth, guint64 now) {
  gint64 now_us = g_get_monotonic_time();
  if (now <= growth->told || (growth->told_us && now_us - growth->told_us < MINUTE_US))
    return 0;
  guint64 by = now - growth->told;
  *growth = (Growth){now, now_us};
  return by;
}

// Losses are told while they happen, whatever [alert] says.
static void tell_drops(EsWatchLog *log, const EsCaptureStats *stats) {
  guint64 by = grown(&log->dropped, stats->dropped);
  if (!by)
    return;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "packets", (gint64)by);
  json_object_set_int_member(fields, "packets_in_all", (gint64)stats->dropped);
  json_object_set_int_member(fields, "calls_open", (gint64)stats->calls_open);
  es_request_event(log->request, ES_LOG_PACKETS_DROPPED, fields, _("packets dropped by the kernel: %.0f"),
                   (double)stats->dropped);
}

static void tell_repaired(EsWatchLog *log, const EsCaptureStats *stats) {
  guint64 by = grown(&log->repaired, stats->calls_repaired);
  if (!by)
    return;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "calls", (gint64)by);
  es_request_event(log->request, ES_LOG_REPAIRED, fields,
                   _("calls that a killed recorder left, repaired: %.0f"), (double)by);
}

static void tell_refused(EsWatchLog *log, const EsCaptureStats *stats) {
  guint64 by = grown(&log->limited, stats->sessions_limited);
  if (!by)
    return;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "sessions", (gint64)by);
  json_object_set_int_member(fields, "sessions_open", (gint64)stats->sessions_open);
  es_request_event(log->request, ES_LOG_SESSIONS_REFUSED, fields,
                   _("recording sessions refused because there were too many: %.0f"), (double)by);
}

static JsonObject *journal_fields(const EsWatchLog *log, const EsCaptureStats *stats) {
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "waiting_bytes", (gint64)stats->journal_waiting_bytes);
  json_object_set_int_member(fields, "behind_ms", stats->journal_behind_ms);
  return fields;
}

static void tell_journal(EsWatchLog *log, const EsCaptureStats *stats) {
  int now = stats->journal_errno, before = log->last.journal_errno;
  guint64 by = grown(&log->refused, stats->journal_refused);
  if (now && now != before) {
    JsonObject *fields = journal_fields(log, stats);
    json_object_set_int_member(fields, "errno", now);
    es_request_event(log->request, ES_LOG_JOURNAL_FAILING, fields,
                     _("what arrives cannot be written to the disk: %s"), g_strerror(now));
  } else if (before && !now) {
    es_request_event(log->request, ES_LOG_JOURNAL_WORKS, journal_fields(log, stats), "%s",
                     _("what arrives can be written to the disk again"));
  }
  if (!by)
    return;
  JsonObject *fields = journal_fields(log, stats);
  json_object_set_int_member(fields, "records", (gint64)by);
  es_request_event(log->request, ES_LOG_JOURNAL_FULL, fields,
                   _("there is no memory left for what the disk does not take; packets lost: %.0f"),
                   (double)by);
}

static void tell_effort(EsWatchLog *log, const EsCaptureStats *stats) {
  gint64 now_us = g_get_monotonic_time();
  if (stats->complexity != 0 || log->last.complexity <= 0 ||
      (log->least_us && now_us - log->least_us < 10 * MINUTE_US))
    return;
  log->least_us = now_us;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "calls_open", (gint64)stats->calls_open);
  es_json_set_number(fields, "encode_load", stats->encode_load);
  es_request_event(log->request, ES_LOG_EFFORT_LEAST, fields,
                   _("encoding goes on with the least effort: calls open: %.0f"), (double)stats->calls_open);
}

static void tell_calls_left_out(EsWatchLog *log) {
  if (!log->calls_left_out || g_get_monotonic_time() - log->minute_us < MINUTE_US)
    return;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "calls", log->calls_left_out);
  es_request_event(log->request, ES_LOG_CALLS_INCOMPLETE, fields,
                   _("further calls of the last minute of which audio is missing: %u"), log->calls_left_out);
  log->calls_left_out = 0;
}

// Of a file that is read at once, the first call may come before the first counters.
static void begin(EsWatchLog *log) {
  if (!log->begun)
    es_request_event(log->request, ES_LOG_STARTED, fields_of(log), _("recording from %s"), log->name);
  log->begun = TRUE;
}

void es_watch_log_stats(EsWatchLog *log, const EsCaptureStats *stats) {
  begin(log);
  if (stats->reloads > log->last.reloads)
    es_request_event(log->request, ES_LOG_RELOADED, fields_of(log), "%s",
                     _("earshot.conf was read again; it holds for calls that begin from now on"));
  tell_drops(log, stats);
  tell_repaired(log, stats);
  tell_refused(log, stats);
  tell_journal(log, stats);
  tell_effort(log, stats);
  tell_calls_left_out(log);
  log->last = *stats;
}

// ---- calls

// Reasons for which the recorder or its disk, and not the call, is to blame.
static gboolean is_our_fault(const char *reason) {
  static const char *const ours[] = {"disk full", "the recording could not be written",
                                     "too many calls at once", "part of the journal could not be read", NULL};
  return reason && (g_str_has_prefix(reason, "overload: ") || g_strv_contains(ours, reason));
}

static gboolean is_incomplete(const EsCall *call) {
  gboolean partial = strcmp(call->outcome, "partial") == 0;
  return call->answered_us != ES_UNKNOWN && (partial || call->missing_ms > 0 || call->dropped_packets > 0);
}

static JsonObject *call_fields(const EsWatchLog *log, const EsCall *call) {
  JsonObject *fields = fields_of(log);
  guint64 lost = 0;
  for (guint i = 0; call->legs && i < call->legs->len; i++) {
    const EsCallLeg *leg = call->legs->pdata[i];
    for (guint s = 0; s < leg->streams->len; s++)
      lost += g_array_index(leg->streams, EsStreamLedger, s).lost;
  }
  es_json_set_text(fields, "id", call->id);
  es_json_set_text(fields, "call_id", call->call_id);
  es_json_set_text(fields, "client", call->client);
  es_json_set_text(fields, "outcome", call->outcome);
  es_json_set_text(fields, "reason", call->outcome_reason);
  es_json_set_ms(fields, "missing_ms", call->missing_ms);
  json_object_set_int_member(fields, "packets", (gint64)lost);
  es_json_set_ms(fields, "packets_dropped", call->dropped_packets);
  return fields;
}

// FALSE when so many were told within the minute already.
static gboolean may_tell(EsWatchLog *log) {
  gint64 now_us = g_get_monotonic_time();
  if (!log->minute_us || now_us - log->minute_us >= MINUTE_US) {
    tell_calls_left_out(log);
    log->minute_us = now_us;
    log->calls = 0;
  }
  if (log->calls < CALLS_A_MINUTE)
    return ++log->calls;
  log->calls_left_out++;
  return FALSE;
}

void es_watch_log_call(EsWatchLog *log, const EsCall *call) {
  gboolean ours = is_our_fault(call->outcome_reason);
  begin(log);
  if ((!ours && !is_incomplete(call)) || !may_tell(log))
    return;
  const char *reason = call->outcome_reason ? _(call->outcome_reason) : _("packets are missing");
  double missing_s = (double)MAX(call->missing_ms, 0) / 1000;
  if (call->file)
    es_request_event(log->request, ours ? ES_LOG_CALL_LOST : ES_LOG_CALL_INCOMPLETE, call_fields(log, call),
                     _("call %s: audio is missing: %.1f s (%s)"), call->id, missing_s, reason);
  else
    es_request_event(log->request, ES_LOG_CALL_LOST, call_fields(log, call),
                     _("call %s is not recorded (%s)"), call->id, reason);
}

// ---- the end

void es_watch_log_stop(EsWatchLog *log, const GError *error) {
  const EsCaptureStats *stats = &log->last;
  JsonObject *fields = fields_of(log);
  json_object_set_int_member(fields, "calls_recorded", (gint64)stats->calls_recorded);
  json_object_set_int_member(fields, "calls_partial", (gint64)stats->calls_partial);
  json_object_set_int_member(fields, "calls_none", (gint64)stats->calls_none);
  json_object_set_int_member(fields, "packets", (gint64)stats->packets);
  json_object_set_int_member(fields, "packets_dropped", (gint64)stats->dropped);
  log->minute_us = 0; // now or never
  tell_calls_left_out(log);
  if (error)
    es_request_event(log->request, ES_LOG_FAILED, fields, "%s", error->message);
  else
    es_request_event(log->request, ES_LOG_STOPPED, fields, _("recording from %s has ended"), log->name);
  g_free(log->source);
  g_free(log->name);
  g_free(log);
}
