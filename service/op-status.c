// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.status: the running recorders, each and together, and what the index and the disk tell.
// library.check: complaints about them.
#include "complaints.h"
#include "disk.h"
#include "earshot/common/i18n.h"
#include "json.h"
#include "operation.h"
#include "params.h"
#include "recorders.h"

#include <math.h>

#define FIGURES_EVERY_US (10 * ES_US_PER_S) // the index is asked less often than the recorders

typedef struct {
  EsRequest *request;
  EsLibraryFigures figures;
  gint64 read_us; // when the figures were read; ES_UNKNOWN: never
} Status;

// ---- sums

static JsonObject *sum_of(GPtrArray *recorders) {
  static const char *const counters[] = {"packets",
                                         "bytes",
                                         "sip",
                                         "sip_tcp",
                                         "tcp_lost_bytes",
                                         "rtp",
                                         "calls_open",
                                         "calls_recorded",
                                         "calls_partial",
                                         "calls_none",
                                         "dropped",
                                         "calls_skipped",
                                         "lost",
                                         "calls_repaired",
                                         "calls_left",
                                         "calls_answered",
                                         "calls_one_way",
                                         "late",
                                         "filled_ms",
                                         "recorded_bytes",
                                         "copies",
                                         "recently_dropped",
                                         "fragments",
                                         "undecoded_link",
                                         "bad",
                                         "sessions_open",
                                         "sessions",
                                         "sessions_refused",
                                         "sessions_limited",
                                         "foreign",
                                         "deferred_calls",
                                         "calls_waiting",
                                         "calls_shed",
                                         "calls_unrecorded"};
  JsonObject *sum = json_object_new();
  for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
    gint64 total = 0;
    for (guint r = 0; r < recorders->len; r++)
      total += CLAMP(es_recorder_number(recorders->pdata[r], counters[i]), 0, G_MAXINT64 / 128);
    json_object_set_int_member(sum, counters[i], total);
  }
  return sum;
}

// ---- the library

static gint64 today_us(gint64 now_us) {
  g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_us / ES_US_PER_S);
  g_autoptr(GDateTime) day =
      now ? g_date_time_new_local(g_date_time_get_year(now), g_date_time_get_month(now),
                                  g_date_time_get_day_of_month(now), 0, 0, 0)
          : NULL;
  return day ? g_date_time_to_unix(day) * ES_US_PER_S : now_us;
}

static JsonObject *library_json(const Status *status, gint64 now_us, GError **error) {
  const char *library = es_request_library(status->request);
  const EsLibraryFigures *f = &status->figures;
  EsDisk disk;
  if (!es_disk_look(library, f, now_us, &disk, error))
    return NULL;
  JsonObject *o = json_object_new();
  es_json_set_text(o, "path", library);
  es_json_set_time(o, "last_call_at", f->last_call_us);
  json_object_set_int_member(o, "calls_today", f->calls);
  json_object_set_int_member(o, "audio_today_ms", f->audio_ms);
  json_object_set_int_member(o, "recordings_bytes", f->bytes);
  json_object_set_int_member(o, "disk_total_bytes", (gint64)disk.total_bytes);
  json_object_set_int_member(o, "disk_free_bytes", (gint64)disk.free_bytes);
  es_json_set_number(o, "disk_free_percent", disk.free_percent);
  es_json_set_number(o, "bytes_per_day", disk.bytes_per_day);
  es_json_set_number(o, "disk_days", disk.days);
  return o;
}

static gboolean read_figures(Status *status, gint64 now_us, GError **error) {
  if (status->read_us != ES_UNKNOWN && now_us - status->read_us < FIGURES_EVERY_US)
    return TRUE;
  status->read_us = now_us;
  return es_index_library_figures(status->request->index, today_us(now_us), now_us, &status->figures, error);
}

static JsonObject *complaint_json(const EsComplaint *complaint) {
  JsonObject *o = json_object_new();
  es_json_set_text(o, "code", complaint->code);
  es_json_set_ms(o, "pid", complaint->pid);
  es_json_set_text(o, "message", complaint->message);
  return o;
}

static gboolean add_complaints(const EsRequest *request, GPtrArray *recorders, gint64 now_us, JsonObject *row,
                               GError **error) {
  const char *library = es_request_library(request);
  g_auto(EsAlertSettings) settings = {0};
  if (!es_alert_settings_load(&settings, library, error))
    return FALSE;
  g_autoptr(GPtrArray) complaints =
      es_complaints_gather(library, request->index, recorders, &settings, now_us, error);
  JsonArray *array = json_array_new();
  for (guint i = 0; complaints && i < complaints->len; i++)
    json_array_add_object_element(array, complaint_json(complaints->pdata[i]));
  json_object_set_array_member(row, "complaints", array);
  return complaints != NULL;
}

static gboolean reply_once(Status *status, GError **error) {
  gint64 now_us = g_get_real_time();
  g_autoptr(GPtrArray) recorders = es_recorders_ask(es_request_library(status->request), now_us);
  JsonObject *library = read_figures(status, now_us, error) ? library_json(status, now_us, error) : NULL;
  if (!library)
    return FALSE;
  JsonObject *row = json_object_new();
  JsonArray *array = json_array_new();
  es_json_set_time(row, "at", now_us);
  for (guint i = 0; i < recorders->len; i++) {
    JsonObject *recorder = json_object_ref(recorders->pdata[i]);
    json_object_set_boolean_member(recorder, "stalled", es_recorder_is_stalled(recorder));
    json_array_add_object_element(array, recorder);
  }
  json_object_set_array_member(row, "recorders", array);
  if (recorders->len)
    json_object_set_object_member(row, "total", sum_of(recorders));
  else
    json_object_set_null_member(row, "total");
  json_object_set_object_member(row, "library", library);
  if (es_param_bool(status->request, "complaints") &&
      !add_complaints(status->request, recorders, now_us, row, error)) {
    json_object_unref(row);
    return FALSE;
  }
  es_request_row(status->request, row);
  return TRUE;
}

// FALSE when the time is over because of a cancellation.
static gboolean wait_a_second(GCancellable *cancel) {
  GPollFD fd;
  if (!cancel || !g_cancellable_make_pollfd(cancel, &fd)) {
    g_usleep(G_USEC_PER_SEC);
    return !g_cancellable_is_cancelled(cancel);
  }
  g_poll(&fd, 1, 1000);
  g_cancellable_release_fd(cancel);
  return !g_cancellable_is_cancelled(cancel);
}

static gboolean run_status(EsRequest *request, GError **error) {
  Status status = {.request = request, .read_us = ES_UNKNOWN};
  do {
    if (!reply_once(&status, error))
      return FALSE;
  } while (es_param_bool(request, "follow") && wait_a_second(request->cancel));
  return TRUE;
}

static const EsParam status_params[] = {
    {"follow", ES_PARAM_BOOL, FALSE, N_("a row each second until it is cancelled")},
    {"complaints", ES_PARAM_BOOL, FALSE, N_("also what is not as it should be")},
    {0},
};
const EsOperation es_op_library_status = {
    .info = {"library.status", ES_PERMISSION_LISTEN, FALSE, N_("how recorders, library and disk are"),
             status_params},
    .is_scratch = TRUE,
    .run = run_status,
};

// ---- library.check

static gboolean run_check(EsRequest *request, GError **error) {
  gint64 now_us = g_get_real_time();
  const char *library = es_request_library(request);
  g_auto(EsAlertSettings) settings = {0};
  if (!es_alert_settings_load(&settings, library, error))
    return FALSE;
  settings.no_packets_ms = es_param_int(request, "no_packets_ms", settings.no_packets_ms);
  g_autoptr(GPtrArray) recorders = es_recorders_ask(library, now_us);
  g_autoptr(GPtrArray) complaints =
      es_complaints_gather(library, request->index, recorders, &settings, now_us, error);
  if (!complaints)
    return FALSE;
  for (guint i = 0; i < complaints->len; i++)
    es_request_row(request, complaint_json(complaints->pdata[i]));
  return TRUE;
}

static const EsParam check_params[] = {
    {"no_packets_ms", ES_PARAM_INT, FALSE, N_("complain when no packet came for this long")},
    {0},
};
const EsOperation es_op_library_check = {
    .info = {"library.check", ES_PERMISSION_LISTEN, FALSE, N_("what is not as it should be"), check_params},
    .is_scratch = TRUE,
    .run = run_check,
};
