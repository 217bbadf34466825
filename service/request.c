// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// What the run functions of all families share.
#include "operation.h"

#include "earshot/common/error.h"
#include "earshot/common/i18n.h"
#include "earshot/common/json.h"
#include "params.h"

EsCall *es_request_get_call(EsRequest *request, GError **error) {
  EsCall *call = es_index_get_call(request->index, es_param_string(request, "id"), error);
  if (call) {
    g_free(request->call_uuid);
    request->call_uuid = g_strdup(call->id);
  }
  return call;
}

void es_request_row(const EsRequest *request, JsonObject *row) {
  if (request->held) {
    g_ptr_array_add(request->held, row);
    return;
  }
  if (request->reply && request->reply->row)
    request->reply->row(row, request->reply->user_data);
  json_object_unref(row);
}

void es_request_progress(const EsRequest *request, JsonObject *state) {
  if (request->reply && request->reply->progress)
    request->reply->progress(state, request->reply->user_data);
  json_object_unref(state);
}

static void on_cancelled(GCancellable *cancel, gpointer stop) {
  g_atomic_int_set((gint *)stop, 1);
}

gulong es_request_watch(const EsRequest *request, gint *stop) {
  return request->cancel ? g_cancellable_connect(request->cancel, G_CALLBACK(on_cancelled), stop, NULL) : 0;
}

void es_request_unwatch(const EsRequest *request, gulong watch) {
  if (watch)
    g_cancellable_disconnect(request->cancel, watch);
}

void es_request_warning(const EsRequest *request, const char *format, ...) {
  if (!request->reply || !request->reply->warning)
    return;
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  request->reply->warning(message, request->reply->user_data);
}

#define LEAST_GRAVE 4 // a warning, as syslog counts

static void add_fields(JsonObject *event, JsonObject *fields) {
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init(&iter, fields);
  while (json_object_iter_next(&iter, &name, &value))
    json_object_set_member(event, name, json_node_copy(value));
}

static void tell_event(const EsRequest *request, const EsLogEventInfo *info, JsonObject *fields,
                       const char *message) {
  g_autoptr(JsonObject) event = json_object_new();
  es_json_set_text(event, "event", info->name);
  json_object_set_int_member(event, "priority", info->priority);
  es_json_set_time(event, "at", g_get_real_time());
  es_json_set_text(event, "message", message);
  es_json_set_text(event, "advice", info->advice ? _(info->advice) : NULL);
  add_fields(event, fields);
  es_json_set_text(event, "message_id", info->message_id);
  request->reply->event(event, request->reply->user_data);
}

void es_request_event(const EsRequest *request, EsLogEvent event, JsonObject *fields, const char *format,
                      ...) {
  const EsLogEventInfo *info = es_log_event_info(event);
  g_autoptr(JsonObject) all = fields ? fields : json_object_new();
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  if (request->reply && request->reply->event)
    tell_event(request, info, all, message);
  else if (info->priority <= LEAST_GRAVE)
    es_request_warning(request, "%s", message);
}

gboolean es_request_refuse(GError **error, const char *parameter, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error(error, ES_ERROR, ES_ERROR_USAGE, "%s: %s", parameter, message);
  return FALSE;
}
